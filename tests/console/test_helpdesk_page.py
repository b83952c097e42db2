"""The helpdesk's page: one account at a time, and nothing of anybody else."""

import re

import pytest

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.people.service import member

IVY, HOLDER = "ivy@example.net", "hold1@example.net"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def call(desk):
    taken = cases.Taken("s1", frozenset({HOLDER}), (finding("a", HOLDER), finding("b", HOLDER)))
    desk(cases.take_findings, desk.case, taken)
    browser = desk.browser("helpdesk-home")

    def post(do, **told):
        return browser.post("/helpdesk/", {"do": do, **told})

    return post


def acts(desk):
    return [one.act for one in desk.holds.desk.ledger.entries()]


def test_who_calls_is_told_what_concerns_them_and_no_more(desk, call):
    told = words(call("ask", about=IVY))
    assert "2 mails for you lay in other mailboxes" in told
    assert HOLDER not in told
    assert "shop.test" not in told  # no Message-ID, no sender
    told = words(call("ask", about=HOLDER))
    assert "may be concerned" in told
    assert IVY not in told
    assert acts(desk)[-2:] == ["helpdesk.asked", "helpdesk.asked"]


def test_who_is_not_concerned_is_told_so(call):
    assert "We know of nothing that concerns you" in words(call("ask", about="zoe@example.net"))


@pytest.mark.parametrize(
    "about", ["", " ", "a" * 400, "\0", "%", "someone@brand.test", "'; --@example.net", "ив@example.net"]
)  # fmt: skip
def test_whatever_is_asked_is_answered(call, about):
    assert call("ask", about=about).status_code == 200


def test_nothing_is_asked_by_an_address_line(desk, call):
    before = acts(desk)
    told = words(desk.browser("helpdesk-home").get(f"/helpdesk/?about={IVY}&do=ask"))
    assert "lay in" not in told
    assert acts(desk) == before


def test_a_report_is_noted_and_what_is_wrong_with_it_is_told(desk, call):
    wrong = call("report", account=HOLDER, case=desk.case, date="yesterday")
    assert "Write a date" in words(wrong)
    answer = call("report", account=HOLDER, case=desk.case, message_id="<a@shop.test>")
    assert answer.status_code == 302
    (report,) = cases.case_file(member("anna"), desk.case).reports
    assert (report.account, report.message_id) == (HOLDER, "<a@shop.test>")
    assert call("report", account="x@brand.test", case=desk.case).status_code == 403


def test_a_promised_call_is_on_the_list_until_it_was_made(desk, call):
    assert call("promise", account=HOLDER, how="+31 20 000 000").status_code == 302
    assert "+31 20 000 000" in words(desk.browser("officer-all").get("/helpdesk/"))
    assert "+31 20 000 000" not in words(desk.browser("helpdesk-brand").get("/helpdesk/"))
    (one,) = cases.callbacks(member("anna"))
    theirs = desk.browser("helpdesk-brand")
    assert theirs.post("/helpdesk/", {"do": "done", "number": one.number}).status_code == 409
    assert call("done", number=one.number).status_code == 302
    assert call("done", number=one.number).status_code == 409
    assert call("done", number="9" * 30).status_code == 302
    assert cases.callbacks(member("anna")) == []


def test_who_reads_cases_is_no_helpdesk(desk):
    browser = desk.browser("reader-all")
    assert browser.post("/helpdesk/", {"do": "ask", "about": IVY}).status_code == 403
