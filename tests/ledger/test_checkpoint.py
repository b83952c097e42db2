"""Signed notes: read back, and refused when anything in them was changed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from postwarden.ledger.anchors import notes_in
from postwarden.ledger.checkpoint import Checkpoint, NotACheckpoint, read, sign

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
HEAD = Checkpoint("example.net/postwarden", 1432, b"r" * 32, 1_795_000_000_000_000)
NOTE = sign(HEAD, KEY)


def test_a_note_is_read_back():
    assert read(NOTE, KEY.public_key()) == HEAD
    assert NOTE.splitlines()[:3] == [
        "example.net/postwarden",
        "1432",
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
    ]


def test_another_key_signed_nothing():
    with pytest.raises(NotACheckpoint):
        read(NOTE, Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key())


@given(st.integers(0, len(NOTE) - 1), st.characters(max_codepoint=0x2100))
def test_any_changed_character_is_refused(place, character):
    changed = NOTE[:place] + character + NOTE[place + 1 :]
    if changed == NOTE:
        assert read(changed, KEY.public_key()) == HEAD
        return
    with pytest.raises(NotACheckpoint):
        read(changed, KEY.public_key())


@given(st.text(max_size=200))
def test_other_text_is_no_note(text):
    with pytest.raises(NotACheckpoint):
        read(text, KEY.public_key())


@given(st.lists(st.integers(1, 10**9), max_size=5), st.integers(0, 300))
def test_notes_are_found_in_a_file_also_after_one_cut_short(sizes, cut):
    notes = [sign(Checkpoint(HEAD.origin, size, HEAD.root, HEAD.at), KEY) for size in sizes]
    whole = "".join(f"\n\n{note}" for note in notes)
    assert notes_in(whole) == notes
    torn = NOTE[: min(cut, len(NOTE) - 2)]
    found = notes_in(f"\n\n{torn}{whole}")
    assert [note for note in found if note in notes] == notes
