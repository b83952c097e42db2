"""What a legal preservation covers is neither emptied nor destroyed."""

import pytest

from custody.quarantined import CASE, DAY, NOW, copy
from custody.test_quarantine_command import (  # noqa: F401  # fixtures
    EVA,
    FINN,
    made,
    open_case,
    opened,
    place,
    put,
)
from postwarden.custody.service import Preserved, Quarantine
from postwarden.relocation.models import CopyRow

DUE = NOW + 30 * DAY


class Preserving:
    """Objects that must stay, by their names."""

    def __init__(self):
        self.names = set()

    def __call__(self, case, names):
        return self.names.intersection(names)


@pytest.fixture
def kept(small):  # custody's conftest has it
    small.preserving = Preserving()
    small.quarantine = Quarantine(small.ledger, small.settings, small.preserving)
    return small


def test_retention_leaves_what_is_preserved_and_says_so_once(kept):
    stored = kept.put(*(copy(number) for number in range(3)))
    kept.preserving.names = {stored[1].name}
    assert kept.quarantine.empty(DUE) == 2
    assert kept.quarantine.empty(DUE + 1) == 0
    assert kept.read([stored[1]]) == [copy(1)]
    assert [one["detail"] for one in kept.entries("quarantine.preserved")] == [
        {"objects": [stored[1].name]}
    ]
    held = {one.name: one.how for one in kept.quarantine.held([CASE])}
    assert [held[one.name] for one in stored] == ["retention", "preserved", "retention"]
    assert kept.quarantine.verify() == (1, [])
    kept.preserving.names.clear()
    assert kept.quarantine.empty(DUE + 2) == 1
    assert kept.files() == []


def test_more_that_are_preserved_than_are_looked_at_at_once_keep_no_other_one(kept):
    stored = kept.put(*(copy(number) for number in range(420)))
    names = sorted(one.name for one in stored)
    kept.preserving.names = set(names[:410])
    assert kept.quarantine.empty(DUE) == 10
    assert len(kept.files()) == 410


def test_what_was_about_to_be_removed_stays_once_it_is_preserved(kept, monkeypatch):
    (stored,) = kept.put(copy())
    files = kept.quarantine._files
    monkeypatch.setattr(files, "remove", lambda *_: (_ for _ in ()).throw(OSError(5, "I/O error")))
    with pytest.raises(OSError, match="I/O"):
        kept.quarantine.empty(DUE)
    monkeypatch.undo()
    kept.preserving.names = {stored.name}
    assert kept.quarantine.empty(DUE + 1) == 0
    assert kept.read([stored]) == [copy()]
    assert kept.quarantine.verify() == (1, [])


def test_a_key_that_opens_what_is_preserved_stays(kept):
    first, second = kept.put(copy(), copy(1))
    kept.preserving.names = {second.name}
    with pytest.raises(Preserved, match="1 of its objects"):
        kept.quarantine.destroy(CASE, "ben", "over", NOW)
    assert kept.read([first, second]) == [copy(), copy(1)]
    assert kept.entries("quarantine.key-destroyed") == []
    kept.preserving.names.clear()
    assert kept.quarantine.destroy(CASE, "ben", "over", NOW)


def _taken(case, stored, holder):
    CopyRow.objects.create(
        plan="ab" * 32,
        place=0,
        case=case,
        holder=holder,
        finding="1",
        stage="ended",
        quarantined=stored.name,
    )


def test_an_account_s_preservation_covers_what_was_taken_out_of_it(place):  # noqa: F811
    case = open_case(place)
    first, second = put(place, case, copy(), copy(1))
    _taken(case, second, FINN)
    assert "1 account held" in place.run("ben", "hold", FINN, "--preserve", "--reason", "court")
    words = ("quarantine", "destroy", "--case", case, "--reason", "over", "--yes")
    refused = place.ask("ben", *words)
    assert refused.status == 2
    assert "1 of its objects are under legal preservation" in refused.err
    assert opened(place).empty(NOW + 365 * DAY) == 1
    listed = place.run("anna", "quarantine", "list", "--case", case)
    assert "and longer for a legal preservation" in listed
    gone = {one.name: one.gone is not None for one in opened(place).held([case])}
    assert gone == {first.name: True, second.name: False}


def test_a_case_s_preservation_covers_all_that_it_has_also_under_a_merged_one(place):  # noqa: F811
    kept, gone = open_case(place), open_case(place, FINN)
    put(place, gone, copy())
    place.run("anna", "case", "merge", kept, gone)
    place.run("ben", "hold", EVA, "--preserve", "--case", kept, "--reason", "court")
    words = ("quarantine", "destroy", "--case", kept, "--reason", "over", "--yes")
    assert f"case {gone}: 1 of its objects" in place.ask("ben", *words).err
    assert opened(place).empty(NOW + 365 * DAY) == 0
