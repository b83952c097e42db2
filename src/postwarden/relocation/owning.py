"""That each account gets a message once, by whichever of its wrong copies: of all plans, one delivery has it.

A message is known by its sender's header block where that names a Message-ID, else by header, body and
queue file. The database lets one delivery of a message to an account be under way or done, whoever runs
which plan: that is written before anything can arrive.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from django.db.models import Q

from postwarden.relocation.acts import Repair
from postwarden.relocation.models import CLAIMS, CopyRow, DeliveryRow
from postwarden.relocation.rules import Outcome, Sent, Stage, by_another

_MANY = 400


def message_of(repair: Repair, body: bytes | None = None) -> str:
    """Give what stands for a message among all; "" where its body has to be read for that.

    Args:
        repair: of one of its copies.
        body: canonical, where it was read.
    """
    if repair.message:
        return repair.copy.header_hash
    if body is None:
        return ""
    parts = (repair.copy.header_hash.encode(), repair.queue.encode(), sha256(body).digest())
    return sha256(b"\0".join(parts)).hexdigest()


Owed = tuple[str, str]
"""An account, and the message that it is to get."""


def note_others(rows: Iterable[DeliveryRow]) -> frozenset[Owed]:
    """Let deliveries that are due be what another one of the same message already made of them.

    Returns:
        What another one is under way with: those that are due wait for it.
    """
    due = [row for row in rows if row.sent == Sent.DUE and row.message]
    others = _others(due)
    for row in due:
        row.sent = by_another(others.get((row.account, row.message)))
    return frozenset(owed for owed, sent in others.items() if sent is Sent.UNDER_WAY)


def _others(rows: Sequence[DeliveryRow]) -> dict[Owed, Sent]:
    found: dict[Owed, Sent] = {}
    for start in range(0, len(rows), _MANY):
        some = rows[start : start + _MANY]
        claims = DeliveryRow.objects.filter(
            message__in={row.message for row in some},
            account__in={row.account for row in some},
            sent__in=CLAIMS,
        )
        for account, message, sent in claims.values_list("account", "message", "sent"):
            found[account, message] = Sent(sent)
    return found


def awaited(rows: Sequence[DeliveryRow]) -> bool:
    """Tell whether a delivery that is due may yet be made from another copy of its message.

    Of copies that are not there either none waits for the others: each has `why` already.
    """
    absent = Q(copy__stage=Stage.TAKING) & ~Q(copy__why="")
    return any(
        DeliveryRow.objects.filter(account=row.account, message=row.message)
        .exclude(pk=row.pk)
        .exclude(absent | Q(copy__stage=Stage.ENDED))
        .exists()
        for row in rows
        if row.sent == Sent.DUE and row.message
    )


def taken_by_others(row: CopyRow) -> list[CopyRow]:
    """Give what other plans have of the same copy that took it away, or are about to."""
    took = Q(outcome__in=(Outcome.RELOCATED, Outcome.REMOVED))
    taking = ~Q(quarantined="") & ~Q(stage=Stage.ENDED)
    return list(CopyRow.objects.filter(took | taking, finding=row.finding).exclude(pk=row.pk))


def named_alike(rows: Sequence[DeliveryRow], others: Sequence[CopyRow]) -> Sequence[DeliveryRow]:
    """Let deliveries whose message is not known be of the one that another plan read; give all of them."""
    for row in rows:
        if not row.message:
            theirs = DeliveryRow.objects.filter(copy__in=others, account=row.account)
            row.message = theirs.exclude(message="").values_list("message", flat=True).first() or ""
    return rows


def firsts(rows: Iterable[DeliveryRow], under_way: frozenset[Owed]) -> list[DeliveryRow]:
    """Give those that are due, one for each message and account; the others wait for it.

    Args:
        rows: of some copies.
        under_way: what copies other than these deliver just now, as `note_others` has it.
    """
    found: dict[Owed, DeliveryRow] = {}
    for row in rows:
        if row.sent == Sent.DUE and (row.account, row.message) not in under_way:
            found.setdefault((row.account, row.message), row)
    return list(found.values())
