"""That each account gets a message once, by whichever of its wrong copies: of all plans, one delivery has it.

A message is known by its bytes below this provider's own trace: by the sender's header and the body, and where
it has no Message-ID by its queue file, too. A header alone proves nothing, for senders choose it. The
database lets one delivery of a message to an account be under way or done, whoever runs which plan: that is
written before anything can arrive.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from django.db.models import Q

from postwarden.relocation.acts import Repair
from postwarden.relocation.models import CLAIMS, CopyRow, DeliveryRow
from postwarden.relocation.rules import Outcome, Sent, Stage, by_another

_MANY = 400
_TAKING = ~Q(quarantined="") & ~Q(stage=Stage.ENDED)


def message_of(repair: Repair, content: bytes, header: str) -> str:
    """Give what stands for a message among all.

    Args:
        repair: of one of its copies.
        content: canonical, as it was read.
        header: hash of its header below the provider's own trace, of the bytes read.
    """
    _, _, body = content.partition(b"\r\n\r\n")
    queue = "" if repair.message else repair.queue
    parts = (header.encode(), queue.encode(), sha256(body).digest())
    return sha256(b"\0".join(parts)).hexdigest()


def hint_of(repair: Repair) -> str:
    """Give what a message is likely to be the same by, before it is read; "" where nothing is."""
    return repair.copy.header_hash if repair.message else ""


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


def note_likely(rows: Iterable[DeliveryRow]) -> None:
    """Let deliveries of copies that are not there be what one of likely the same message has become."""
    due = [row for row in rows if row.sent == Sent.DUE and not row.message and row.hint]
    others = _others(due, "hint")
    for row in due:
        row.sent = by_another(others.get((row.account, row.hint)))


def _others(rows: Sequence[DeliveryRow], known_by: str = "message") -> dict[Owed, Sent]:
    found: dict[Owed, Sent] = {}
    for start in range(0, len(rows), _MANY):
        some = rows[start : start + _MANY]
        claims = DeliveryRow.objects.filter(
            **{f"{known_by}__in": {getattr(row, known_by) for row in some}},
            account__in={row.account for row in some},
            sent__in=CLAIMS,
        )
        for account, name, sent in claims.values_list("account", known_by, "sent"):
            found[account, name] = Sent(sent)
    return found


def awaited(rows: Sequence[DeliveryRow]) -> bool:
    """Tell whether a delivery that is due may yet be made from another copy of its message.

    Of copies that are not there either none waits for the others: each has `why` already.
    """
    absent = Q(copy__stage=Stage.TAKING) & ~Q(copy__why="")
    return any(
        DeliveryRow.objects.filter(alike, account=row.account)
        .exclude(pk=row.pk)
        .exclude(absent | Q(copy__stage=Stage.ENDED))
        .exists()
        for row in rows
        if row.sent == Sent.DUE and (alike := _alike(row))
    )


def _alike(row: DeliveryRow) -> Q:
    """Say which deliveries are of the same message, as far as that is known; empty where it is not."""
    if row.message:
        return Q(message=row.message) | Q(message="", hint=row.hint) & ~Q(hint="")
    return Q(hint=row.hint) if row.hint else Q()


def taken_by_others(row: CopyRow) -> list[CopyRow]:
    """Give what other plans have of the same copy that took it away, or are about to."""
    took = Q(outcome__in=(Outcome.RELOCATED, Outcome.REMOVED))
    return list(CopyRow.objects.filter(took | _TAKING, finding=row.finding).exclude(pk=row.pk))


def being_taken(findings: Sequence[str]) -> set[str]:
    """Give those copies among findings that some plan is about to remove."""
    found: set[str] = set()
    for start in range(0, len(findings), _MANY):
        rows = CopyRow.objects.filter(_TAKING, finding__in=findings[start : start + _MANY])
        found.update(rows.values_list("finding", flat=True))
    return found


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
