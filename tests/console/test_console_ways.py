"""Ways about: search, shortcuts, components."""

import re

import pytest

from postwarden.console.frame import RAIL
from postwarden.console.pages.ways import DEBUG


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_cases_accounts_and_pages_are_found_of_what_is_the_readers(desk):
    browser = desk.browser("anna")
    assert "mail astray" in words(browser.get("/search/?q=ASTRAY"))
    assert "hold1@example.net" in words(browser.get("/search/?q=hold1"))
    assert (
        "Ledger" in words(desk.browser("officer-all").get("/search/?q=ledg")).partition("Found")[2]
    )
    for who in ("officer-brand", "helpdesk-all"):
        found = words(desk.browser(who).get("/search/?q=hold1"))
        assert "hold1@" not in found
        assert "mail astray" not in words(desk.browser(who).get("/search/?q=astray"))


@pytest.mark.parametrize("asked", ["", "%00", "%25", "%F0%9F%93%AC" * 200, "<script>"])
def test_whatever_is_searched_for_is_answered(desk, asked):
    page = desk.browser("anna").get(f"/search/?q={asked}")
    assert (page.status_code, b"<script>\xe2" in page.content) == (200, False)


def test_every_place_of_the_rail_has_a_key_of_its_own_and_the_list_of_keys_has_it(desk):
    keys = [place.key for place in RAIL]
    assert len(set(keys)) == len(keys)
    page = words(desk.browser("officer-all").get("/shortcuts/"))
    for place in RAIL:
        assert f"g {place.key}" in page or place.name not in page


def test_components_are_for_developers_alone(desk, monkeypatch):
    assert desk.browser("anna").get("/components/").status_code == 404
    monkeypatch.setenv(DEBUG, "1")
    assert desk.browser("anna").get("/components/").status_code == 200
