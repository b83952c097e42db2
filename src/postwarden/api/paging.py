"""Lists a page at a time: stable, whatever is added meanwhile, for the next page begins after a key."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from postwarden.api.problems import BadRequest
from postwarden.api.shapes import Line
from postwarden.cases.service import MOST
from postwarden.people.service import Member
from postwarden.veiled import Use, unveil_for, veil_for

_T = TypeVar("_T")
_DIGITS = 19
"""Of a number beyond what databases take."""


class Paged(BaseModel):
    """Which page of a list is wanted."""

    cursor: str = Field(
        "", max_length=1_000, description="`next` of the page before; without it, the first page."
    )
    limit: int = Field(50, ge=1, le=MOST, description="Rows of the page, at most.")

    def after(self, who: Member) -> str:
        """Give the key that somebody's page comes after; "" for the first one; raise `BadRequest`."""
        return key_of(self.cursor, who)


class Searched(Paged):
    """Which page of a list that can be searched is wanted."""

    search: Line = Field("", description="Only where this stands in the name.")


class Listing(BaseModel, Generic[_T]):
    """A page of a list; `next` is the cursor of the page after it, null where this is the last one."""

    items: list[_T]
    next: str | None


def cursor_of(key: str, who: Member) -> str | None:
    """Write the key that somebody's next page comes after, naming nobody; None where there is none."""
    return veil_for(who.name, Use.CURSOR, key) if key else None


def key_of(cursor: str, who: Member) -> str:
    """Give the key that a page comes after; "" for the first one; raise `BadRequest`: it is not theirs."""
    key = unveil_for(who.name, Use.CURSOR, cursor) if cursor else ""
    if key is None or "\0" in key:
        raise BadRequest("cursor: is not one that `next` of a page gave")
    return key


def number_of(key: str) -> int | None:
    """Give the number that a page comes after; None for the first one; raise `BadRequest`."""
    if not key:
        return None
    if not (key.isdecimal() and key.isascii() and len(key) < _DIGITS):
        raise BadRequest("cursor: is not one that `next` of a page gave")
    return int(key)
