"""What is put into quarantine is there, whole, and tells nobody anything."""

import json
import threading
from dataclasses import replace

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrage import decrypt, encrypt, x25519

from custody.quarantined import CANARY, CASE, DAY, NOW, copy
from postwarden.custody.models import CaseKeyRow
from postwarden.custody.quarantine.values import name_of, packed, unpacked
from postwarden.custody.service import (
    BadRecipient,
    Kept,
    ObjectChanged,
    ObjectMissing,
    Quarantine,
    Sealer,
    WrongIdentity,
)


def one_way(text):
    """Tell whether no surrogates stand beside each other as what they are only half of: no reader gives that."""
    return text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


TEXT = st.text(st.characters(codec=None), max_size=20).filter(one_way)
COPIES = st.builds(
    Kept,
    content=st.binary(max_size=300),
    internal_date=st.integers(-(2**53), 2**53),
    flags=st.lists(TEXT, max_size=3).map(tuple),
    keywords=st.lists(TEXT, max_size=3).map(tuple),
    account=TEXT,
    folder=TEXT,
)


def test_copies_come_back_as_they_were(place):
    copies = [copy(number) for number in range(20)]
    stored = place.put(*copies)
    assert place.whole(stored) == [True] * 20
    assert place.read(stored) == copies
    for identity in place.identities:
        opened = place.quarantine.open(CASE, stored[3].name, [str(identity)])
        assert opened == copies[3]
    assert place.entries() == ["quarantine.key-made"]
    assert place.quarantine.verify() == (20, [])


def test_nobody_else_of_the_host_may_read_the_files(small):
    stored = small.put(copy(), copy(1))
    assert small.files() == sorted(map(small.file, stored))
    for one in small.folder.rglob("*"):
        assert one.stat().st_mode & 0o777 == (0o700 if one.is_dir() else 0o600)
    assert small.folder.stat().st_mode & 0o777 == 0o700


def test_files_and_state_tell_nothing_of_what_was_put(small, tmp_path):
    """Neither contents nor whose they are; nor which case has the same message."""
    first = small.put(copy())
    second = small.put(copy(), case="2026-0002")
    assert first[0].name != second[0].name
    connections.close_all()
    for one in tmp_path.rglob("*"):
        if one.is_file():
            data = one.read_bytes()
            assert CANARY not in data
            assert b"eva.canary" not in data
            assert b"Rechnungen" not in data


@given(kept=COPIES)
def test_what_is_packed_is_unpacked(kept):
    plain = packed(kept)
    assert unpacked(plain) == kept
    told = json.loads(plain.partition(b"\n")[0])
    assert told.keys() == {"account", "date", "flags", "folder", "keywords", "version"}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=st.lists(COPIES, max_size=8))
def test_any_copies_come_back(small, copies):
    stored = small.put(*copies)
    assert all(small.whole(stored))
    if copies:
        assert small.read(stored) == copies
    assert len({one.name for one in stored}) == len(set(copies))


def test_an_object_is_readable_by_age_and_a_key_file_alone(small):
    """By hand, where Postwarden is gone: the wrapped key of the state, then the file."""
    (stored,) = small.put(copy())
    wrapped = bytes(CaseKeyRow.objects.get().wrapped)
    key = x25519.Identity.from_str(decrypt(wrapped, [small.identities[0]]).decode())
    plain = decrypt(small.file(stored).read_bytes(), [key])
    assert plain.partition(b"\n")[2] == copy().content


def test_the_same_message_is_an_object_for_each_place_it_lay_in(small):
    copies = [copy(), copy(account="finn@example.net"), copy(flags=()), copy()]
    stored = small.put(*copies)
    assert stored[0] == stored[3]
    assert len(small.files()) == 3
    assert small.read(stored) == copies


