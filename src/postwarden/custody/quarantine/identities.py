"""age keys (age-encryption.org/v1, X25519): those of the installation, and those of cases under them."""

import re
from collections.abc import Sequence

from pyrage import DecryptError, IdentityError, RecipientError, decrypt, encrypt, x25519

from postwarden.custody.errors import BadRecipient, WrongIdentity
from postwarden.durable.service import create_text

_SECRET = re.compile(r"^AGE-SECRET-KEY-1[A-Z0-9]+$", re.MULTILINE)


def make_key_file(path: str) -> str:
    """Make a file with a new identity, as age-keygen writes it, mode 0600; give its recipient.

    Crash promise: as `durable.create_text`.

    Raises:
        FileExistsError: the file exists; it was not touched.
        OSError: nothing was made.
    """
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    create_text(path, f"# public key: {recipient}\n{identity}\n")
    return recipient


def identities_in(path: str) -> list[str]:
    """Read the identities of a file as age-keygen and `make_key_file` write it.

    Raises:
        WrongIdentity: it has none.
        OSError: it cannot be read.
    """
    with open(path, encoding="utf-8", errors="replace") as stream:
        found = _SECRET.findall(stream.read())
    if not found:
        raise WrongIdentity(f"{path}: has no age identity; it begins with AGE-SECRET-KEY-1")
    return found


def recipient_of(path: str) -> str:
    """Give the recipient of the first identity of a file; raises as `identities_in`."""
    try:
        return str(x25519.Identity.from_str(identities_in(path)[0]).to_public())
    except IdentityError as error:
        raise WrongIdentity(f"{path}: its age identity is none: {error}") from None


def recipient(text: str) -> x25519.Recipient:
    """Read a recipient.

    Raises:
        BadRecipient: it is none.
    """
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError as error:
        raise BadRecipient(f"{text}: is no age recipient (age1…): {error}") from None


def new_case_key(recipients: Sequence[str]) -> tuple[str, bytes]:
    """Make the key of a case; give its public half, and the private one encrypted to recipients."""
    identity = x25519.Identity.generate()
    wrapped = encrypt(str(identity).encode(), [recipient(one) for one in recipients])
    return str(identity.to_public()), wrapped


def opened_case_key(wrapped: bytes, identities: Sequence[str]) -> x25519.Identity:
    """Give the private half of a case's key.

    Raises:
        WrongIdentity: it was encrypted to none of these, or was changed since.
    """
    try:
        plain = decrypt(wrapped, [x25519.Identity.from_str(one) for one in identities])
        return x25519.Identity.from_str(plain.decode())
    except (DecryptError, IdentityError, UnicodeDecodeError) as error:
        raise WrongIdentity(
            f"none of these identities opens the key of the case ({error}); `postwarden quarantine"
            " list` says which recipients it was encrypted to"
        ) from None
