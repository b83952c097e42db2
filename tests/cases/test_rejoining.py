"""Merging and splitting lose nothing, and old references lead to where things went."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.conftest import HOUR, NOW, Book, finding
from postwarden.cases import service as cases
from postwarden.cases.service import Change, Choice, Code, Note, Refused, Stage, State, Times
from postwarden.people.service import NotAllowed
from postwarden.verdicts.service import Verdict

EVA, FINN, GUS = "eva@example.net", "finn@example.net", "gus@example.org"
NAMES = (EVA, FINN, GUS, "bea@brand.test")
JOINING = {"case.merged", "case.merged-into", "case.split", "case.split-from"}


class Room:
    """A later room that notes what it is asked."""

    name = "room"

    def __init__(self):
        self.asked = []

    def merge(self, kept, gone, now):
        self.asked.append(("merge", kept, gone))

    def split(self, old, new, accounts, now):
        self.asked.append(("split", old, new, tuple(accounts)))

    def export(self, references):
        return {"asked": sorted(references)}


def contents(*files):
    """All that cases hold, whichever has it; what joining them wrote is left out."""
    accounts, steps = {}, Counter()
    held = Counter()
    for file in files:
        for one in file.accounts:
            accounts.setdefault(one.account, set()).add(str(one.state))
            steps.update((one.account, step) for step in one.steps)
        held.update(one for one in file.reports)
        held.update((one.id, one.verdict, one.present, one.steps) for one in file.findings)
        held.update(
            (one.at, one.written, one.act, one.account, one.text)
            for one in file.timeline
            if one.act not in JOINING
        )
    for account, states in accounts.items():
        if len(states) > 1:  # the case that was split off suspects it anew
            accounts[account] = states - {str(State.SUSPECTED)}
    return accounts, steps, held


def test_a_merged_case_leads_to_where_it_went(book):
    first, second, third = book.open("home"), book.open("brand"), book.open()
    label = book.report(second, EVA)
    task = book.file(second).case.tasks[3].label
    book(cases.add_task, second, "call the relay")
    book(cases.finish_task, second, task, "")
    book(cases.merge_cases, first, second, "one cause")
    book(cases.merge_cases, third, first, "one cause, indeed")
    for name in (first, second, third, label, task):
        assert book.file(name).case.reference == third
    file = book.file(second)
    assert file.merged == (first, second)
    assert cases.references(second) == (third, first, second)
    assert file.case.organisations == ("brand", "home")
    assert [one.label for one in file.case.tasks][-2:] == [task, "2026-0002/T13"]
    words = cases.own_words(cases.SYSTEM, second)
    assert (words.stage, words.merged_into, len(words.tasks)) == (Stage.MERGED, first, 11)


def test_what_is_said_of_a_merged_case_is_said_of_the_one_it_is_part_of(book_on_sqlite):
    book = book_on_sqlite
    first, second = book.open(), book.open()
    book(cases.merge_cases, first, second, "")
    book(cases.note, second, Note(NOW, "more"), [])
    assert book.file(first).timeline[0].text == "more"


def test_of_an_account_in_both_the_weightier_state_stands(book):
    first, second = book.open(), book.open()
    for name in (first, second):
        book(cases.suspect, name, [EVA, FINN], name)
    book(cases.move, first, [EVA], State.EXCLUDED, "not it")
    book(cases.move, second, [EVA, FINN], State.HELD, "plan")
    book(cases.merge_cases, first, second, "one cause")
    assert book.states(first) == {EVA: "held", FINN: "held"}
    steps = [(step.state, step.why) for step in book.file(first).accounts[0].steps]
    assert steps == [
        ("suspected", first),
        ("suspected", second),
        ("excluded", "not it"),
        ("held", "plan"),
        ("held", "one cause"),
    ]


def test_the_earliest_times_stand(book_on_sqlite):
    book = book_on_sqlite
    first, second = book.open(), book.open()
    early, late = NOW - 2 * HOUR, NOW - HOUR
    book(cases.change, first, Change(times=Times(late, late, late)))
    book(cases.change, second, Change(times=Times(early, NOW, early, early)))
    book(cases.merge_cases, first, second, "")
    assert book.file(first).case.times == Times(early, NOW, early, early)


def test_a_fault_that_goes_on_in_one_goes_on_in_both(book_on_sqlite):
    book = book_on_sqlite
    first, second = book.open(), book.open()
    book(cases.change, first, Change(times=Times(NOW - 2 * HOUR, NOW - HOUR)))
    book(cases.change, second, Change(times=Times(detected=NOW - HOUR)))
    book(cases.merge_cases, first, second, "")
    assert book.file(first).case.times == Times(detected=NOW - HOUR)


def test_a_finding_in_both_is_kept_as_last_seen(book):
    first, second = book.open(), book.open()
    book.take(first, finding("a1", EVA))
    book.take(second, finding("a1", EVA), finding("a2", EVA))
    book.take(second, finding("a1", EVA, Verdict.CROSSED), finding("a2", EVA), snapshot="s2")
    book(cases.merge_cases, first, second, "")
    found = {one.id: one for one in book.file(first).findings}
    assert (found["a1"].verdict, len(found["a1"].steps)) == ("crossed", 3)
    assert found.keys() == {"a1", "a2"}


def test_later_rooms_move_what_is_theirs(state):
    room = Room()
    book = Book(state, [room])
    first, second = book.open(), book.open()
    book(cases.suspect, first, [EVA, FINN], "")
    book(cases.merge_cases, first, second, "")
    book(cases.split_case, first, Choice((EVA,)), "apart", "")
    assert room.asked == [("merge", first, second), ("split", first, "2026-0003", (EVA,))]


@pytest.mark.parametrize("name", ["same", "closed", "foreign"])
def test_what_cannot_be_merged(book_on_sqlite, name):
    book = book_on_sqlite
    first, second = book.open("home"), book.open("brand")
    if name == "foreign":
        with pytest.raises(NotAllowed):
            book(cases.merge_cases, first, second, "", who="ben")
        return
    if name == "closed":
        for task in book.file(second).case.tasks:
            book(cases.finish_task, second, task.label, "")
        book(cases.close, second, "")
    with pytest.raises(Refused) as caught:
        book(cases.merge_cases, first, first if name == "same" else second, "")
    assert caught.value.refusal.code is (Code.SAME_CASE if name == "same" else Code.NOT_OPEN)


def test_a_split_case_takes_what_is_about_its_accounts(book):
    name = book.open()
    book.take(name, finding("a1", EVA), finding("f1", FINN))
    label = book.report(name, EVA)
    book(cases.note, name, Note(NOW, "general"), [])
    book(cases.note, name, Note(NOW, "about eva"), [], account=EVA)
    new = book(cases.split_case, name, Choice((EVA,)), "another cause", "two maps")
    assert (new.reference, new.split_from, new.title) == ("2026-0002", name, "another cause")
    file = book.file(label)
    assert file.case.reference == new.reference
    assert [one.id for one in file.findings] == ["a1"]
    assert [one.text for one in file.timeline] == ["about eva", "", "two maps"]
    assert file.accounts[0].steps[0].at < file.case.opened + HOUR
    assert book.states(name) == {FINN: "suspected"}
    assert book.file(name).parts == (new.reference,)
    assert len(file.case.tasks) == 12


def test_single_reports_and_findings_can_be_split_off(book):
    name = book.open()
    book.take(name, finding("a1", EVA), finding("a2", EVA))
    label = book.report(name, EVA)
    new = book(cases.split_case, name, Choice((), (label,), ("a2",)), "apart", "").reference
    assert book.states(name) == book.states(new) == {EVA: "suspected"}
    assert [one.id for one in book.file(new).findings] == ["a2"]
    assert [one.act for one in book.file(new).timeline] == ["report.received", "case.split-from"]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(), Code.NOTHING_CHOSEN),
        (Choice(("ivy@example.net",)), Code.NO_ACCOUNT),
        (Choice((), ("2026-0001/R9",)), Code.NOT_PART),
        (Choice((), (), ("zz",)), Code.NOT_PART),
    ],
)
def test_what_cannot_be_split_off(book_on_sqlite, choice, code):
    book = book_on_sqlite
    name = book.open()
    with pytest.raises(Refused) as caught:
        book(cases.split_case, name, choice, "apart", "")
    assert caught.value.refusal.code is code
    assert book.open() == "2026-0002"


names = st.sampled_from(NAMES)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("report"), names),
        st.tuples(st.just("found"), st.lists(names, max_size=4)),
        st.tuples(st.just("held"), names),
        st.tuples(st.just("note"), names | st.just("")),
    ),
    max_size=8,
)


def do(book, name, deeds):
    for number, (what, about) in enumerate(deeds):
        if what == "report":
            book.report(name, about)
        elif what == "found":
            found = [finding(f"{name}-{number}-{place}", one) for place, one in enumerate(about)]
            book.take(name, *found)
        elif what == "note":
            book(cases.note, name, Note(NOW, str(number)), [], account=about)
        elif about in book.file(name).case.accounts:
            book(cases.move, name, [about], State.HELD, "")


@pytest.fixture
def undone(on_sqlite):
    return Book(on_sqlite)


ONE_STATE = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def anew_in_both(old, new):
    """Whether accounts that are in both cases are suspected, and no more, in the one split off."""
    there = {one.account for one in old.accounts}
    both = [one for one in new.accounts if one.account in there]
    return all(one.state is State.SUSPECTED for one in both)


@ONE_STATE
@given(deeds=deeds, chosen=st.sets(names), single=st.data())
def test_a_split_case_and_the_old_one_are_all_that_was(undone, deeds, chosen, single):
    with transaction.atomic():
        name = undone.open()
        do(undone, name, deeds)
        before = undone.file(name)
        picked = Choice(
            tuple(sorted(chosen & before.case.accounts.keys())),
            tuple(single.draw(some([one.label for one in before.reports]))),
            tuple(single.draw(some([one.id for one in before.findings]))),
        )
        if not (picked.accounts or picked.reports or picked.findings):
            with pytest.raises(Refused):
                undone(cases.split_case, name, picked, "apart", "because")
        else:
            new = undone(cases.split_case, name, picked, "apart", "because").reference
            files = undone.file(name), undone.file(new)
            assert anew_in_both(*files)
            apart = contents(*files)
            assert without(apart, "because") == contents(before)
            undone(cases.merge_cases, name, new, "because")
            again = contents(undone.file(name))
            assert without(again, "because") == contents(before)
        transaction.set_rollback(True)


@ONE_STATE
@given(one=deeds, other=deeds)
def test_a_merged_case_is_all_that_both_were(undone, one, other):
    with transaction.atomic():
        first, second = undone.open(), undone.open()
        do(undone, first, one)
        do(undone, second, other)
        before = [undone.file(first), undone.file(second)]
        undone(cases.merge_cases, first, second, "because")
        states, *rest = without(contents(undone.file(first)), "because")
        both, *expected = contents(*before)
        transaction.set_rollback(True)
    assert states.keys() == both.keys()
    assert all(states[one] <= both[one] for one in states)
    assert rest == expected


def some(items):
    return st.lists(st.sampled_from(items), unique=True) if items else st.just([])


def without(held, why):
    """Leave out the steps that joining wrote."""
    accounts, steps, rest = held
    return accounts, Counter({k: n for k, n in steps.items() if k[1].why != why}), rest
