"""The forms in which Postfix looks an address up, and what it makes of a result.

mail_addr_find(3): user+ext@domain, user@domain, then for own domains user+ext and user, then
@domain; each form goes through all tables before the next. mail_addr_map(3): an extension that was
cut off to find an entry is put back on each result, and "@other" takes the local part asked for.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from postwarden.sources.directory.values import is_command, is_plain, normal_key
from postwarden.vocabulary import VocabularyError, split_extension
from postwarden.vocabulary.addresses import Address


class Form(NamedTuple):
    """One key to look up.

    Attributes:
        key: as `EntryRecord.key`.
        extension: what was cut off to get it.
        kind: "full" (expressions are asked too), "bare-address", "name" or "catch-all".
    """

    key: str
    extension: str
    kind: str


@lru_cache(maxsize=1 << 16)
def address_forms(address: str, delimiters: str, *, own: bool) -> tuple[Form, ...]:
    """Give the keys of a normal address, or of "@domain", in order."""
    parts = parsed(address)
    if parts is None:
        return (Form(address, "", "catch-all"),)
    user, extension = split_extension(parts.local, delimiters)
    forms = [Form(address, "", "full")]
    if extension:
        forms.append(Form(str(Address(user, parts.domain)), extension, "bare-address"))
    if own:
        forms.append(Form(parts.local, "", "name"))
        if extension:
            forms.append(Form(user, extension, "name"))
    forms.append(Form(f"@{parts.domain}", "", "catch-all"))
    return tuple(forms)


def parsed(address: str) -> Address | None:
    """Take an address apart; None for "@domain" and bare names."""
    if is_plain(address):
        return Address(*address.split("@"))
    try:
        return Address.parse(address)
    except VocabularyError:
        return None


def domain_of(address: str) -> str:
    """Give the domain of an address or of "@domain"."""
    return address.rpartition("@")[2]


def moved(address: str, domain: str) -> str:
    """Give the address of the same local part in another domain."""
    parts = parsed(address)
    return f"@{domain}" if parts is None else str(Address(parts.local, domain))


def results(values: Iterable[str], asked: str, extension: str, home_domain: str) -> list[str]:
    """Turn the values of an entry into addresses.

    Args:
        values: right-hand side, in normal form.
        asked: the address that was looked up.
        extension: to put back on each result; "" for none.
        home_domain: qualifies bare names.
    """
    return [_result(value, asked, extension, home_domain) for value in values]


def _result(value: str, asked: str, extension: str, home_domain: str) -> str:
    if is_command(value):
        return value
    if value.startswith("@"):
        return moved(asked, value[1:])
    target = parsed(value) or Address(value, home_domain)
    return str(Address(target.local + extension, target.domain))


def srs_inside(address: str) -> str | None:
    """Give the address that an SRS0 or SRS1 recipient carries (the SRS draft by M. Mengel, 2004).

    SRS0=HASH=TIME=domain=local@forwarder, SRS1=HASH=host==HASH=TIME=domain=local@forwarder; the
    character after SRS0 may be "=", "+" or "-".
    """
    parts = parsed(address)
    if (
        parts is None
        or parts.local[:4] not in {"srs0", "srs1"}
        or parts.local[4:5] not in set("=+-")
    ):
        return None
    fields = parts.local[5:]
    if parts.local.startswith("srs1"):
        _, _, opaque = fields.partition("=")
        _, separator, fields = opaque.partition("=")
        if not separator or fields[:1] not in set("=+-"):
            return None
        fields = fields[1:]
    pieces = fields.split("=", 3)
    if len(pieces) < 4 or not all(pieces):
        return None
    return normal_key(f"{pieces[3]}@{pieces[2]}")
