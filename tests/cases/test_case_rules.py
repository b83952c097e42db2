"""What may become of a case: against a model, and one by one."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from postwarden.cases.joining import merged
from postwarden.cases.rules import (
    MOVES,
    SETTLED,
    AddTask,
    Change,
    Close,
    Code,
    FinishTask,
    Found,
    Move,
    Note,
    Refusal,
    Reopen,
    Report,
    Suspect,
    decide,
    opened,
    template,
    weightier,
)
from postwarden.cases.values import (
    Case,
    Confidence,
    Kind,
    Party,
    Severity,
    Stage,
    State,
    Times,
    Work,
)

NOW = 1_795_000_000_000_000
CASE = Case(
    "2026-0001", Kind.OUTAGE, "down", ("home",), NOW, tasks=template("2026-0001", (Work.WARN,))
)
ACCOUNTS = ("eva", "finn", "gus")
accounts = st.lists(st.sampled_from(ACCOUNTS), unique=True).map(tuple)
states = st.sampled_from(State)
past = st.integers(NOW - 100, NOW + 5)


class Model:
    """What a case is, told in plain words: sets and flags instead of values."""

    def __init__(self):
        self.open = True
        self.at = {}
        self.done = {"2026-0001/T1": False}
        self.reports = []
        self.organisations = {"home"}

    def suspect(self, names):
        for name in names:
            if self.at.get(name, "released") in ("released", "excluded"):
                self.at[name] = "suspected"


class CaseMachine(RuleBasedStateMachine):
    """Sends events to the rules and to the model; both must agree on each."""

    def __init__(self):
        super().__init__()
        self.case = CASE
        self.model = Model()

    def send(self, event, allowed):
        after = decide(self.case, event, NOW)
        assert isinstance(after, Case) == bool(allowed), (event, after)
        if isinstance(after, Case):
            self.case = after
        return allowed

    @rule(names=accounts)
    def suspect(self, names):
        if self.send(Suspect(names, ("home",)), self.model.open and names):
            self.model.suspect(names)

    @rule(names=accounts, organisation=st.sampled_from(["home", "brand"]))
    def found(self, names, organisation):
        if self.send(Found(names, (organisation,)), self.model.open):
            self.model.suspect(names)
            self.model.organisations.add(organisation)

    @rule(name=st.sampled_from(ACCOUNTS), received=past)
    def report(self, name, received):
        if self.send(Report(name, received, "home"), self.model.open and received <= NOW):
            self.model.suspect([name])
            self.model.reports.append(received)

    @rule(names=accounts, to=states)
    def move(self, names, to):
        there = [self.model.at.get(name) for name in names]
        fits = all(at == to or (at is not None and to in MOVES[State(at)]) for at in there)
        if self.send(Move(names, to), self.model.open and names and fits):
            self.model.at.update(dict.fromkeys(names, str(to)))

    @rule(at=past, text=st.sampled_from(["", "  ", "seen"]))
    def note(self, at, text):
        self.send(Note(at, text), self.model.open and at <= NOW and text.strip())

    @rule(text=st.sampled_from(["", "call"]))
    def add_task(self, text):
        label = f"2026-0001/T{len(self.model.done) + 1}"
        if self.send(AddTask(label, text), self.model.open and text):
            self.model.done[label] = False

    @rule(number=st.integers(1, 6))
    def finish_task(self, number):
        label = f"2026-0001/T{number}"
        fits = self.model.done.get(label) is False
        if self.send(FinishTask(label, "anna"), self.model.open and fits):
            self.model.done[label] = True

    @rule()
    def close(self):
        settled = set(self.model.at.values()) <= {"released", "excluded"}
        if self.send(Close(), self.model.open and all(self.model.done.values()) and settled):
            self.model.open = False

    @rule()
    def reopen(self):
        if self.send(Reopen(), not self.model.open):
            self.model.open = True

    @invariant()
    def agrees(self):
        case, model = self.case, self.model
        assert (case.stage is Stage.OPEN) == model.open
        assert {name: str(state) for name, state in case.accounts.items()} == model.at
        assert {task.label: task.done_at is not None for task in case.tasks} == model.done
        assert case.times.detected == min(model.reports, default=None)
        assert set(case.organisations) == model.organisations


def test_cases_agree_with_a_model_in_10_000_steps():
    run_state_machine_as_test(
        CaseMachine,
        settings=settings(
            max_examples=200,
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Change(), Code.NOTHING_NEW),
        (Change(title=" "), Code.EMPTY),
        (Change(party=Party(" ", "x", Confidence.LIKELY)), Code.EMPTY),
        (Change(times=Times(aware=NOW + 1)), Code.FUTURE),
        (Change(times=Times(occurred_from=2, occurred_to=1)), Code.TIMES),
        (Change(times=Times(occurred_from=2, detected=1)), Code.TIMES),
        (Change(times=Times(detected=2, aware=1)), Code.TIMES),
        (FinishTask("2026-0001/T9", "anna"), Code.NO_TASK),
        (Move(("eva",), State.HELD), Code.NO_ACCOUNT),
        (Close(), Code.TASKS_LEFT),
        (Reopen(), Code.NOT_CLOSED),
    ],
)
def test_what_is_not_allowed_has_its_code(event, code):
    refusal = decide(CASE, event, NOW)
    assert isinstance(refusal, Refusal)
    assert refusal.code is code


def test_times_out_of_order_by_an_early_report_can_be_set_right():
    case = decide(CASE, Change(times=Times(occurred_from=50, aware=90)), NOW)
    case = decide(case, Report("eva", 40, "home"), NOW)
    assert case.times.detected == 40
    assert isinstance(decide(case, Change(lead="anna"), NOW), Case)
    assert decide(case, Change(times=Times(detected=45)), NOW).code is Code.TIMES
    assert isinstance(decide(case, Change(times=Times(occurred_from=30)), NOW), Case)


def test_a_case_needs_a_title_and_whom_it_concerns():
    assert opened(replace(CASE, title=" "), NOW).code is Code.EMPTY
    assert opened(replace(CASE, organisations=()), NOW).code is Code.NO_ORGANISATION
    assert opened(replace(CASE, times=Times(NOW + 1)), NOW).code is Code.FUTURE


@given(one=states, other=states, third=states)
def test_which_state_weighs_more_does_not_depend_on_the_order(one, other, third):
    assert weightier([one, other]) is weightier([other, one])
    assert weightier([weightier([one, other]), third]) is weightier([one, other, third])
    if State.HELD in (one, other):
        assert weightier([one, other]) is State.HELD
    if weightier([one, other]) in SETTLED:
        assert {one, other} <= SETTLED


@given(
    graver=st.permutations(list(Severity)),
    sure=st.permutations(list(Confidence)),
)
def test_of_merged_cases_the_graver_and_the_surer_stands(graver, sure):
    one = replace(CASE, severity=graver[0], parties=(Party("relay", "map", sure[0]),))
    other = replace(
        CASE, reference="2026-0002", severity=graver[1], parties=(Party("relay", "map", sure[1]),)
    )
    both, ended = merged(one, other)
    assert both.severity == max(graver[:2], key=list(Severity).index)
    assert both.parties[0].confidence == min(sure[:2], key=list(Confidence).index)
    assert (ended.stage, ended.merged_into) == (Stage.MERGED, "2026-0001")
