"""The signed tree heads, as they are shown."""

from typing import NamedTuple

from postwarden.ledger.models import HeadRow
from postwarden.vocabulary import Moment, from_rfc3339


class Head(NamedTuple):
    """A signed tree head.

    Attributes:
        size: entries that it covers.
        root: of the tree over them, base64.
        at: when it was signed.
        note: the signed text, as anchors hold it.
    """

    size: int
    root: str
    at: Moment
    note: str


def heads(most: int) -> list[Head]:
    """Give the last heads, newest first; whether their signatures are right is not looked at."""
    notes = HeadRow.objects.order_by("-size").values_list("note", flat=True)[:most]
    return [_head(note) for note in notes]


def _head(note: str) -> Head:
    _, size, root, time = note.split("\n", 4)[:4]
    return Head(int(size), root, from_rfc3339(time.removeprefix("time ")), note)
