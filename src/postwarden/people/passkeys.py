"""Signatures by passkeys: assertions of W3C Web Authentication Level 2, checked as its section 7.2 says."""

import binascii
import hashlib
import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.webauthn import AuthenticatorData

from postwarden.people.errors import BadKey
from postwarden.vocabulary import said

KIND = "passkey"
_MOST = 10_000
_WRONG = said("the signature is wrong: it is of other words, or was changed")
_DAMAGED = said("the passkey or its signature is damaged")
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    struct.error,
)
"""What parsers raise at what somebody else wrote."""


class Passkey(NamedTuple):
    """A passkey's public half.

    Attributes:
        site: the console's host name, for which alone it signs (the relying party's id).
        credential: what the authenticator calls it.
        cose: the key (RFC 9052), as CBOR.
    """

    site: str
    credential: bytes
    cose: bytes


def written(key: Passkey) -> str:
    """Write a passkey's public half as `passkey SITE CREDENTIAL COSE`."""
    return f"{KIND} {key.site} {encoded(key.credential)} {encoded(key.cose)}"


def passkey(text: str) -> Passkey:
    """Read what `written` wrote.

    Raises:
        BadKey: it is none, or of an algorithm that is not known.
    """
    words = text.split()
    if len(words) != 4 or words[0] != KIND:
        raise BadKey(_DAMAGED)
    key = Passkey(words[1], _decoded(words[2]), _decoded(words[3]))
    _cose(key)
    return key


def fingerprint(text: str) -> str:
    """Give a passkey's fingerprint, in the form that `ssh-keygen -l` gives those of other keys."""
    digest = hashlib.sha256(passkey(text).cose).digest()
    return f"SHA256:{urlsafe_b64encode(digest).decode().rstrip('=')}"


def challenge(message: bytes) -> str:
    """Give what an authenticator is asked to sign for a message: its SHA-256, base64url."""
    return encoded(hashlib.sha256(message).digest())


def check(message: bytes, signature: str, public: str) -> None:
    """Check an assertion over `challenge(message)`: of this passkey, for its site, by a verified user.

    Args:
        message: what was to be signed.
        signature: JSON with `client`, `authenticator` and `signature`, each base64url: the assertion's
            clientDataJSON, authenticatorData and signature.
        public: as `written` has it.

    Raises:
        BadKey: it is none, of another key, site or message, or nobody was verified.
    """
    key, told = passkey(public), _read(signature)
    client = told["client"]
    _check_client(client, message, key.site)
    _check_authenticator(told["authenticator"], key.site)
    try:
        _cose(key).verify(
            told["authenticator"] + hashlib.sha256(client).digest(), told["signature"]
        )
    except (InvalidSignature, *_UNREADABLE):
        raise BadKey(_WRONG) from None


def encoded(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515 appendix C)."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def _check_client(client: bytes, message: bytes, site: str) -> None:
    try:
        told = json.loads(client)
        kind, asked, origin = (str(told[name]) for name in ("type", "challenge", "origin"))
        crossed = bool(told.get("crossOrigin", False))
        place = urlsplit(origin)
        given = asked.encode()
    except _UNREADABLE:
        raise BadKey(_DAMAGED) from None
    if not hmac.compare_digest(given, challenge(message).encode()):
        raise BadKey(_WRONG)
    host = place.hostname or ""
    ours = host == site or host.endswith(f".{site}")
    if (
        kind != "webauthn.get"
        or crossed
        or not ours
        or not (place.scheme == "https" or _is_here(host))
    ):
        raise BadKey(said("the signature was given to another site, or for another purpose"))


def _check_authenticator(data: bytes, site: str) -> None:
    try:
        told = AuthenticatorData(data)
    except _UNREADABLE:
        raise BadKey(_DAMAGED) from None
    if not hmac.compare_digest(told.rp_id_hash, hashlib.sha256(site.encode()).digest()):
        raise BadKey(said("the signature was given to another site, or for another purpose"))
    if not told.is_user_present() or not told.is_user_verified():
        raise BadKey(
            said("the authenticator did not verify who signed; set its PIN, or use another one")
        )


def _is_here(host: str) -> bool:
    """Tell whether browsers take a host for this machine itself, also without HTTPS."""
    return host == "localhost" or host.endswith(".localhost")


def _cose(key: Passkey) -> CoseKey:
    try:
        told = cbor.decode(key.cose)
        if not isinstance(told, Mapping):
            raise BadKey(_DAMAGED)
        found = CoseKey.parse(told)
    except _UNREADABLE:
        raise BadKey(_DAMAGED) from None
    if type(found).ALGORITHM is None:
        raise BadKey(said("the passkey is of an algorithm that is not known here"))
    return found


def _read(signature: str) -> Mapping[str, bytes]:
    if len(signature) > _MOST:
        raise BadKey(_DAMAGED)
    try:
        told = json.loads(signature)
        return {name: _decoded(told[name]) for name in ("client", "authenticator", "signature")}
    except _UNREADABLE:
        raise BadKey(_DAMAGED) from None


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError, AttributeError):
        raise BadKey(_DAMAGED) from None


def serves(site: str, host: str) -> bool:
    """Tell whether a passkey of a site signs on a host."""
    return host == site or host.endswith(f".{site}")
