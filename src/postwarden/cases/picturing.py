"""What a case's findings come to, counted by the database: whose mail lies with whom, and when it came there."""

from typing import NamedTuple

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Substr

from postwarden.cases.desk import Actor, Desk
from postwarden.cases.listing import findings_seen
from postwarden.cases.models import FindingRow
from postwarden.cases.withheld import address_for
from postwarden.vocabulary import Moment, from_rfc3339

_WRONG = ("misdelivered", "crossed")
_MINUTE = 16
"""Characters of an RFC 3339 time up to its minute."""


class Flow(NamedTuple):
    """Copies addressed to one, and stored with another; `opened` of them were opened there."""

    addressed: str
    stored: str
    copies: int
    opened: int


class Flows(NamedTuple):
    """The largest flows, and how many copies others carry."""

    rows: tuple[Flow, ...]
    others: int


def flows(desk: Desk, actor: Actor, name: str, most: int) -> Flows:
    """Give whose mail lies with whom, by how much; others' addressees are one. Raises as `head`."""
    rows = _wrong(actor, name).annotate(named=KT("facts__original_recipients__0"))
    rows = rows.annotate(addressed=address_for(desk, actor, "named"))
    counted = rows.values_list("addressed", "account").annotate(
        copies=Count("pk"), opened=Count("pk", filter=Q(facts__exposure__opened=True))
    )
    every = counted.order_by("-copies", "addressed", "account")
    some = tuple(Flow(*one) for one in every[:most])
    whole = rows.count() if len(some) == most else sum(one.copies for one in some)
    return Flows(some, whole - sum(one.copies for one in some))


def arrivals(actor: Actor, name: str) -> dict[Moment | None, int]:
    """Give how many wrong copies came in which minute; None: when is not known. Raises as `head`."""
    rows = _wrong(actor, name).annotate(minute=Substr(KT("facts__delivered_at"), 1, _MINUTE))
    counted = rows.values_list("minute").annotate(Count("pk")).order_by("minute")
    return {None if at is None else from_rfc3339(f"{at}:00Z"): many for at, many in counted}


def _wrong(actor: Actor, name: str) -> QuerySet[FindingRow]:
    return findings_seen(actor, name).filter(verdict__in=_WRONG)
