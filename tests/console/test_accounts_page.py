"""Accounts: all that cases concern, and one account's picture."""

import html
import re
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.holds.service import Wish
from postwarden.people.service import member
from postwarden.veiled import unveil, veil

HOLDER = "hold1@example.net"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def picture(desk, name, account=HOLDER):
    return desk.browser(name).get(f"/accounts/{veil(account)}/")


def test_what_stands_for_an_account_names_it_to_this_console_alone():
    with override_settings(SECRET_KEY="one"):
        veiled = veil(HOLDER)
        assert (unveil(veiled), "hold1" in veiled) == (HOLDER, False)
        assert veil(HOLDER) == veiled
    with override_settings(SECRET_KEY="another"):
        assert unveil(veiled) is None
    assert [unveil(one) for one in ("", "x", "é", "-" * 80)] == [None] * 4


def test_a_picture_shows_holds_cases_and_who_looked(desk):
    desk.holds.hold(Wish((HOLDER,), desk.case, "to be safe"), member("anna"), desk.now)
    first, second = words(picture(desk, "reader-home")), words(picture(desk, "officer-all"))
    assert desk.case in first
    assert "The record is for those who may read the ledger" in first
    assert "reader-home account.viewed" in second
    assert "1 case" in second
    viewed = [one for one in desk.holds.desk.ledger.about(HOLDER) if one.act == "account.viewed"]
    assert [one.facts["actor"] for one in viewed] == ["officer-all", "reader-home"]


def test_of_others_accounts_there_is_no_picture_and_no_entry(desk):
    before = len(list(desk.holds.desk.ledger.entries()))
    assert picture(desk, "officer-brand").status_code == 404
    assert desk.browser("anna").get("/accounts/nonsense/").status_code == 404
    assert len(list(desk.holds.desk.ledger.entries())) == before
    assert "hold1@" not in words(desk.browser("officer-brand").get("/accounts/"))


def test_accounts_are_found_by_part_of_their_name_or_opened_by_the_whole(desk):
    browser = desk.browser("anna")
    assert "hold1@" in words(browser.post("/accounts/", {"search": "HOLD1"}, follow=True))
    assert "hold2@" not in words(browser.post("/accounts/", {"search": "hold1"}, follow=True))
    answer = browser.post("/accounts/", {"account": " Nobody@Example.net "})
    assert answer.status_code == 302
    assert "nobody@example.net" in words(browser.get(answer["Location"]))
    assert browser.post("/accounts/", {"account": ""}).status_code == 200


@pytest.mark.parametrize("query", ["after=%00&of=%00", "of=%25", f"after={'z' * 5000}"])
def test_whatever_is_searched_for_is_answered(desk, query):
    assert desk.browser("anna").get(f"/accounts/?{query}").status_code == 200


def test_as_many_queries_for_many_accounts_as_for_few(desk):
    browser = desk.browser("anna")
    browser.get("/accounts/")  # the first request binds the database anew
    counts = []
    for many in (3, 40):
        names = tuple(f"more{number}@example.net" for number in range(many))
        desk(cases.suspect, desk.case, names, "they share a map")
        with CaptureQueriesContext(connection) as asked:
            browser.get("/accounts/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_no_address_of_a_list_names_anybody(desk):
    many = tuple(f"more{number:02}@example.net" for number in range(60))
    desk(cases.suspect, desk.case, many, "they share a map")
    some = [finding(f"f{one[4:6]}", one) for one in many]
    desk(cases.take_findings, desk.case, cases.Taken("s1", frozenset(many), tuple(some)))
    browser = desk.browser("anna")
    for page in ("/accounts/", *(f"/cases/{desk.case}/{tab}/" for tab in ("accounts", "findings"))):
        sent = browser.post(page, {"search": "MORE", "state": "suspected"})
        found = browser.get(sent["Location"])
        (more,) = re.findall(r'href="([^"]*)" rel="next"', found.content.decode())
        for address in (sent["Location"], more):
            assert "more" not in address.casefold()
            assert "@" not in unquote(address)
        assert "more59@" in words(browser.get(html.unescape(more)))
        assert "more00@" not in words(browser.get(html.unescape(more)))
        assert "hold1@" not in words(found)
