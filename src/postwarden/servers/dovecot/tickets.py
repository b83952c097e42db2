"""What a ticket keeps of a staged parcel (pure), and what is to be thought of one that is not found."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from postwarden.relocation.service import Where


class Place(NamedTuple):
    """`Ticket.place`.

    Attributes:
        stage: GUID of the staging folder.
        uid: in the staging folder.
        size: in the canonical form.
        date: INTERNALDATE in seconds.
        content_hash: of the message.
        validity: UIDVALIDITY of the folder in which it is to arrive.
        uidnext: of that folder, before it was published.
        dovecot: the generation of Dovecot at that time.
    """

    stage: str
    uid: int
    size: int
    date: int
    content_hash: str
    validity: int
    uidnext: int
    dovecot: int

    @classmethod
    def of(cls, place: Mapping[str, str | int]) -> Self:
        """Read `Ticket.place`; raise `ValueError` where it is none of this route."""
        text, whole = ("stage", "content_hash"), set(cls._fields)
        if set(place) != whole or not all(
            isinstance(place[name], str if name in text else int) for name in whole
        ):
            raise ValueError("not a place of the Dovecot route")
        return cls(**place)  # type: ignore[arg-type]  # looked at above


class Since(NamedTuple):
    """What became of a folder since a parcel was staged for it.

    Attributes:
        validity: its UIDVALIDITY is the same.
        gone: how many messages came and are gone.
        missing: how many of the parcels for it are neither staged nor found.
    """

    validity: bool
    gone: int
    missing: int


def where(since: Since, *, staged: bool) -> Where:
    """Say where a parcel is that is nowhere in its account."""
    if not since.validity:
        return Where.UNCLEAR
    if not since.gone:
        return Where.STAGED if staged else Where.LOST
    if not staged and since.gone >= since.missing:
        return Where.TAKEN
    return Where.UNCLEAR