def test_what_is_put_again_stays_one_object_as_it_was_first_encrypted(place):
    first = place.put(copy(), copy(1))
    before = [one.read_bytes() for one in place.files()]
    again = place.put(copy(1), copy(), copy(2), now=NOW + DAY)
    assert again[:2] == first[::-1]
    assert len(place.files()) == 3
    assert [place.file(one).read_bytes() for one in sorted(first)] == before
    assert place.whole(again) == [True] * 3


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def turn_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [cut, turn_a_bit, lambda path: path.unlink()])
def test_a_file_that_is_not_whole_is_seen_and_put_anew(small, spoil):
    stored = small.put(copy(), copy(1))
    spoil(small.file(stored[1]))
    assert small.whole(stored) == [True, False]
    with pytest.raises((ObjectChanged, ObjectMissing)):
        small.read(stored)
    again = small.put(copy(), copy(1))
    assert small.whole(again) == [True, True]
    assert again[0] == stored[0]
    assert small.read(again) == [copy(), copy(1)]


def test_two_that_put_the_same_at_once_are_told_the_same(place, monkeypatch):
    copies = [copy(number) for number in range(30)]
    together_now, told = threading.Barrier(2), []
    real = Sealer.seal

    def seal(*asked):
        sealed = real(*asked)
        together_now.wait(20)
        return sealed

    place.put()  # the key is made: both encrypt before either publishes
    monkeypatch.setattr(Sealer, "seal", seal)

    def putting():
        try:
            told.append(place.put(*copies))
        finally:
            connection.close()

    threads = [threading.Thread(target=putting, name=f"putting{n}") for n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert told[0] == told[1]
    assert place.whole(told[0]) == [True] * 30
    assert place.read(told[0]) == copies
    assert len(place.files()) == 30
    assert place.quarantine.verify() == (30, [])


def test_without_recipients_nothing_is_kept(small):
    nobody = Quarantine(small.ledger, replace(small.settings, recipients=()))
    with pytest.raises(BadRecipient, match="quarantine key FILE"):
        nobody.put(CASE, [copy()], NOW)
    assert not small.folder.exists()
    small.put(copy())
    nobody.put(CASE, [copy(1)], NOW)  # the case goes on with the key that it has
    assert small.quarantine.keys([CASE])[0].recipients == small.settings.recipients


def test_a_strange_identity_opens_nothing(small):
    small.put(copy())
    for strange in ([str(x25519.Identity.generate())], ["AGE-SECRET-KEY-1NONSENSE"], []):
        with pytest.raises(WrongIdentity, match="quarantine list"):
            small.quarantine.unlock(CASE, strange)


def test_what_others_encrypt_to_the_case_is_none_of_its_objects(small):
    """The public key is no secret: the name proves who kept it."""
    first, second = small.put(copy(), copy(1))
    public = x25519.Recipient.from_str(CaseKeyRow.objects.get().public)
    small.file(first).write_bytes(encrypt(packed(copy(9)), [public]))
    with pytest.raises(ObjectChanged, match="holds something else"):
        small.read([first])
    small.file(first).write_bytes(small.file(second).read_bytes())
    with pytest.raises(ObjectChanged, match="holds something else"):
        small.read([first])


def test_what_is_not_there_is_said_to_be_so(small):
    with pytest.raises(ObjectMissing, match="has nothing in quarantine"):
        small.quarantine.unlock(CASE, [])
    (stored,) = small.put(copy())
    unknown = stored._replace(name=name_of(b"", b""))
    with pytest.raises(ObjectMissing, match="nothing of that name"):
        small.read([unknown])
    small.file(stored).unlink()
    with pytest.raises(ObjectMissing, match="is lost"):
        small.read([stored])
    assert small.whole([stored, unknown]) == [False, False]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "x\x00"])
def test_a_case_that_is_no_name_of_a_folder_is_refused(small, name):
    with pytest.raises(ValueError, match="names no case"):
        small.put(copy(), case=name)
    assert not small.folder.exists()
