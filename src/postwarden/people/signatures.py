"""Personal keys and what they sign: OpenSSH keys on the command line, passkeys in the console."""

from collections.abc import Iterable

from postwarden.people import openssh, passkeys
from postwarden.people.openssh import NAMESPACE

__all__ = [
    "NAMESPACE",
    "challenge_of",
    "check",
    "fingerprint",
    "is_passkey",
    "passkeys_of",
    "public_key",
    "written_passkey",
]


def is_passkey(public: str) -> bool:
    """Tell whether a public key is a passkey's."""
    return public.split(maxsplit=1)[:1] == [passkeys.KIND]


def public_key(text: str) -> str:
    """Give a public key in its one form, without comment.

    Raises:
        BadKey: it is none, or of another kind than ssh-ed25519 or passkey.
    """
    if is_passkey(text):
        return passkeys.written(passkeys.passkey(text))
    return openssh.public_key(text)


def fingerprint(public: str) -> str:
    """Give a public key's fingerprint as `ssh-keygen -l` prints it."""
    return passkeys.fingerprint(public) if is_passkey(public) else openssh.fingerprint(public)


def check(message: bytes, signature: str, public: str) -> None:
    """Check a signature over a message: armoured (PROTOCOL.sshsig), or an assertion as JSON.

    Raises:
        BadKey: it is none, of another key or purpose, or wrong.
    """
    if is_passkey(public):
        passkeys.check(message, signature, public)
    else:
        openssh.check(message, signature, public)


def passkeys_of(keys: Iterable[str], host: str) -> list[str]:
    """Give those of some public keys that sign on a host, as their authenticators call them (base64url)."""
    found = (passkeys.passkey(one) for one in keys if is_passkey(one))
    return [passkeys.encoded(one.credential) for one in found if passkeys.serves(one.site, host)]


def challenge_of(message: bytes) -> str:
    """Give what a passkey is asked to sign for a message: its SHA-256, base64url."""
    return passkeys.challenge(message)


def written_passkey(site: str, credential: bytes, cose: bytes) -> str:
    """Write a passkey's public half.

    Args:
        site: the host name that it signs for.
        credential: what its authenticator calls it.
        cose: the key (RFC 9052), as CBOR.
    """
    return public_key(passkeys.written(passkeys.Passkey(site, credential, cose)))
