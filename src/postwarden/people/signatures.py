"""Personal keys and what they sign: OpenSSH keys on the command line, passkeys in the console."""

from postwarden.people import openssh, passkeys
from postwarden.people.openssh import NAMESPACE

__all__ = ["NAMESPACE", "check", "fingerprint", "is_passkey", "public_key"]


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
