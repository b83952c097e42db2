"""The disk fails, the process dies, somebody meddles: what the quarantine makes of it."""

import os
from itertools import count

import pytest
from django.db import connections

from custody.quarantined import CANARY, CASE, DAY, NOW, copy
from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.service import KeyDestroyed, Sealer
from postwarden.durable.service import PARTIAL, Together

COPIES = [copy(number) for number in range(3)]


class Killed(BaseException):
    """Stands for SIGKILL: nothing tidies up behind it."""


def failing(monkeypatch, call, which, error):
    """Let the call fail once, at its n-th time; give whether it came to that."""
    real, numbers, came = getattr(os, call), count(1), []

    def fail(*words, **named):
        if next(numbers) == which:
            came.append(call)
            raise error
        return real(*words, **named)

    monkeypatch.setattr(os, call, fail)
    return came


def interrupted(place, monkeypatch, call, error):
    """Interrupt puts at the first, second, … time of a call until it is not made so often; give each case."""
    for which in count(1):
        case = f"2026-{which:04}"
        came = failing(monkeypatch, call, which, error)
        if isinstance(error, Killed):
            monkeypatch.setattr(Together, "discard", lambda _: None)
        try:
            place.put(*COPIES, case=case)
        except type(error):
            assert came
        else:
            assert not came
            assert which > 3
            return
        finally:
            monkeypatch.undo()
        yield case


@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir", "open"])
def test_a_failing_disk_at_any_call_loses_nothing(small, monkeypatch, call):
    full = OSError(28, "No space left on device")
    for case in interrupted(small, monkeypatch, call, full):
        assert not [one for one in small.files() if one.name.endswith(PARTIAL)]
        assert small.quarantine.verify().faults == []
        whole_after_all(small, case)


@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir", "open"])
def test_killed_at_any_call_it_goes_on_when_it_is_put_again(small, monkeypatch, call):
    for case in interrupted(small, monkeypatch, call, Killed()):
        assert small.quarantine.verify().faults == []
        whole_after_all(small, case)


def whole_after_all(place, case):
    stored = place.put(*COPIES, case=case)
    assert place.whole(stored, case) == [True] * 3
    assert place.read(stored, case) == COPIES
    objects = [one for one in place.files() if case in one.parts and one.suffix == ".age"]
    assert len(objects) == 3


def test_what_a_killed_put_left_is_no_fault_and_goes_with_time(small):
    (stored,) = small.put(copy())
    old, new = (small.file(stored).with_name(f"{name}{PARTIAL}") for name in ("old", "new"))
    for one, age in ((old, 2 * 3_600), (new, 60)):
        one.write_bytes(b"half")
        os.utime(one, (NOW / 1e6 - age, NOW / 1e6 - age))
    assert small.quarantine.verify() == (1, [])
    assert small.quarantine.empty(NOW) == 0
    assert not old.exists()
    assert new.exists()
    assert small.read([stored]) == [copy()]


def test_retention_removes_what_is_due_with_proof(place):
    first = place.put(*COPIES)
    later = place.put(copy(7), now=NOW + DAY)
    until = NOW + 30 * DAY
    assert place.quarantine.empty(until - 1) == 0
    assert place.whole([*first, *later]) == [True] * 4
    assert place.quarantine.empty(until) == 3
    assert place.files() == [place.file(later[0])]
    (ended,) = place.entries("quarantine.ended")
    (removed,) = place.entries("quarantine.removed")
    proof = sorted([one.name, one.sha256] for one in first)
    assert removed["actor"] == "postwarden"
    assert removed["detail"] == {"how": "retention", "objects": proof}
    assert ended["detail"] == {"how": "retention", "objects": [name for name, _ in proof]}
    assert place.quarantine.empty(until) == 0
    assert place.quarantine.verify() == (1, [])


def test_what_was_removed_can_be_put_anew(place):
    first = place.put(*COPIES)
    place.quarantine.empty(NOW + 30 * DAY)
    again = place.put(*COPIES, now=NOW + 31 * DAY)
    assert [one.name for one in again] == [one.name for one in first]
    assert place.read(again) == COPIES
    assert place.quarantine.empty(NOW + 32 * DAY) == 0
    assert place.quarantine.verify() == (3, [])
    assert place.quarantine.empty(NOW + 61 * DAY) == 3


def test_many_are_removed_in_several_entries(small):
    small.put(*(copy(number) for number in range(401)))
    assert small.quarantine.empty(NOW + 30 * DAY) == 401
    assert [len(one["detail"]["objects"]) for one in small.entries("quarantine.removed")] == [
        200,
        200,
        1,
    ]
    assert small.files() == []
    assert small.quarantine.verify() == (0, [])


def test_a_removal_that_was_stopped_goes_on(small, monkeypatch):
    small.put(*COPIES)
    due = NOW + 30 * DAY
    failing(monkeypatch, "unlink", 2, OSError(5, "Input/output error"))
    with pytest.raises(OSError, match="Input/output"):
        small.quarantine.empty(due)
    monkeypatch.undo()
    assert small.entries("quarantine.removed") == []
    assert small.quarantine.verify() == (0, [])
    assert small.quarantine.empty(due) == 3
    assert small.files() == []
    assert len(small.entries("quarantine.ended")) == 1


def test_what_is_put_again_while_it_is_about_to_be_removed_stays(small, monkeypatch):
    small.put(*COPIES)
    due = NOW + 30 * DAY
    failing(monkeypatch, "unlink", 1, OSError(5, "Input/output error"))
    with pytest.raises(OSError, match="Input/output"):
        small.quarantine.empty(due)
    monkeypatch.undo()
    stored = small.put(COPIES[1], now=due)
    assert small.quarantine.empty(due) == 2
    assert small.read(stored) == [COPIES[1]]


