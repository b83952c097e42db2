"""Following the ledger, and telling subscribers: what the worker does.

Following moves on in one transaction with the effects that it decides, so that no event is left out or
decided twice; telling may be done again after a crash, with the same id.
"""

from collections.abc import Callable

from django.db import connection, transaction

from postwarden.cases.service import NoSuchCase, hearing, known
from postwarden.custody.service import NoSuchPlan, Refused
from postwarden.hooks.desk import Hooks, State
from postwarden.hooks.errors import NotTaken
from postwarden.hooks.models import DeliveryRow, HookRow, PlaceRow
from postwarden.hooks.ports import Sender
from postwarden.hooks.rules import Event, body, headers, line, wait
from postwarden.ledger.service import Told
from postwarden.people.service import Member, Permission, UnknownIdentity, by_token, member
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

DELIVERY = "hooks.delivery"
_SECOND = 1_000_000
_LEASE = 60 * _SECOND
_KEPT = 30 * 24 * 3_600 * _SECOND
_SOME = 500
_TOKEN = "the token that it was made with was revoked, or expired"  # noqa: S105  # a sentence
_RETIRED = "its owner acts no more"
_NOT_THEIRS = "its owner may not know of the case any more"
_REMOVED = "the webhook was removed"
_TURN = 20
"""Deliveries of one subscriber before others have their turn."""
_CODES = frozenset(map(str, Event))


class Teller:
    """Tells subscribers of what happened."""

    def __init__(self, hooks: Hooks, sender: Sender, clock: Callable[[], Moment]) -> None:
        self._hooks = hooks
        self._sender = sender
        self._clock = clock

    def run(self) -> None:
        """Follow the ledger, and tell what is due; a subscriber that does not answer keeps no other."""
        self.follow()
        for row in HookRow.objects.filter(ended=None).order_by("pk"):
            for _ in range(_TURN if _owner(row, self._clock()) is not None else 0):
                effect = outbox.claim([DELIVERY], self._clock(), _LEASE, str(row.pk))
                if effect is None or not self._told(effect):
                    break
        ended = HookRow.objects.filter(ended__isnull=False, deliveries__state=State.WAITS)
        for row in ended.distinct():
            _give_up(row, self._clock())

    def follow(self) -> None:
        """Decide whom to tell of the entries that have their leaf since the last time."""
        if not HookRow.objects.filter(ended=None).exists():
            return
        while self._follow_some() == _SOME:
            pass

    def _follow_some(self) -> int:
        now = self._clock()
        with transaction.atomic():
            place = _locked_place()
            hooks = list(HookRow.objects.filter(ended=None).order_by("pk"))
            first = max(place.next, min((row.first for row in hooks), default=0))
            entries = self._hooks.desk.ledger.placed(first, _SOME)
            for row in hooks:
                who = _owner(row, now)
                if who is None:
                    continue
                hears = hearing(self._hooks.desk, who)
                for one in entries:
                    if self._concerns(row, one) and self._may_know(who, one) and hears(one):
                        _decide(row, one, now)
            place.next = first + len(entries)
            place.save(update_fields=["next"])
            old = DeliveryRow.objects.filter(ended__lt=now - _KEPT)
            old.delete()
        return len(entries)

    def _concerns(self, row: HookRow, one: Told) -> bool:
        since = (one.place or 0) >= row.first and one.at >= row.made
        return since and one.act in _CODES and one.act in row.events

    def _may_know(self, who: Member, one: Told) -> bool:
        """Tell whether somebody may know of the case and the plan that an entry is about, if of any."""
        if not one.case and who.organisations(Permission.CASE_READ) is not None:
            return False
        try:
            if one.case:
                known(who, one.case, {Permission.CASE_READ})
            if plan := one.facts.get("plan"):
                self._hooks.plans.shown(plan, who)
        except (NoSuchCase, NoSuchPlan, Refused):
            return False
        return True

    def _told(self, effect: Effect) -> bool:
        """Tell one thing; False where it was not taken."""
        row = (
            DeliveryRow.objects.select_related("hook").filter(pk=effect.payload["delivery"]).first()
        )
        if row is None or row.hook.ended is not None:
            _end(effect, row, State.GIVEN_UP, _REMOVED, self._clock())
            return True
        if not self._still_known(row):
            _end(effect, row, State.GIVEN_UP, _NOT_THEIRS, self._clock())
            return True
        try:
            self._send(row)
        except NotTaken as error:
            self._failed(effect, row, error)
            return False
        except Exception as error:  # noqa: BLE001  # what others answer must not end the worker
            self._failed(effect, row, NotTaken(f"{type(error).__name__}: {error}"))
            return False
        _end(effect, row, State.TAKEN, "", self._clock())
        return True

    def _still_known(self, row: DeliveryRow) -> bool:
        """Tell whether the owner may know of the case yet that they are to be told of."""
        who = _owner(row.hook, self._clock())
        try:
            return (
                not row.case or bool(known(who, row.case, {Permission.CASE_READ})) if who else False
            )
        except NoSuchCase:
            return False

    def _send(self, row: DeliveryRow) -> None:
        told = body(Event(row.event), row.entry, row.at, row.case, row.plan)
        name = f"postwarden-{row.hook_id}-{row.entry}"
        signed = headers(row.hook.secret, name, self._clock(), told)
        self._sender.send(row.hook.url, signed, told)

    def _failed(self, effect: Effect, row: DeliveryRow, error: NotTaken) -> None:
        now, later, why = self._clock(), wait(effect.attempts), line(str(error))[:200]
        if error.gone:
            HookRow.objects.filter(pk=row.hook_id).update(ended=now, why=why)
        if later is None or error.gone:
            _end(effect, row, State.GIVEN_UP, why, now)
            return
        with transaction.atomic():
            if outbox.put_off(effect, now + later, why):
                DeliveryRow.objects.filter(pk=row.pk).update(tries=effect.attempts, trouble=why)


