"""Today: what needs the reader, and nothing of others."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.conftest import finding
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.console.pages import today
from postwarden.holds.service import Wish
from postwarden.ledger.service import Entry
from postwarden.people.service import member
from postwarden.rooms import present

HOUR = 3_600_000_000


def shown(desk, who="anna"):
    return desk.browser(who).get("/").content.decode()


def aware(desk, hours):
    times = cases.Times(aware=present() - hours * HOUR)
    return cases.change(
        desk.holds.desk, member("anna"), desk.case, cases.Change(times=times), present()
    )


def test_plans_wait_for_those_who_may_approve_them_alone(desk):
    plan = desk.holds.hold(Wish(HELD, desk.case, "they share a map"), member("anna"), desk.now).plan
    door = f'<a href="/plans/{plan.hash}/">Plan of 2 acts: they share a map'
    assert door in shown(desk, "officer-home")
    assert door in shown(desk, "counsel-all")
    for who in ("anna", "officer-brand", "reader-home", "helpdesk-all"):
        assert door not in shown(desk, who)
    desk.holds.carry(plan.hash, lambda: desk.now)
    assert door in shown(desk, "officer-home")  # held in an emergency: approved after
    assert "longest" in shown(desk, "reader-home")
    assert '<a href="/accounts/">0</a>' in shown(desk, "reader-brand")


def test_a_clock_runs_until_the_authority_was_told(desk):
    assert "First report" not in shown(desk)
    aware(desk, 71)
    assert "59 min left" in shown(desk) or "1 h 0 min left" in shown(desk)
    assert "First report" not in shown(desk, "reader-brand")
    told = cases.Times(reported=present())
    cases.change(desk.holds.desk, member("anna"), desk.case, cases.Change(times=told), present())
    assert "First report" not in shown(desk)


def test_a_clock_that_ran_out_says_so_and_a_task_that_was_done_stops_it(desk):
    aware(desk, 75)
    assert "3 h 0 min too late" in shown(desk)
    task = next(
        one
        for one in cases.head(member("anna"), desk.case).case.tasks
        if one.work == "report-authority"
    )
    desk(cases.finish_task, desk.case, task.label, "not a breach")
    assert "too late" not in shown(desk)


def test_reports_wait_until_something_explains_them(desk):
    label = desk(cases.add_report, desk.case, cases.Telling(HELD[0], desk.now, "<f1@shop.test>"))
    assert f"{label}</a> means no finding yet" in shown(desk)
    assert label not in shown(desk, "reader-brand")
    taken = cases.Taken("s1", frozenset({HELD[0]}), (finding("f1", HELD[0]),))
    desk(cases.take_findings, desk.case, taken)
    assert label not in shown(desk)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("proven", "held means held"),
        ("fault", "held is not held everywhere"),
        ("<b>", "not proven"),
    ],
)
def test_the_doctor_s_last_word_is_told_with_its_age(desk, result, told):
    assert "never tried" in shown(desk)
    ended = Entry("doctor.ended", "anna", person="probe@example.net", detail={"result": result})
    with transaction.atomic():
        desk.holds.desk.ledger.append([ended], present() - 30 * HOUR)
    text = shown(desk)
    assert told in text
    assert "run it again" in text


def test_who_reads_no_cases_sees_none(desk):
    text = shown(desk, "helpdesk-home")
    assert desk.case not in text
    assert "Accounts held" not in text


def test_queries_do_not_grow_with_what_waits(desk):
    browser, counts = desk.browser("officer-all"), []
    browser.get("/")
    for round_ in range(2):
        for n in range(4 * round_ + 1):
            opening = cases.Opening(cases.Kind.MISDELIVERY, f"more {n}", ("home",))
            reference = desk(cases.open_case, opening).reference
            desk(cases.add_report, reference, cases.Telling(f"r{n}@example.net", desk.now))
            wish = Wish((f"h{n}@example.net",), reference, f"round {round_}")
            desk.holds.hold(wish, member("anna"), desk.now)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get("/").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_a_case_is_handed_out_signed_and_on_record(desk):
    before = len(list(desk.holds.desk.ledger.entries()))
    page = f"/cases/{desk.case}/export/"
    assert desk.browser("anna").get(page).status_code == 200
    assert len(list(desk.holds.desk.ledger.entries())) == before
    answer = desk.browser("auditor-all").post(page)
    assert answer["Content-Disposition"] == f'attachment; filename="{desk.case}.tar"'
    assert b"manifest.sig" in answer.content
    acts = [one.act for one in desk.holds.desk.ledger.entries()][before:]
    assert acts == ["case.exporting", "case.exported"]
    desk(cases.suspect, desk.case, ["x@brand.test"], "theirs, too")
    assert desk.browser("auditor-home").post(page).status_code == 403  # it concerns others, too


def test_what_the_worker_could_not_do_names_nobody_to_those_of_one_organisation(desk, monkeypatch):
    told = {"f" * 64: "secretperson@brand.test: over quota"}
    monkeypatch.setattr(today, "troubles", lambda: told)
    assert "secretperson" in shown(desk, "anna")
    assert "secretperson" not in shown(desk, "reader-home")
