"""Signatures as real ssh-keygen writes them, and all that is none."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.conftest import KeyFile, run
from postwarden.people.service import BadKey, check, fingerprint, public_key

MESSAGE = b"plan 3f1b: 40 holds, until 2026-11-22T10:00:00Z\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return KeyFile(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def signature(key):
    return key.sign(MESSAGE)


def test_a_signature_of_the_key_is_taken(key, signature):
    check(MESSAGE, signature, public_key(key.public))


def test_a_fingerprint_is_the_one_ssh_prints(key):
    printed = run("ssh-keygen", "-l", "-f", key.path).split()[1]
    assert fingerprint(public_key(key.public)) == printed


def test_other_words_are_not_covered(key, signature):
    with pytest.raises(BadKey, match="is wrong"):
        check(MESSAGE + b"x", signature, public_key(key.public))


def test_another_key_signed_nothing(key, signature, make_key):
    with pytest.raises(BadKey, match="of another key"):
        check(MESSAGE, signature, public_key(make_key().public))


def test_a_signature_for_another_purpose_is_refused(key):
    with pytest.raises(BadKey, match="for another purpose; sign with -n postwarden"):
        check(MESSAGE, key.sign(MESSAGE, "file"), public_key(key.public))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_keys_are_refused_with_the_remedy(make_key, kind):
    with pytest.raises(BadKey, match="ssh-keygen -t ed25519"):
        public_key(make_key(kind).public)


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-ed25519 AAAA"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(BadKey):
        public_key(text)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_changed_signature_passes(key, signature, data):
    place = data.draw(st.integers(0, len(signature) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = signature[:place] + other + signature[place + 1 :]
    if "".join(changed.split()) == "".join(signature.split()):
        return
    with pytest.raises(BadKey):
        check(MESSAGE, changed, public_key(key.public))


@given(st.one_of(st.text(max_size=300), st.binary(max_size=200).map(str)))
def test_other_text_is_refused(text):
    with pytest.raises(BadKey):
        check(MESSAGE, text, "ssh-ed25519 AAAA")
