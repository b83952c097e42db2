"""A run of the doctor against servers in memory: it ends as it began, whatever happens within."""

import pytest

from postwarden.holds.doctor.service import (
    Answer,
    Attempt,
    Door,
    Drill,
    Examination,
    Level,
    Outcome,
    Protocol,
    Servers,
    verdict,
)
from postwarden.holds.file import HeldAccounts
from postwarden.holds.rules import Wording
from postwarden.holds.sentences import sentence
from postwarden.holds.service import ControlError
from postwarden.holds.silence import is_silent, silence
from postwarden.people.service import NotAllowed, member

DOC = "doctor@example.net"
DOORS = [Door(one, "192.0.2.1", 1) for one in Protocol]


class World:
    """Implements `Clients`, `Queue`, `Mailboxes` and a session: servers that go by the projection."""

    def __init__(self, desk):
        self.desk, self.queue, self.boxes = desk, {}, []
        self.asked, self.stop_at, self.passes = 0, None, set()

    def _reason(self):
        self.asked += 1
        if self.asked == self.stop_at:
            raise KeyboardInterrupt
        return HeldAccounts(self.desk.folder).reason(DOC)

    def log_in(self, door, account, password):
        assert (account, password) == (DOC, "pw")
        reason = self._reason()
        if reason is None or door.protocol in self.passes:
            return Attempt(Answer.ACCEPTED)
        return Attempt(Answer.REFUSED, f"NO {reason}")

    def stay(self, door, account, password):
        return self

    def is_open(self):
        return self._reason() is None

    def close(self):
        pass

    def submit(self, *words):
        message = words[-1]
        reason = self._reason()
        queue_id = f"id{len(self.queue)}"
        self.queue[queue_id] = ("active" if reason is None else "hold", message)
        return Attempt(Answer.ACCEPTED, "", queue_id)

    def deliver(self, door, account, message):
        self.boxes.append(message)
        return Attempt(Answer.ACCEPTED)

    def place(self, queue_id):
        return self.queue[queue_id][0]

    def has(self, account, message_id):
        return any(message_id.encode() in one for one in self.boxes)

    def remove(self, account, mark):
        assert account == DOC
        assert all(mark.encode() in one for one in self.boxes)
        self.queue, self.boxes = {}, []
        return 0


@pytest.fixture
def world(quick_desk):
    return World(quick_desk)


def drill_of(desk, who="anna"):
    languages = {DOC: "de"}
    return Drill(desk.desk, desk.folder, DOC, member(who), desk.now, lambda accounts: languages)


def examined(desk, world, drill=None):
    servers = Servers(world, desk.control, world, world)
    made = Examination(
        drill or drill_of(desk), servers, DOORS, "pw", lambda step: None, seconds=0.2
    )
    return made.run()


def assert_as_before(desk, world):
    assert HeldAccounts(desk.folder).reason(DOC) is None
    assert not is_silent(desk.folder, DOC)
    assert desk.desk.held() == []
    assert (world.queue, world.boxes) == ({}, [])


def test_all_is_tried_and_proven(quick_desk, world):
    steps = examined(quick_desk, world)
    assert verdict(steps, []) is Level.PROVEN
    said = {step.said for step in steps if step.outcome is Outcome.REFUSED_WITH_REASON}
    assert said == {f"NO {sentence(Wording.EXAMINATION, 'de')}"}
    assert_as_before(quick_desk, world)
    acts = [one for one in quick_desk.acts() if one.startswith("hold.")]
    assert acts == ["hold.placed", "hold.released"] * 2


@pytest.mark.parametrize("at", range(1, 31, 3))
def test_stopped_anywhere_the_account_is_released_and_mail_removed(quick_desk, world, at):
    world.stop_at = at
    with pytest.raises(KeyboardInterrupt):
        examined(quick_desk, world)
    assert_as_before(quick_desk, world)


def test_what_a_killed_run_left_is_cleared_up_first(quick_desk, world):
    drill_of(quick_desk).hold()
    silence(quick_desk.folder, DOC)
    assert verdict(examined(quick_desk, world), []) is Level.PROVEN
    assert_as_before(quick_desk, world)


def test_what_cannot_be_cleared_up_keeps_nothing_else_from_it(quick_desk, world):
    def fails(account, mark):
        raise ControlError("not root")

    world.remove = fails
    steps = examined(quick_desk, world)
    assert [step.said for step in steps if step.outcome is Outcome.LEFT_BEHIND] == ["not root"] * 2
    assert HeldAccounts(quick_desk.folder).reason(DOC) is None


def test_a_door_that_lets_held_accounts_in_is_a_fault(quick_desk, world):
    world.passes = {Protocol.POP3}
    steps = examined(quick_desk, world)
    assert verdict(steps, []) is Level.FAULT
    bad = {step.where for step in steps if step.level is Level.FAULT}
    assert bad == {"pop3://192.0.2.1:1"}


def test_sessions_that_go_on_are_a_fault(quick_desk, world):
    world.is_open = lambda: True
    steps = examined(quick_desk, world)
    assert [step.outcome for step in steps if step.level is Level.FAULT] == [Outcome.SESSION_OPEN]


def test_where_no_login_works_nothing_is_held(quick_desk, world):
    world.log_in = lambda *words: Attempt(Answer.REFUSED, "no such account")
    steps = examined(quick_desk, world)
    assert {step.outcome for step in steps} == {Outcome.LOGIN_FAILS}
    assert "hold.placed" not in quick_desk.acts()


def test_a_drill_neither_hides_nor_ends_a_hold_in_earnest(quick_desk):
    drill = drill_of(quick_desk)
    assert drill.others() == []
    drill.hold()
    case = quick_desk.open_case()
    assert quick_desk.hold(DOC, case=case).done == 1
    drill.release()
    assert drill.others() == [case]
    assert HeldAccounts(quick_desk.folder).reason(DOC) is not None
    assert [one.case for one in quick_desk.desk.held()] == [case]


def test_holding_twice_and_releasing_twice_is_once(quick_desk):
    drill = drill_of(quick_desk)
    assert drill.hold() == drill.hold()
    drill.release()
    drill.release()
    acts = [one for one in quick_desk.acts() if one.startswith("hold.")]
    assert acts == ["hold.placed", "hold.released"]


def test_who_may_not_hold_the_account_may_not_examine(quick_desk):
    drill_of(quick_desk, "anna").permit()
    with pytest.raises(NotAllowed):
        drill_of(quick_desk, "bram").permit()


def test_a_mark_counts_for_a_minute_and_for_one_account(tmp_path, monkeypatch):
    silence(str(tmp_path), DOC.upper())
    assert is_silent(str(tmp_path), DOC)
    assert not is_silent(str(tmp_path), f"x{DOC}")
    later = (tmp_path / "silent").stat().st_mtime + 61
    monkeypatch.setattr("time.time", lambda: later)
    assert not is_silent(str(tmp_path), DOC)