def _locked_place() -> PlaceRow:
    PlaceRow.objects.bulk_create([PlaceRow(pk=1)], ignore_conflicts=True)
    rows = PlaceRow.objects.filter(pk=1)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.get()


def _owner(row: HookRow, now: Moment) -> Member | None:
    """Give whose subscription it is, with the rights that they and its token have now.

    None where they act no more, or the token counts no more: that ends the subscription.
    """
    try:
        who = member(row.owner) if row.token is None else by_token(row.token, now)
    except UnknownIdentity:
        return None
    if who is None or not who.active:
        why = _TOKEN if who is None else _RETIRED
        HookRow.objects.filter(pk=row.pk, ended=None).update(ended=now, why=why)
        return None
    return who


def _give_up(row: HookRow, now: Moment) -> None:
    """Tell a subscriber that was ended nothing of what it still waits for."""
    with transaction.atomic():
        outbox.drop(DELIVERY, str(row.pk))
        row.deliveries.filter(state=State.WAITS).update(
            state=State.GIVEN_UP, trouble=row.why or _REMOVED, ended=now
        )


def _decide(row: HookRow, one: Told, now: Moment) -> None:
    told = DeliveryRow.objects.create(
        hook=row,
        entry=one.place or 0,
        event=one.act,
        at=one.at,
        case=one.case or "",
        plan=one.facts.get("plan", ""),
        state=State.WAITS,
    )
    outbox.put(DELIVERY, str(row.pk), {"delivery": told.pk}, now)


def _end(effect: Effect, row: DeliveryRow | None, state: State, why: str, now: Moment) -> None:
    with transaction.atomic():
        if outbox.finish(effect) and row is not None:
            DeliveryRow.objects.filter(pk=row.pk).update(
                state=state, tries=effect.attempts, trouble=why, ended=now
            )
