"""Ways about: search, shortcuts, components."""

import re

import pytest

from postwarden.console.frame import RAIL
from postwarden.console.pages.ways import DEBUG


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def search(browser, text):
    """Search as the form does; give the page that it leads to, whose address names nobody."""
    sent = browser.post("/search/", {"search": text})
    assert sent.status_code == 302
    assert not text.isascii() or not text or text.casefold() not in sent["Location"].casefold()
    return browser.get(sent["Location"])


def test_cases_accounts_and_pages_are_found_of_what_is_the_readers(desk):
    browser = desk.browser("anna")
    assert "mail astray" in words(search(browser, "ASTRAY"))
    assert "hold1@example.net" in words(search(browser, "hold1"))
    assert "Ledger" in words(search(desk.browser("officer-all"), "ledg")).partition("Found")[2]
    for who in ("officer-brand", "helpdesk-all"):
        found = words(search(desk.browser(who), "hold1"))
        assert "hold1@" not in found
        assert "mail astray" not in words(search(desk.browser(who), "astray"))


@pytest.mark.parametrize(
    "asked", ["", "\0", "%", "\N{OPEN MAILBOX WITH RAISED FLAG}" * 200, "<script>"]
)
def test_whatever_is_searched_for_is_answered(desk, asked):
    page = search(desk.browser("anna"), asked)
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
