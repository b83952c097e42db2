"""What is done in a case, by forms that work without JavaScript."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Stage, State
from postwarden.console.pages.case_acts import PAGES as ACTS
from postwarden.console.pages.holding import PAGES as HOLDING
from postwarden.people.service import GRANTS, Role, member
from postwarden.vocabulary import rfc3339

HELD = ("hold1@example.net", "hold2@example.net")
IN_CASE = tuple(page for page in (*ACTS, *HOLDING) if "reference" in page.route)


def file_of(desk):
    return cases.case_file(member("anna"), desk.case)


def entries(desk):
    return [one.act for one in desk.holds.desk.ledger.entries()]


def post(desk, act, who="anna", **told):
    return desk.browser(who).post(f"/cases/{desk.case}/{act}/", told)


def meant(answer):
    """Give what the page that asks would send when its button is pressed."""
    text = answer.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    listed = re.search(r'<textarea name="list" hidden>(.*?)</textarea>', text, re.DOTALL)
    return found | ({"list": listed[1]} if listed else {})


def test_a_case_is_opened(desk):
    told = {
        "kind": "misdelivery",
        "named": "Mail of function addresses astray",
        "organisations": ["home"],
        "occurred_from": "2026-03-17T02:14",
        "lead": "anna",
    }
    answer = desk.browser("anna").post("/cases/open/", told)
    assert answer.status_code == 302
    made = cases.head(member("anna"), answer["Location"].split("/")[2]).case
    assert (made.title, made.lead) == (told["named"], "anna")
    assert rfc3339(made.times.occurred_from) == "2026-03-17T01:14:00Z"  # in Amsterdam
    assert "case.opened" in entries(desk)


@pytest.mark.parametrize(
    "told",
    [{"named": ""}, {"kind": "party"}, {"organisations": ["brand"]}, {"occurred_from": "yesterday"},
     {"occurred_from": "2026-03-29T02:30"}, {"occurred_from": "9999-12-31T23:59:59"}, {"named": "a\0b"}],
)  # fmt: skip
def test_a_case_that_cannot_be_is_not_opened_and_the_page_says_why(desk, told):
    before = len(cases.every_case(member("anna")))
    form = {"kind": "misdelivery", "named": "astray", "organisations": ["home"]}
    answer = desk.browser("postmaster-home").post("/cases/open/", form | told)
    assert answer.status_code == 422
    assert b"errorlist" in answer.content
    assert len(cases.every_case(member("anna"))) == before


def test_an_entry_cites_evidence(desk):
    place = "mail.log:12 <b>"
    answer = post(desk, "note", text="found the line", evidence=f"{place}\r\n\r\nticket 7")
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{desk.case}/timeline/")
    assert file_of(desk).timeline[-1].evidence == (place, "ticket 7")
    page = desk.browser("anna").get(answer["Location"]).content
    assert b"mail.log:12 &lt;b&gt;" in page
    asked = desk.browser("anna").get(f"/cases/{desk.case}/note/?evidence=mail.log:12")
    assert b"mail.log:12</textarea>" in asked.content


def test_a_report_is_noted_and_suspects_its_account(desk):
    answer = post(desk, "report", account="New@Example.NET", message_id="<a@shop.test>")
    assert answer.status_code == 302
    told = file_of(desk).reports[0]
    assert (told.account, told.message_id) == ("new@example.net", "<a@shop.test>")
    assert file_of(desk).case.accounts["new@example.net"] is State.SUSPECTED
    assert b"&lt;a@shop.test&gt;" in desk.browser("anna").get(answer["Location"]).content


def test_facts_left_as_they_were_are_not_touched(desk):
    page = desk.browser("anna").get(f"/cases/{desk.case}/change/")
    assert page.status_code == 200
    form = {"named": "mail astray", "severity": "high", "aware": "2026-03-17T08:05:10"}
    assert post(desk, "change", **form).status_code == 302
    case = file_of(desk).case
    assert (case.severity, rfc3339(case.times.aware)) == ("high", "2026-03-17T07:05:10Z")
    again = post(desk, "change", **form)
    assert again.status_code == 422
    assert "the case says so already" in again.content.decode()


def test_what_the_rules_refuse_is_said_and_what_was_written_is_kept(desk):
    answer = post(desk, "stage", why="all <done>")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "is still to be done; finish it first" in text
    assert "all &lt;done&gt;" in text
    assert file_of(desk).case.stage is Stage.OPEN


def test_a_case_is_closed_and_opened_again(desk):
    for task in file_of(desk).case.tasks:
        assert post(desk, "tasks", task=task.label, how="did it").status_code == 302
    assert post(desk, "tasks", more="one thing more").status_code == 302
    assert post(desk, "tasks", task=file_of(desk).case.tasks[-1].label).status_code == 302
    look = post(desk, "exclude", account=HELD)
    assert post(desk, "exclude", why="not they", **meant(look)).status_code == 302
    assert post(desk, "stage").status_code == 302
    assert file_of(desk).case.stage is Stage.CLOSED
    assert b"Hold" not in desk.browser("anna").get(f"/cases/{desk.case}/accounts/").content
    assert post(desk, "stage").status_code == 302
    assert file_of(desk).case.stage is Stage.OPEN


def test_accounts_are_held_after_a_look_at_their_count(desk):
    look = post(desk, "hold", account=HELD)
    assert "Hold 2 accounts" in look.content.decode()
    assert desk.holds.held() == []
    done = post(desk, "hold", why="they share a map", **meant(look))
    assert done.status_code == 302
    desk.holds.carry(done["Location"].split("/")[2], lambda: desk.now)
    assert {one.account for one in desk.holds.held(desk.case)} == {*HELD}
    plan = desk.holds.plans.of_case(desk.case)[0]
    assert (plan.requester, plan.reason) == ("anna", "they share a map")


def test_a_pasted_list_and_all_that_match_are_held_likewise(desk):
    listed = post(desk, "hold", list="X1@example.net\n\n# no\nx2@example.net, x1@example.net")
    assert "Hold 2 accounts" in listed.content.decode()
    matching = post(desk, "hold", all="1", search="hold1")
    assert "Hold 1 account" in matching.content.decode()
    done = post(desk, "hold", **meant(matching))
    assert [act.subject for act in desk.holds.plans.of_case(desk.case)[0].acts] == [HELD[0]]
    desk.holds.carry(done["Location"].split("/")[2], lambda: desk.now)
    door = desk.browser("anna").get(f"/cases/{desk.case}/hold/?state=suspected")
    assert "Hold 1 account" in door.content.decode()  # the other one is held already


def test_who_fits_meanwhile_is_not_held_unseen(desk):
    look = post(desk, "hold", all="1", search="")
    desk(cases.suspect, desk.case, ["late@example.net"], "found later")
    again = post(desk, "hold", **meant(look))
    assert again.status_code == 422
    assert "Other accounts fit by now" in again.content.decode()
    assert desk.holds.plans.of_case(desk.case) == []
    assert post(desk, "hold", **meant(again)).status_code == 302


@pytest.mark.parametrize("lists", ["\0", "x" * 400, "\ud800@example.net", "<script>@example.net"])
def test_names_that_cannot_be_are_left_out_and_said(desk, lists):
    answer = post(
        desk, "hold", list=lists.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    )
    assert answer.status_code == 200
    assert b"<script>@" not in answer.content
    assert desk.holds.plans.of_case(desk.case) == []


def test_a_release_waits_for_somebody_else(desk):
    held = post(desk, "hold", **meant(post(desk, "hold", account=HELD)))
    desk.holds.carry(held["Location"].split("/")[2], lambda: desk.now)
    look = post(desk, "release", account=[*HELD, "stranger@example.net"])
    text = look.content.decode()
    assert "Ask for the release of 2 accounts" in text
    assert "now, proven clean" not in text
    assert "stranger@example.net is not held by this case" in text
    done = post(desk, "release", way="approval", why="looked", **meant(look))
    plan = desk.holds.plans.get(done["Location"].split("/")[2])
    assert (plan.stage, len(plan.acts)) == ("frozen", 2)
    assert len(desk.holds.held()) == 2
    assert post(desk, "release", way="proven", **meant(look)).status_code == 422


@pytest.mark.parametrize("page", IN_CASE, ids=lambda page: page.name)
def test_a_look_at_an_act_changes_nothing(desk, page):
    before = (entries(desk), file_of(desk))
    address = reverse(page.name, kwargs={"reference": desk.case})
    assert desk.browser("anna").get(f"{address}?why=x&state=suspected&all=1").status_code == 200
    assert (entries(desk), file_of(desk)) == before


@pytest.mark.parametrize("page", IN_CASE, ids=lambda page: page.name)
def test_only_who_may_acts(desk, page):
    address = reverse(page.name, kwargs={"reference": desk.case})
    before = file_of(desk)
    for role in Role:
        if not any(one in GRANTS[role] for one in page.needs):
            answer = desk.browser(f"{role}-home").post(address, {"account": HELD})
            assert answer.status_code == 403, role
        assert desk.browser(f"{role}-brand").post(address, {"account": HELD}).status_code in (
            403,
            404,
        )
    assert file_of(desk) == before


def test_an_act_without_its_token_is_no_act(desk):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.browser("anna").cookies
    for act in ("note", "hold", "stage"):
        assert strict.post(f"/cases/{desk.case}/{act}/", {"text": "forged"}).status_code == 403
    assert "case.noted" not in entries(desk)


def test_who_reads_only_is_offered_no_act(desk):
    text = desk.browser("reader-home").get(f"/cases/{desk.case}/accounts/").content.decode()
    assert "<button" not in text.split("<main")[1].replace('<button class="quiet">Show', "")
    assert 'type="checkbox" name="account"' not in text


@pytest.mark.parametrize("tab", ["", "accounts/", "reports/"])
def test_queries_of_a_case_do_not_grow_with_it(desk, tab):
    browser, counts = desk.browser("anna"), set()
    browser.get("/")  # opens the state
    for many in (1, 40):
        desk(cases.suspect, desk.case, [f"m{n}@example.net" for n in range(many)], "more")
        for n in range(many):
            told = cases.Telling(f"m{n}@example.net", desk.now)
            desk(cases.add_report, desk.case, told)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(f"/cases/{desk.case}/{tab}").status_code == 200
        counts.add(len(caught))
    assert len(counts) == 1


def test_all_that_match_are_named_whatever_the_page_shows(desk):
    desk(cases.suspect, desk.case, [f"m{n:03}@example.net" for n in range(250)], "more")
    found = cases.every_account(member("anna"), desk.case, Asked(search="m0"))
    assert len(found) == 100
    assert "Hold 100 accounts" in post(desk, "hold", all="1", search="m0").content.decode()
