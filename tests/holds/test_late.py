"""When sessions of held accounts have ended, and who came in where the hold was not known yet."""

import sqlite3

import pytest

from holds.test_proven import Incident
from postwarden.holds import projection
from postwarden.holds.file import projection_file
from postwarden.holds.models import AccountRow
from postwarden.holds.service import Aligner, HoldDesk, ProjectionUnfit, Refusal, Wording
from postwarden.state.models import EffectRow

EVA, FINN = "eva@example.net", "finn@example.net"
SECOND = 1_000_000


def ended(account=EVA):
    return AccountRow.objects.get(pk=account).sessions_ended


def test_sessions_are_known_to_have_ended_once_no_login_is_under_way(desk, dovecot):
    dovecot.live = {EVA: 1}
    desk.hold(EVA)
    held = desk.time
    desk.align(0)
    assert ended() is None
    desk.align(11)
    assert held + 10 * SECOND < ended() <= desk.time


def test_it_is_kept_when_only_the_wording_changes_and_not_when_held_anew(quick_desk, quick_key):
    quick_desk.hold(EVA, wording=Wording.OUTAGE)
    quick_desk.align()
    before = ended()
    assert before is not None
    quick_desk.hold(EVA, case=quick_desk.open_case())
    assert ended() == before
    for one in quick_desk.desk.held():
        plan = quick_desk.plan_release(EVA, case=one.case)
        quick_desk.approve(plan, quick_key)
    quick_desk.hold(EVA)
    assert ended() is None


def test_who_is_held_anew_during_the_look_is_looked_at_again(quick_desk, quick_key, dovecot):
    quick_desk.hold(EVA, FINN)
    plan = quick_desk.plan_release(EVA)
    sessions, held = dovecot.sessions, []

    def meanwhile():
        dovecot.sessions = sessions
        quick_desk.approve(plan, quick_key)
        quick_desk.hold(EVA)
        held.append(quick_desk.time)
        return {}

    quick_desk.time += 11 * SECOND
    EffectRow.objects.filter(kind="holds.sessions").earliest("due").delete()
    dovecot.sessions = meanwhile
    quick_desk.align(0)
    assert (ended(EVA), ended(FINN) is None) == (None, False)
    dovecot.live = {EVA: 1}  # the login was under way
    quick_desk.align(11)
    assert dovecot.live == {}
    assert ended(EVA) >= held[0] + 10 * SECOND
    for _ in range(3):
        quick_desk.align(11)
    assert quick_desk.desk.pending() == []


def hosts(desk, tmp_path):
    """Give another host's desk, whose worker has seen the state as it is now."""
    other = HoldDesk(desk.cases, str(tmp_path / "other-host"), lambda _: {})
    Aligner(other, desk.control, lambda: desk.time).run()
    return other


@pytest.mark.parametrize("seconds", [20, 3_000])
def test_who_came_in_on_a_host_that_was_late_is_sent_away(desk, tmp_path, dovecot, seconds):
    other = hosts(desk, tmp_path)
    desk.hold(EVA, FINN)
    desk.align(11)
    before = ended()
    assert desk.desk.pending() == []
    dovecot.live = {EVA: 1, "hugo@example.net": 1}  # let in by the other host, whose file is old
    desk.time += seconds * SECOND
    Aligner(other, dovecot, desk.now).run()
    assert dovecot.live == {"hugo@example.net": 1}
    assert ended() is None
    desk.align(11)
    assert ended() > before
    count = EffectRow.objects.count()
    Aligner(other, dovecot, desk.now).run()
    assert EffectRow.objects.count() == count


def test_a_host_that_is_in_time_makes_nobody_look_again(quick_desk, tmp_path, dovecot):
    other = hosts(quick_desk, tmp_path)
    quick_desk.hold(EVA)
    count = EffectRow.objects.count()
    Aligner(other, None, lambda: quick_desk.time).run()
    assert EffectRow.objects.count() == count


def test_who_came_in_while_the_file_was_damaged_is_sent_away(quick_desk, dovecot):
    quick_desk.hold(EVA)
    quick_desk.align()
    with sqlite3.connect(projection_file(quick_desk.folder)) as file:
        file.execute("DELETE FROM holds")
    file.close()
    dovecot.live = {EVA: 1}
    Aligner(quick_desk.desk, dovecot, quick_desk.now).check()
    quick_desk.align(0)
    assert dovecot.live == {}


def test_a_file_that_cannot_be_written_adds_no_effect_at_each_try(
    quick_desk, tmp_path, monkeypatch
):
    other = hosts(quick_desk, tmp_path)
    quick_desk.hold(EVA)
    quick_desk.align()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    counts = set()
    with monkeypatch.context() as patched:
        patched.setattr(projection, "_apply", full)
        for _ in range(4):
            quick_desk.time += 20 * SECOND
            with pytest.raises(ProjectionUnfit):
                Aligner(other, None, quick_desk.now).run()
            counts.add(EffectRow.objects.count())
    assert len(counts) == 1


def test_nothing_is_proven_before_the_sessions_have_ended(quick_desk, dovecot):
    incident = Incident.__new__(Incident)
    incident.desk, incident.case = quick_desk, quick_desk.open_case()
    began, incident.end = quick_desk.now(), quick_desk.now()
    incident.change(occurred_from=began, occurred_to=incident.end)
    dovecot.live = {EVA: 1}
    quick_desk.hold(EVA, case=incident.case)
    incident.look(EVA)
    assert incident.refused(EVA) == ((EVA, Refusal.SESSIONS_OPEN),)
    quick_desk.align()
    assert incident.refused(EVA) == ((EVA, Refusal.LOOKED_BEFORE_HOLD),)
    incident.look(EVA)
    assert incident.release(EVA).done == 1
