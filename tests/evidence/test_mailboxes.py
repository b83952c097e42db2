"""The accounts of a snapshot: the same answers from memory and from the engine."""

import pytest

from postwarden.evidence import mailboxes
from postwarden.evidence.engine import Engine
from postwarden.evidence.mailboxes import Mailboxes, read_mailboxes, write_mailboxes

HELD = ("ann@example.net", "ben@example.net")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mailboxes").mkdir()
    write_mailboxes(str(tmp_path), ["gone@example.net"])
    write_mailboxes(str(tmp_path), [HELD[1], *HELD])
    return str(tmp_path)


def test_accounts_are_written_once_each_in_place_of_earlier_ones(folder):
    assert read_mailboxes(folder) == set(HELD)
    with Engine(folder, memory="100MB", threads=1) as engine:
        assert engine.count(engine.tables["mailboxes"]) == len(HELD)


@pytest.mark.parametrize("most", [0, 10])
def test_only_accounts_with_a_mailbox_are_given(folder, most, monkeypatch):
    monkeypatch.setattr(mailboxes, "IN_MEMORY", most)
    with Engine(folder, memory="100MB", threads=1) as engine:
        boxes = Mailboxes(engine)
        assert boxes.among({HELD[0], "eve@example.net"}) == {HELD[0]}
        assert boxes.among([]) == set()


def test_a_snapshot_without_stores_has_no_accounts(tmp_path):
    assert read_mailboxes(str(tmp_path)) == set()
    with Engine(str(tmp_path), memory="100MB", threads=1) as engine:
        assert Mailboxes(engine).among(HELD) == set()
