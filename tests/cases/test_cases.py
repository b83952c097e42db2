"""Cases as they are kept, on both databases."""

import threading
from types import SimpleNamespace

import pytest
from django.db import connections

from cases.conftest import HOUR, NOW, Book, finding
from postwarden.cases import service as cases
from postwarden.cases.models import CaseRow, EntryRow
from postwarden.cases.service import (
    SYSTEM,
    Change,
    Code,
    Confidence,
    NoSuchCase,
    Note,
    Party,
    Refused,
    Severity,
    Stage,
    State,
    Times,
)
from postwarden.people.service import NotAllowed
from postwarden.verdicts.service import Verdict

EVA, FINN, BEA = "eva@example.net", "finn@example.net", "bea@brand.test"


def refused(book, *words, **named):
    with pytest.raises(Refused) as caught:
        book(*words, **named)
    return caught.value.refusal.code


def test_a_case_gets_the_next_reference_and_the_tasks_of_its_kind(book):
    assert [book.open(), book.open(kind=cases.Kind.OUTAGE)] == ["2026-0001", "2026-0002"]
    tasks = book.file("2026-0002").case.tasks
    assert tasks[0].label == "2026-0002/T1"
    assert [task.work for task in tasks] == list(cases.TEMPLATES[cases.Kind.OUTAGE])


def test_references_have_no_gap_where_opening_failed(book):
    book.open()
    assert refused(book, cases.open_case, cases.Opening(cases.Kind.OUTAGE, " ")) is Code.EMPTY
    assert book.open() == "2026-0002"


def test_references_begin_anew_each_year(book_on_sqlite):
    book = book_on_sqlite
    book.open()
    book.now += 365 * 24 * HOUR
    assert book.open() == "2027-0001"


def test_cases_opened_at_once_get_a_reference_each(book):
    def open_some():
        try:
            for _ in range(5):
                opening = cases.Opening(cases.Kind.OUTAGE, "down")
                cases.open_case(book.desk, SYSTEM, opening, NOW)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=open_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"2026-{number:04}" for number in range(1, 21)}
    assert set(CaseRow.objects.values_list("reference", flat=True)) == expected


def test_facts_of_a_case_are_set_and_told(book):
    name = book.open()
    book(cases.change, name, Change(lead="ben", severity=Severity.HIGH))
    party = Party("Relay Ltd", "wrong map", Confidence.LIKELY)
    book(cases.change, name, Change(party=party))
    book(cases.change, name, Change(party=party._replace(confidence=Confidence.CERTAIN)))
    times = Times(occurred_from=NOW - 3 * HOUR, detected=NOW - HOUR, aware=NOW)
    book(cases.change, name, Change(times=times, organisations=("brand",)))
    case = book.file(name).case
    assert (case.lead, case.severity, case.times) == ("ben", Severity.HIGH, times)
    assert case.parties == (party._replace(confidence=Confidence.CERTAIN),)
    assert case.organisations == ("brand", "home")
    assert [one.act for one in book.file(name).timeline] == ["case.opened"] + ["case.changed"] * 4
    assert book.acts() == [(act, name, None) for act in ("case.opened", *["case.changed"] * 4)]


