"""Cases that turn out to be one, or two, by a page."""

import re

import pytest

from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.people.service import member


def send(desk, act, who="anna", **told):
    """Send a form as it is shown, twice where it asks; give the answers."""
    browser, page = desk.browser(who), f"/cases/{desk.case}/{act}/"
    first = browser.post(page, told)
    looked = re.search(r'name="looked" value="([0-9a-f]+)"', first.content.decode())
    return first, browser.post(page, {**told, "looked": looked[1]}) if looked else None


def head(case):
    return cases.head(member("anna"), case)


@pytest.fixture
def other(desk):
    """Another case, with an account and a report."""
    case = desk(cases.open_case, cases.Opening(cases.Kind.MISDELIVERY, "more", ("home",))).reference
    desk(cases.add_report, case, cases.Telling("ivy@example.net", desk.now))
    return case


def test_a_case_is_merged_after_a_look_at_what_comes(desk, other):
    first, second = send(desk, "merge", other=other, why="one map")
    text = first.content.decode()
    assert f"Of {other} would come here: accounts: 1, findings: 0, reports: 1." in text
    assert "Nothing was changed yet" in text
    assert second["Location"] == f"/cases/{desk.case}/"
    assert (head(desk.case).accounts, head(desk.case).reports) == (3, 1)
    assert head(other).case.reference == desk.case


def test_what_came_between_is_looked_at_again(desk, other):
    browser, page = desk.browser("anna"), f"/cases/{desk.case}/merge/"
    told = {"other": other, "why": "one map"}
    looked = re.search(r'name="looked" value="(\w+)"', browser.post(page, told).content.decode())[1]
    desk(cases.add_report, other, cases.Telling("joe@example.net", desk.now))
    again = browser.post(page, {**told, "looked": looked})
    assert again.status_code == 200
    assert "accounts: 2, findings: 0, reports: 2" in again.content.decode()
    assert head(other).case.reference == other


@pytest.mark.parametrize("case", ["2026-0001", "2099-0001", ""])
def test_what_is_no_other_case_is_not_merged(desk, case):
    first, second = send(desk, "merge", other=case)
    assert (first.status_code, second) == (422, None)


def test_a_case_is_split_after_a_look_at_what_goes(desk):
    first, second = send(desk, "split", named="another map", whom=HELD[1].upper(), why="two faults")
    assert "would go: accounts: 1, reports: 0." in first.content.decode()
    new = second["Location"].split("/")[2]
    assert new != desk.case
    assert head(new).case.title == "another map"
    assert (head(new).accounts, head(desk.case).accounts) == (1, 1)


def test_what_is_not_of_the_case_is_not_split_off(desk):
    _first, second = send(desk, "split", named="another", whom="stranger@example.net")
    assert second.status_code == 422
    assert "Nothing was changed" in second.content.decode()
    assert head(desk.case).accounts == 2


@pytest.mark.parametrize("act", ["merge", "split"])
def test_who_may_not_edit_joins_and_parts_nothing(desk, other, act):
    told = {"other": other, "named": "x", "whom": HELD[0]}
    assert send(desk, act, who="reader-home", **told)[0].status_code == 403
