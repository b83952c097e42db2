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
from postwarden.veiled import Use, unveil, unveil_for, veil, veil_for

HOLDER, OTHER = "hold1@example.net", "hold2@example.net"
ASKED = r'(?<=<h1>Found for “)[^”]+|(?<=name="search" value=")[^"]+'


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


def test_what_was_veiled_for_one_reader_and_use_opens_for_no_other():
    own = veil_for("anna", Use.SEARCH, HOLDER)
    assert unveil_for("anna", Use.SEARCH, own) == HOLDER
    others = [
        unveil_for("ben", Use.SEARCH, own),
        unveil_for("anna", Use.CURSOR, own),
        unveil(own),
        unveil_for("anna", Use.ACCOUNT, veil(HOLDER)),
        unveil(veil_for("", Use.ACCOUNT, HOLDER)),
    ]
    assert others == [None] * 5
    assert len({own, veil(HOLDER), veil_for("anna", Use.CURSOR, HOLDER)}) == 3


def found_of(desk, *accounts):
    some = [finding(f"f{number}", one) for number, one in enumerate(accounts)]
    desk(cases.take_findings, desk.case, cases.Taken("s1", frozenset(accounts), tuple(some)))


def test_what_somebody_searched_for_stands_in_an_address_for_nobody_else(desk):
    found_of(desk, HOLDER, OTHER)
    tabs = [f"/cases/{desk.case}/{tab}/" for tab in ("accounts", "findings")]
    for page in ("/search/", "/accounts/", *tabs):
        address = desk.browser("anna").post(page, {"search": HOLDER})["Location"]
        pages = {
            name: desk.browser(name).get(address).content.decode()
            for name in ("anna", "officer-all", "helpdesk-brand")
        }
        asked = {name: {*re.findall(ASKED, told)} for name, told in pages.items()}
        assert (asked["anna"], OTHER in pages["anna"]) == ({HOLDER}, False), page
        assert (asked["officer-all"], asked["helpdesk-brand"]) == (set(), set()), page
        assert HOLDER not in pages["helpdesk-brand"], page


@pytest.mark.parametrize("page", ["/search/", "/accounts/", "/cases/{}/findings/"])
def test_an_account_in_an_address_is_no_search_of_who_may_not_know_it(desk, page):
    page = page.format(desk.case)
    for name in ("reader-brand", "helpdesk-brand"):
        for query in (f"of={veil(HOLDER)}", f"account={veil(HOLDER)}"):
            answer = desk.browser(name).get(f"{page}?{query}")
            assert HOLDER not in answer.content.decode(), (name, query)


def test_a_door_to_an_accounts_findings_can_be_handed_on(desk):
    found_of(desk, HOLDER, OTHER)
    accounts = desk.browser("anna").get(f"/cases/{desk.case}/accounts/").content.decode()
    (door,) = [
        html.unescape(one)
        for one in re.findall(r'href="([^"]*[?]account=[^"]*)"', accounts)
        if one.endswith(veil(HOLDER))
    ]
    for name in ("anna", "reader-home"):
        told = words(desk.browser(name).get(door))
        assert (HOLDER in told, OTHER in told) == (True, False), name
    assert HOLDER not in desk.browser("reader-brand").get(door).content.decode()


def test_the_name_of_an_account_of_restricted_cases_is_told_by_no_address(desk):
    why = "a colleague may be concerned"
    desk(cases.restrict_case, desk.case, ["officer-home"], why, who="officer-all")
    assert picture(desk, "officer-home").status_code == 200
    for name in ("reader-home", "anna"):
        shared, nonsense = picture(desk, name), desk.browser(name).get("/accounts/nonsense/")
        assert (shared.status_code, HOLDER in shared.content.decode()) == (404, False)
        assert words(shared) == words(nonsense)
    written = desk.browser("reader-home").post("/accounts/", {"account": HOLDER})["Location"]
    assert desk.browser("reader-home").get(written).status_code == 200
    assert desk.browser("anna").get(written).status_code == 404
    desk(cases.open_case, cases.Opening(cases.Kind.OUTAGE, "another", ("home",)))
    other = cases.every_case(member("reader-home"))[0].reference
    desk(cases.suspect, other, (HOLDER,), "it was away")
    assert picture(desk, "reader-home").status_code == 200


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
    many = tuple(f"more{number:02}@example.net" for number in range(30))
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
        assert "more29@" in words(browser.get(html.unescape(more)))
        assert "more00@" not in words(browser.get(html.unescape(more)))
        assert "hold1@" not in words(found)