def test_a_destroyed_key_leaves_nothing_that_can_be_read(place, tmp_path):
    stored = place.put(*COPIES)
    other = place.put(copy(), case="2026-0002")
    row = CaseKeyRow.objects.get(case=CASE)
    secrets = (bytes(row.wrapped)[-40:], bytes(row.naming))
    if "sqlite" in connections["default"].vendor:
        connections.close_all()
        assert all(found(secret, tmp_path / "state") for secret in secrets)
    assert place.quarantine.destroy(CASE, "ben", "closed", NOW + 1)
    with pytest.raises(KeyDestroyed, match="was destroyed at"):
        place.read(stored)
    with pytest.raises(KeyDestroyed, match="nothing is kept for it"):
        place.put(copy())
    row.refresh_from_db()
    assert (row.wrapped, row.naming, row.destroyed) == (None, None, NOW + 1)
    connections.close_all()
    for secret in (*secrets, CANARY):
        assert not found(secret, tmp_path)
    assert place.files() == [place.file(other[0], "2026-0002")]
    assert place.read(other, "2026-0002") == [copy()]
    (entry,) = place.entries("quarantine.key-destroyed")
    assert (entry["actor"], entry["why"]) == ("ben", "closed")
    assert entry["detail"] == {"public": row.public, "objects": 3}
    (removed,) = place.entries("quarantine.removed")
    assert removed["detail"]["how"] == "key-destroyed"
    assert place.quarantine.verify() == (1, [])
    assert not place.quarantine.destroy(CASE, "ben", "again", NOW + 2)
    assert not place.quarantine.destroy("2026-0077", "ben", "never", NOW + 2)


def found(secret, folder):
    return any(secret in one.read_bytes() for one in folder.rglob("*") if one.is_file())


def test_files_that_could_not_be_removed_with_the_key_go_later(small, monkeypatch):
    small.put(*COPIES)
    failing(monkeypatch, "unlink", 1, OSError(30, "Read-only file system"))
    with pytest.raises(OSError, match="Read-only"):
        small.quarantine.destroy(CASE, "ben", "closed", NOW)
    monkeypatch.undo()
    assert CaseKeyRow.objects.get().wrapped is None
    assert small.quarantine.empty(NOW) == 3
    assert small.files() == []


def test_a_key_destroyed_while_something_is_put_wins(small, monkeypatch):
    """What is encrypted to a key that is gone is not said to be kept."""
    small.put(copy(9))
    real = Sealer.seal

    def seal(*asked):
        small.quarantine.destroy(CASE, "ben", "closed", NOW)
        return real(*asked)

    monkeypatch.setattr(Sealer, "seal", seal)
    with pytest.raises(KeyDestroyed):
        small.put(*COPIES)
    assert small.files() == []
    small.quarantine.empty(NOW)
    assert small.quarantine.verify() == (0, [])


def lose(place, stored):
    place.file(stored).unlink()
    return f"object {stored.name[:12]} of case {CASE}: is missing"


def change(place, stored):
    place.file(stored).write_bytes(b"x" * stored.size)
    return f"object {stored.name[:12]} of case {CASE}: was changed"


def add_a_file(place, _stored):
    (place.folder / "notes.txt").write_text("mine")
    return "quarantine: notes.txt is none of its objects"


def add_an_object(place, stored):
    name = stored.name[::-1]
    strange = place.file(stored._replace(name=name))
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"age")
    return f"quarantine: {CASE}/{name[:2]}/{name}.age is none of its objects"


def exchange_the_key(place, _stored):
    CaseKeyRow.objects.update(public=str(place.identities[0].to_public()))
    return f"quarantine of case {CASE}: its key is not the one on record"


def take_the_key(_place, _stored):
    CaseKeyRow.objects.update(wrapped=None)
    return f"quarantine of case {CASE}: its key is gone, and no entry says that it was destroyed"


def take_the_row(_place, _stored):
    ObjectRow.objects.all().delete()
    CaseKeyRow.objects.all().delete()
    return f"quarantine of case {CASE}: its key is missing"


def say_it_is_gone(place, stored):
    place.file(stored).unlink()
    ObjectRow.objects.filter(pk=stored.name).update(gone=NOW)
    return (
        f"object {stored.name[:12]} of case {CASE}: is gone, and no entry says that it was removed"
    )


def bring_the_key_back(place, _stored):
    wrapped = CaseKeyRow.objects.get().wrapped
    place.quarantine.destroy(CASE, "ben", "closed", NOW)
    CaseKeyRow.objects.update(wrapped=wrapped)
    return f"quarantine of case {CASE}: its key is there, though it was destroyed"


@pytest.mark.parametrize(
    "meddle",
    [
        lose,
        change,
        add_a_file,
        add_an_object,
        exchange_the_key,
        take_the_key,
        take_the_row,
        say_it_is_gone,
        bring_the_key_back,
    ],
)
def test_whoever_meddles_is_found(small, meddle):
    stored = small.put(*COPIES)
    assert small.quarantine.verify() == (3, [])
    sentence = meddle(small, stored[1])
    assert sentence in small.quarantine.verify().faults


def test_a_case_whose_record_was_erased_is_accused_of_nothing(small):
    small.put(*COPIES)
    small.quarantine.empty(NOW + 30 * DAY)
    small.ledger.erase_case(CASE, "ben", "asked for", NOW)
    assert small.quarantine.verify() == (0, [])
