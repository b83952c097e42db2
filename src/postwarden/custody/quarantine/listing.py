"""What is in quarantine, as far as anybody can tell without a private key."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.quarantine.values import Stored
from postwarden.vocabulary import Moment

_AT_ONCE = 500  # named in one statement


class Held(NamedTuple):
    """An object.

    Attributes:
        case: reference it was put under.
        name: hex.
        sha256: of the encrypted file, hex.
        size: of the encrypted file, bytes.
        stored: when it was put.
        until: when its retention ends.
        gone: when it was removed; None while it is there.
        how: why it was removed, or is about to be; `How.PRESERVED`: it stays longer; "" else.
    """

    case: str
    name: str
    sha256: str
    size: int
    stored: Moment
    until: Moment
    gone: Moment | None
    how: str


class CaseKey(NamedTuple):
    """The key of a case.

    Attributes:
        case: reference.
        public: age recipient.
        recipients: of the installation, any of whose private halves opens it.
        made: when.
        destroyed: when; None while it is there.
    """

    case: str
    public: str
    recipients: tuple[str, ...]
    made: Moment
    destroyed: Moment | None


def kept_for(references: Collection[str]) -> Iterator[Held]:
    """Give the objects of cases, in the order they were put, those that are gone too."""
    rows = ObjectRow.objects.filter(key__in=references, stored__isnull=False)
    for row in rows.order_by("stored", "name").iterator():
        stored = row.stored or 0
        yield Held(row.key_id, row.name, row.sha256, row.size, stored, row.until, row.gone, row.how)


def stored_among(names: Collection[str]) -> dict[str, Stored]:
    """Give those of these objects that are there, as they were stored, by name."""
    ordered, found = list(names), dict[str, Stored]()
    for start in range(0, len(ordered), _AT_ONCE):
        some = ObjectRow.objects.filter(pk__in=ordered[start : start + _AT_ONCE])
        for row in some.filter(gone=None, stored__isnull=False):
            found[row.name] = Stored(row.name, row.sha256, row.size)
    return found


def known_among(names: Collection[str]) -> set[str]:
    """Give those of these objects that there is a row of, those that are gone on record too."""
    ordered, found = list(names), set[str]()
    for start in range(0, len(ordered), _AT_ONCE):
        some = ObjectRow.objects.filter(pk__in=ordered[start : start + _AT_ONCE])
        found.update(some.values_list("name", flat=True))
    return found


def keys_of(references: Collection[str]) -> list[CaseKey]:
    """Give the keys of cases."""
    rows = CaseKeyRow.objects.filter(case__in=references).order_by("case")
    return [
        CaseKey(row.case, row.public, tuple(row.recipients.split()), row.made, row.destroyed)
        for row in rows
    ]