def test_a_refused_change_leaves_no_trace(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    wrong = Change(times=Times(aware=NOW - HOUR, reported=NOW - 2 * HOUR))
    assert refused(book, cases.change, name, wrong) is Code.TIMES
    assert (len(book.acts()), EntryRow.objects.count()) == (1, 1)


def test_notes_are_dated_with_when_it_happened(book):
    name = book.open()
    book(cases.note, name, Note(NOW - HOUR, "map was loaded \0\udc80"), ["mail.log:17"])
    first = book.file(name).timeline[0]
    assert (first.at, first.written, first.actor) == (NOW - HOUR, book.now, "anna")
    assert (first.text, first.evidence) == ("map was loaded \\x00\\udc80", ("mail.log:17",))


def test_tasks_are_added_and_done(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    book(cases.add_task, name, "call the relay")
    label = book.file(name).case.tasks[-1].label
    assert label == "2026-0001/T13"
    book(cases.finish_task, name, label, "they mend it", who="ben")
    done = book.file(label).case.tasks[-1]
    assert (done.text, done.done_by, done.done_at) == ("call the relay", "ben", book.now)
    assert refused(book, cases.finish_task, name, label, "") is Code.TASK_DONE


def test_accounts_go_from_state_to_state_with_their_history(book):
    name = book.open()
    book(cases.suspect, name, [EVA, FINN], "wrong map")
    book(cases.move, name, [EVA], State.HELD, "by plan")
    book(cases.move, name, [EVA], State.CLEARED, "examined")
    steps = [(step.state, step.why) for step in book.file(name).accounts[0].steps]
    assert steps == [("suspected", "wrong map"), ("held", "by plan"), ("cleared", "examined")]
    assert refused(book, cases.move, name, [EVA, FINN], State.RELEASED, "") is Code.NOT_FROM_THERE
    assert book.states(name) == {EVA: "cleared", FINN: "suspected"}
    assert refused(book, cases.move, name, ["x@example.net"], State.HELD, "") is Code.NO_ACCOUNT
    book(cases.suspect, name, [EVA], "again")
    assert book.states(name)[EVA] == "cleared"
    assert ("account.held", name, EVA) in book.acts()


def test_many_accounts_are_moved_at_once(book):
    name = book.open()
    many = [f"user{number}@example.net" for number in range(1_200)]
    book(cases.suspect, name, many, "")
    book(cases.move, name, many, State.HELD, "")
    assert set(book.states(name).values()) == {"held"}
    assert {len(one.steps) for one in book.file(name).accounts} == {2}


def test_a_case_is_closed_when_all_is_done(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    book(cases.suspect, name, [EVA], "")
    assert refused(book, cases.close, name, "") is Code.TASKS_LEFT
    for task in book.file(name).case.tasks:
        book(cases.finish_task, name, task.label, "")
    assert refused(book, cases.close, name, "") is Code.ACCOUNTS_LEFT
    book(cases.move, name, [EVA], State.EXCLUDED, "never concerned")
    book(cases.close, name, "done")
    assert book.file(name).case.stage is Stage.CLOSED
    assert refused(book, cases.note, name, Note(NOW, "late"), []) is Code.NOT_OPEN
    book(cases.reopen, name, "not done")
    assert book.file(name).case.stage is Stage.OPEN


def test_the_first_report_is_when_it_was_detected(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    assert book.report(name, EVA, received=NOW - HOUR, who="anna") == "2026-0001/R1"
    book.report(name, FINN, received=NOW - 2 * HOUR)
    book.report(name, EVA, received=NOW)
    file = book.file("2026-0001/R2")
    assert file.case.times.detected == NOW - 2 * HOUR
    assert [one.account for one in file.reports] == [FINN, EVA, EVA]
    assert book.states(name) == {EVA: "suspected", FINN: "suspected"}


def test_reports_are_matched_to_findings(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    sure = book.report(name, EVA, message_id="a1@shop.test")
    none = book.report(name, EVA, message_id="<other@shop.test>")
    day = book.report(name, EVA, date=NOW - 20 * HOUR, sender="Shop@Shop.test")
    past = book.report(name, EVA, date=NOW - 25 * HOUR)
    vague = book.report(name, FINN)
    findings = [finding("a1", EVA), finding("a2", EVA), finding("f1", FINN)]
    book.take(name, *findings, senders={"a1": "shop@shop.test", "a2": "bank@bank.test"})
    assert cases.matches(book.file(name)) == {
        sure: {"a1": "sure"},
        none: {},
        day: {"a1": "possible"},
        past: {},
        vague: {"f1": "possible"},
    }


def test_findings_are_taken_and_their_holders_suspected(book):
    name = book.open()
    doubtful = finding("b1", BEA, Verdict.UNEXPLAINED)
    told = book.take(name, finding("a1", EVA), doubtful)
    assert told == ({"a1": "new", "b1": "new"}, (EVA,))
    assert book.states(name) == {EVA: "suspected"}
    known = book.file(name).findings[1]
    assert (known.id, known.facts["rightful"], known.facts["queue_id"]) == (
        "a1",
        ["ivy@example.net"],
        "4XYZ",
    )
    assert ("account.found", name, EVA) in book.acts()


def test_a_later_snapshot_says_what_changed(book):
    name = book.open()
    first = [finding(one, EVA) for one in ("same", "gone", "other", "older")]
    first[-1] = finding("older", EVA, at=NOW - 50 * HOUR)
    book.take(name, *first)
    second = [finding("same", EVA), finding("other", EVA, Verdict.CROSSED), finding("new", EVA)]
    told = book.take(name, *second, snapshot="s2", since=NOW - HOUR)
    assert told.told == {"gone": "gone", "other": "changed", "new": "new"}
    third = book.take(name, *first, snapshot="s3")
    assert third.told == {"gone": "back", "other": "changed", "new": "gone"}
    steps = {one.id: [step.what for step in one.steps] for one in book.file(name).findings}
    assert steps == {
        "same": ["new"],
        "older": ["new"],
        "gone": ["new", "gone", "back"],
        "other": ["new", "changed", "changed"],
        "new": ["new", "gone"],
    }


def test_mailboxes_that_were_not_read_make_nothing_gone(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    book.take(name, finding("a1", EVA), finding("f1", FINN))
    assert book.take(name, snapshot="s2", mailboxes=[FINN]).told == {"f1": "gone"}


def test_each_sees_what_concerns_their_organisations(book):
    home, shared = book.open("home"), book.open("brand", "home")
    book.take(shared, finding("a1", EVA), finding("b1", BEA))
    book.report(shared, BEA, who="hana")
    file = book.file(shared, who="rolf")
    assert set(file.case.accounts) == {BEA}
    assert [one.id for one in file.findings] == ["b1"]
    assert [one.account for one in file.reports] == [BEA]
    assert [one.reference for one in cases.every_case(cases.SYSTEM)] == [shared, home]
    for who, name in (("rolf", home), ("hana", shared)):
        with pytest.raises(NotAllowed):
            book.file(name, who=who)


def test_a_case_comes_to_concern_whose_customers_are_found(book_on_sqlite):
    book = book_on_sqlite
    name = book.open("home")
    book.take(name, finding("b1", BEA))
    assert book.file(name, who="rolf").case.organisations == ("brand", "home")


@pytest.mark.parametrize(
    ("who", "function", "words"),
    [
        ("rolf", cases.note, (Note(NOW, "x"), [])),
        ("cleo", cases.note, (Note(NOW, "x"), [])),
        ("cleo", cases.change, (Change(lead="cleo"),)),
        ("cleo", cases.add_report, (cases.Telling(EVA, NOW),)),
        ("ben", cases.suspect, ([BEA], "")),
        ("hana", cases.suspect, ([BEA], "")),
        ("ben", cases.change, (Change(organisations=("brand",)),)),
    ],
)
def test_roles_are_asked(book_on_sqlite, who, function, words):
    book = book_on_sqlite
    name = book.open("home")
    before = len(book.acts())
    with pytest.raises(NotAllowed):
        book(function, name, *words, who=who)
    assert len(book.acts()) == before


def test_what_is_not_there_is_said(book_on_sqlite):
    book = book_on_sqlite
    for name in ("2026-0001", "2026-0001/T1"):
        with pytest.raises(NoSuchCase):
            book.file(name)
    assert (
        refused(book, cases.open_case, cases.Opening(cases.Kind.OUTAGE, "x", ("nobody",)))
        is Code.NO_ORGANISATION
    )


def test_a_report_gives_nobody_a_case_that_is_none_of_theirs(book_on_sqlite):
    book = book_on_sqlite
    name = book.open("home")
    with pytest.raises(NotAllowed):
        book.report(name, BEA, who="hana")
    assert book.file(name).case.organisations == ("home",)
    assert book.file(name).reports == ()


def test_who_may_not_close_or_exclude_does_not_learn_who_is_held(on_sqlite):
    held = SimpleNamespace(binding=lambda _: {"ivy@example.net"})
    book = Book(on_sqlite, (held,))
    name = book.open("home", "brand")
    book(cases.suspect, name, ["ivy@example.net"], "asked")
    for function, words in (
        (cases.close, (name, "done")),
        (cases.move, (name, ["ivy@example.net"], cases.State.EXCLUDED, "no")),
    ):
        with pytest.raises(NotAllowed) as told:
            book(function, *words, who="cleo")
        assert "ivy" not in str(told.value)
    with pytest.raises(cases.Refused):
        book(cases.close, name, "done")


def test_what_the_ledger_calls_people_here_is_no_account(book):
    name = book.open()
    there = book.acts()
    telling = cases.Telling("Identity anna", book.now)
    note = Note(book.now, "called")
    assert refused(book, cases.add_report, name, telling) is Code.SOMEBODY_HERE
    assert refused(book, cases.suspect, name, ["identity ben"], "") is Code.SOMEBODY_HERE
    with pytest.raises(Refused):
        book(cases.note, name, note, (), account="identity anna")
    with pytest.raises(Refused):
        book(cases.promise_callback, "identity anna", "020", "why")
    assert book.acts() == there
