"""Ending the live sessions of held accounts, again and again until none is left, and keeping when that was."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from postwarden.holds.desk import HoldDesk
from postwarden.holds.effects import LATE_LOGINS, LEFT, SETTLES
from postwarden.holds.errors import ControlError
from postwarden.holds.keeping import Told, chunks, first_held, locked_accounts
from postwarden.holds.models import AccountRow
from postwarden.holds.ports import MailControl
from postwarden.ledger.service import Entry
from postwarden.people.service import ITSELF
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

_RECORDED = "recorded"  # in the payload: accounts of which it is on record that their sessions end


class Left(NamedTuple):
    """Why an effect is not done, and what it still needs; None: all that it needed."""

    trouble: str
    payload: Mapping[str, Any] | None = None


class _Seen(NamedTuple):
    """What was looked at: held accounts, at which revision, when, and which had sessions then."""

    held: Collection[str]
    revision: int
    at: Moment
    open_ones: Collection[str]


class Ender:
    """Carries out the effect."""

    def __init__(self, holds: HoldDesk, control: MailControl, clock: Callable[[], Moment]) -> None:
        self._holds = holds
        self._control = control
        self._clock = clock

    def end(self, effect: Effect) -> Left | None:
        """End sessions; None where none is left and the effect is finished.

        Raises:
            ControlError: a server failed; sessions on the others were ended.
            ProjectionUnfit: the file that servers read cannot be written; nothing was done.
        """
        self._holds.refresh(self._clock)  # first: what is ended must not come back
        accounts = effect.payload["accounts"]
        troubles = _troubles(lambda: self._control.forget(accounts))
        revision = Told().newest()
        held = _held(accounts)
        try:
            before = self._control.sessions()
        except ControlError as error:  # what others have said is acted upon
            before = error.sessions
            troubles.append(error)
        open_ones = {account: before[account] for account in held if account in before}
        nameless = self._control.nameless(open_ones)
        ending = {one: count for one, count in open_ones.items() if one not in nameless}
        if ending:
            effect = self._recorded(effect, ending)
            troubles += _troubles(lambda: self._control.end(ending))
        if troubles:
            raise troubles[0]
        after = self._control.sessions() if ending else before
        # The time after the answer: a look at mailboxes that begins later is later than what was seen,
        # whenever between question and answer that was.
        seen = _Seen(held, revision, self._clock(), [one for one in open_ones if one in after])
        return self._settle(effect, seen)

    def _recorded(self, effect: Effect, sessions: Mapping[str, int]) -> Effect:
        """Put on record, once an effect, whose sessions are about to be ended."""
        recorded = frozenset(effect.payload.get(_RECORDED, ()))
        new = sorted(sessions.keys() - recorded)
        if not new:
            return effect
        whose = self._holds.belonging(effect.subject, new)
        entries = [
            Entry(
                "hold.sessions-ending",
                ITSELF,
                case=whose[one],
                person=one,
                plan=effect.subject,
                detail={"sessions": sessions[one]},
            )
            for one in new
        ]
        with transaction.atomic():
            self._holds.desk.ledger.append(entries, self._clock())
            told = {**effect.payload, _RECORDED: sorted({*recorded, *new})}
            return outbox.amend(effect, told) or effect

    def _settle(self, effect: Effect, seen: _Seen) -> Left | None:
        """Keep since when whose sessions have ended; who still has any is left, and who was held anew."""
        with transaction.atomic():
            gone = [one for one in seen.held if one not in seen.open_ones]
            rows = [row for row in locked_accounts(gone) if row.held]
            fresh = _fresh(rows, seen) if effect.payload.get(SETTLES) else frozenset()
            ended = [row.account for row in rows if row.account not in fresh]
            left = sorted([*seen.open_ones, *fresh])
            payload = {**effect.payload, "accounts": left, LEFT: True}
            ours = outbox.amend(effect, payload) is not None if left else outbox.finish(effect)
            if not ours:
                return None
            if effect.payload.get(SETTLES):
                for some in chunks(ended):
                    AccountRow.objects.filter(account__in=some).update(sessions_ended=seen.at)
            if ended or not left:
                entry = Entry(
                    "hold.sessions-seen",
                    ITSELF,
                    case=self._holds.plans.case_of(effect.subject),
                    plan=effect.subject,
                    detail={"held": len(ended)},
                )
                self._holds.desk.ledger.append([entry], self._clock())
        if not left:
            return None
        many = len(seen.open_ones)
        return Left(f"{many} accounts still have sessions" if many else "", payload)


def _fresh(rows: Collection[AccountRow], seen: _Seen) -> frozenset[str]:
    """Give those whose hold is too young for what was seen: a login may have been under way."""
    changed = {row.account for row in rows if row.revision > seen.revision}
    since = first_held([row.account for row in rows])
    young = {one for one, at in since.items() if seen.at - at < LATE_LOGINS}
    return frozenset(changed | young)


def _troubles(act: Callable[[], None]) -> list[ControlError]:
    try:
        act()
    except ControlError as error:
        return [error]
    return []


def _held(accounts: Collection[str]) -> list[str]:
    return [
        account
        for some in chunks(accounts)
        for account in AccountRow.objects.filter(account__in=some, held=True).values_list(
            "account", flat=True
        )
    ]
