"""Signatures by passkeys, made by an authenticator in software (W3C Web Authentication Level 2)."""

import hashlib
import json
import struct
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fido2 import cbor
from fido2.cose import ES256, EdDSA
from hypothesis import given
from hypothesis import strategies as st

from people.conftest import NOW, POSTMASTER
from postwarden.people.passkeys import Passkey, challenge, written
from postwarden.people.service import BadKey, add, check, enrol, fingerprint, member, public_key
from postwarden.people.service import challenge as words_to_sign

SITE = "desk.example"
MESSAGE = b"postwarden: approve plan 00 of 3 acts until 2026-11-22T12:00:00Z\n"
PRESENT, VERIFIED = 1, 4


def base64url(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    """Keeps a key and signs with it whatever a test wants signed."""

    def __init__(self, kind=ES256, site=SITE):
        if kind is ES256:
            self._key = ec.generate_private_key(ec.SECP256R1())
        else:
            self._key = ed25519.Ed25519PrivateKey.generate()
        self._kind = kind
        cose = cbor.encode(dict(kind.from_cryptography_key(self._key.public_key())))
        self.public = written(Passkey(site, b"credential", cose))

    def sign(self, message, *, flags=PRESENT | VERIFIED, site=SITE, **told):
        client = {
            "type": "webauthn.get",
            "challenge": challenge(message),
            "origin": f"https://{site}",
            "crossOrigin": False,
        }
        client = json.dumps(client | told).encode()
        data = hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, 7)
        covered = data + hashlib.sha256(client).digest()
        if self._kind is ES256:
            signature = self._key.sign(covered, ec.ECDSA(hashes.SHA256()))
        else:
            signature = self._key.sign(covered)
        parts = {"client": client, "authenticator": data, "signature": signature}
        return json.dumps({name: base64url(value) for name, value in parts.items()})


@pytest.fixture(scope="module")
def passkey():
    return Authenticator()


@pytest.mark.parametrize("kind", [ES256, EdDSA])
def test_what_a_passkey_signed_is_good(kind):
    mine = Authenticator(kind)
    check(MESSAGE, mine.sign(MESSAGE), mine.public)
    assert public_key(f" {mine.public}\n") == mine.public
    assert fingerprint(mine.public).startswith("SHA256:")
    assert fingerprint(mine.public) != fingerprint(Authenticator(kind).public)


@pytest.mark.parametrize(
    "told",
    [
        {"message": b"other words"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"flags": 0},
        {"site": "desk.example.evil.test"},
        {"site": "example"},
        {"origin": "https://evil.test"},
        {"origin": "https://notdesk.example"},
        {"origin": "http://desk.example"},
        {"origin": "https://desk.example@evil.test"},
        {"origin": "https://[desk.example"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"challenge": ""},
    ],
    ids=str,
)
def test_what_was_signed_for_something_else_is_refused(passkey, told):
    signature = passkey.sign(**({"message": MESSAGE} | told))
    with pytest.raises(BadKey):
        check(MESSAGE, signature, passkey.public)


def test_a_host_below_the_site_is_the_site_and_this_machine_needs_no_https(passkey):
    check(
        MESSAGE, passkey.sign(MESSAGE, origin="https://console.desk.example:8443"), passkey.public
    )
    here = Authenticator(site="localhost")
    check(
        MESSAGE, here.sign(MESSAGE, site="localhost", origin="http://localhost:8025"), here.public
    )


def test_another_passkey_is_another_key(passkey):
    with pytest.raises(BadKey):
        check(MESSAGE, Authenticator().sign(MESSAGE), passkey.public)


@pytest.fixture(scope="module")
def signature(passkey):
    return passkey.sign(MESSAGE)


@given(st.data())
def test_a_signature_with_any_byte_changed_is_refused(passkey, signature, data):
    told = json.loads(signature)
    part = data.draw(st.sampled_from(sorted(told)))
    place = data.draw(st.integers(0, len(told[part]) - 2))  # the last character has spare bits
    other = data.draw(st.sampled_from("ABCDEFGHabcdefgh01234567-_"))
    changed = told[part][:place] + other + told[part][place + 1 :]
    if changed != told[part]:
        with pytest.raises(BadKey):
            check(MESSAGE, json.dumps({**told, part: changed}), passkey.public)


@pytest.mark.parametrize(
    "signature",
    ["", "{}", "[]", "null", "x" * 20_000, '{"client": 1, "authenticator": 2, "signature": 3}',
     '{"client": "", "authenticator": "", "signature": ""}',
     '{"client": "bnVsbA", "authenticator": "AA", "signature": "é"}', "[" * 9_000],
    ids=range(9),
)  # fmt: skip
def test_rubbish_is_refused(passkey, signature):
    with pytest.raises(BadKey):
        check(MESSAGE, signature, passkey.public)


@pytest.mark.parametrize(
    "text", ["passkey", "passkey desk.example AA", "passkey desk.example AA AA", "passkey a b c d",
             "passkey desk.example AA oQMB", "passkey desk.example AA é"],
)  # fmt: skip
def test_what_is_no_passkey_is_not_taken(text):
    with pytest.raises(BadKey):
        public_key(text)


def test_a_passkey_is_enrolled_as_other_keys_are(state, records, passkey):
    add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)
    signature = passkey.sign(words_to_sign("anna", passkey.public))
    enrol("anna", passkey.public, signature, "anna", records, NOW)
    assert [key.public for key in member("anna").keys] == [passkey.public]
    with pytest.raises(BadKey):
        enrol("anna", passkey.public, signature, "anna", records, NOW)


KEY = {1: 1, 3: -8, -1: 6, -2: b"1" * 32}
COSE = (
    b"\x81" * 2500,
    b"",
    *map(cbor.encode, ({1: 2, 3: -7}, {1: 3, 3: -257}, {1: 1, 3: -8, -1: 6})),
)
CLIENTS = (b"[" * 7000, b'{"type":"x","challenge":"\\ud800","origin":"x"}', b"1" * 5000)


def coded(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


def given_to(site, client, data):
    told = {"client": coded(client), "authenticator": coded(data), "signature": coded(b"x")}
    return json.dumps(told), f"passkey {site} AA {coded(cbor.encode(KEY))}"


@pytest.mark.parametrize("cose", COSE)
def test_a_hostile_key_is_a_bad_key(cose):
    client = {"type": "webauthn.get", "challenge": challenge(b"m"), "origin": "https://localhost"}
    data = hashlib.sha256(b"localhost").digest() + b"\x05" + b"\0" * 4
    told, _ = given_to("localhost", json.dumps(client).encode(), data)
    with pytest.raises(BadKey):
        check(b"m", told, f"passkey localhost AA {coded(cose)}")


@pytest.mark.parametrize("client", CLIENTS)
def test_hostile_words_of_a_browser_are_a_bad_key(client):
    with pytest.raises(BadKey):
        check(b"m", *given_to("localhost", client, b"x"))


@pytest.mark.parametrize("tail", [b"", b"x", b"\0" * 18 + b"\xff", b"\x81" * 3000])
def test_hostile_words_of_an_authenticator_are_a_bad_key(tail):
    client = {"type": "webauthn.get", "challenge": challenge(b"m"), "origin": "https://localhost"}
    for flags in (0x45, 0x85, 0xC5):
        data = hashlib.sha256(b"localhost").digest() + bytes([flags]) + b"\0" * 4 + tail
        with pytest.raises(BadKey):
            check(b"m", *given_to("localhost", json.dumps(client).encode(), data))
