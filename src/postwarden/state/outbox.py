"""Effects as rows: decided in one transaction with the state, carried out by whoever holds the lease.

An effect may be carried out again after a crash, so that what carries it out must bear repetition.
A worker that was held up and lost its lease cannot report an outcome: its token is too old.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet

from postwarden.state.models import EffectRow, SignRow
from postwarden.vocabulary import Moment

_WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect to carry out.

    Attributes:
        number: of its row.
        kind: a dotted code such as "session.kick".
        subject: what it is done to.
        payload: what more is needed, as JSON has it.
        token: of the lease; every claim has a higher one.
        attempts: how often it was claimed, this time included.
    """

    number: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    token: int
    attempts: int


def put(kind: str, subject: str, payload: Mapping[str, Any], due: Moment) -> int:
    """Decide an effect, in the caller's transaction; give its number.

    Raises:
        RuntimeError: there is no transaction to share.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an effect shares the transaction of what was decided")
    return EffectRow.objects.create(kind=kind, subject=subject, payload=dict(payload), due=due).pk


def claim(
    kinds: Sequence[str], now: Moment, lease: int, subject: str | None = None
) -> Effect | None:
    """Take the effect that has been due longest; None when none is due.

    Args:
        kinds: those the caller can carry out.
        now: the present.
        lease: microseconds until others may take it.
        subject: only one of this subject; None: of any.

    Promise: of several at once each gets another one.
    """
    waiting = EffectRow.objects.filter(kind__in=kinds, due__lte=now).order_by("due", "pk")
    if subject is not None:
        waiting = waiting.filter(subject=subject)
    if not waiting.exists():  # no transaction for nothing: others would wait for it
        return None
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        row = waiting.first()
        if row is None:
            return None
        row.token += 1
        row.attempts += 1
        row.due = now + lease
        row.save(update_fields=["token", "attempts", "due"])
    return Effect(row.pk, row.kind, row.subject, row.payload, row.token, row.attempts)


def held(number: int, token: int) -> Effect | None:
    """Give an effect that was claimed with this token; None where its lease was lost, or it is done."""
    row = EffectRow.objects.filter(pk=number, token=token, due__isnull=False).first()
    if row is None:
        return None
    return Effect(row.pk, row.kind, row.subject, row.payload, row.token, row.attempts)


def finish(effect: Effect) -> bool:
    """Note that an effect was carried out; False where the lease was lost, so that another has it.

    Its payload is forgotten: whom it was about stays in the ledger alone, where it can be erased.

    In a transaction with what the effect changed here: roll back when it gives False.
    """
    return _still_ours(effect).update(due=None, trouble="", payload={}) == 1


def renew(effect: Effect, until: Moment) -> bool:
    """Hold a claimed effect until then, in the caller's transaction; False as `finish` has it."""
    return _still_ours(effect).update(due=until) == 1


def put_off(
    effect: Effect, due: Moment, trouble: str, payload: Mapping[str, Any] | None = None
) -> bool:
    """Note why an effect could not be carried out, and when to try again; else as `finish`.

    Args:
        effect: as claimed.
        due: when to try again.
        trouble: why.
        payload: what is still needed, where that is less than before.
    """
    needed = {} if payload is None else {"payload": dict(payload)}
    return _still_ours(effect).update(due=due, trouble=trouble[:500], **needed) == 1


def drop(kind: str, subject: str) -> None:
    """Let nothing of a kind be done to a subject any more, in the caller's transaction.

    Who carries one out just now has lost its lease: it reports no outcome.
    """
    waiting = EffectRow.objects.filter(kind=kind, subject=subject, due__isnull=False)
    waiting.update(due=None, trouble="", payload={})


def amend(effect: Effect, payload: Mapping[str, Any]) -> Effect | None:
    """Let a claimed effect need something else, in the caller's transaction; None as `finish` has False."""
    ours = _still_ours(effect).update(payload=dict(payload))
    return replace(effect, payload=payload) if ours else None


def waiting(kinds: Sequence[str]) -> list[tuple[Effect, str]]:
    """Give what is not done yet with the trouble it had, oldest first."""
    rows = EffectRow.objects.filter(kind__in=kinds, due__isnull=False).order_by("pk")
    return [
        (Effect(r.pk, r.kind, r.subject, r.payload, r.token, r.attempts), r.trouble) for r in rows
    ]


class Backlog(NamedTuple):
    """Effects of a kind that are not done: how many, how many of these failed, and when the oldest is due."""

    kind: str
    waiting: int
    failing: int
    due: Moment


def backlog() -> list[Backlog]:
    """Give how much is to be carried out, by kind."""
    rows = EffectRow.objects.filter(due__isnull=False).values("kind")
    counted = rows.annotate(
        waiting=Count("pk"), failing=Count("pk", filter=~Q(trouble="")), oldest=Min("due")
    )
    return [
        Backlog(one["kind"], one["waiting"], one["failing"], one["oldest"])
        for one in counted.order_by("kind")
    ]


def give_sign(now: Moment) -> None:
    """Say that a worker is at work; of several the last one counts."""
    SignRow.objects.update_or_create(process=_WORKER, defaults={"at": now})


def last_sign() -> Moment | None:
    """Give when a worker last said that it is at work; None where none ever did."""
    row = SignRow.objects.filter(process=_WORKER).first()
    return None if row is None else row.at


def _still_ours(effect: Effect) -> QuerySet[EffectRow]:
    return EffectRow.objects.filter(pk=effect.number, token=effect.token, due__isnull=False)
