"""Carrying out the effects of holds: sessions, caches and filters become as the holds have it.

Every effect reads what is held when it runs, and looks before and after it acts: it may run again, and
late. An error tells nothing about what was done, so that the next try looks again. Whatever hangs or
fails, each kind has its turn: a run does no effect twice, and takes no more of a kind after a door failed.
"""

import time
from collections.abc import Callable, Mapping

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from postwarden.custody.service import CustodyError, Stage
from postwarden.holds.desk import HoldDesk
from postwarden.holds.effects import FILTERS, LEFT, PLAN, REMINDER, SESSIONS, WEBMAIL
from postwarden.holds.ending import Ender, Left
from postwarden.holds.errors import ControlError, ProjectionUnfit
from postwarden.holds.filters import Noted, restore, suspend
from postwarden.holds.keeping import reasons
from postwarden.holds.ports import MailControl, Webmail
from postwarden.holds.reminding import remind
from postwarden.ledger.service import Entry
from postwarden.people.service import ITSELF
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

_SECOND = 1_000_000
_LEASE = 60 * _SECOND
_SOONEST = _SECOND // 5
_LATEST = 30 * _SECOND
_TURN = 10.0  # seconds that a kind may take of a run
_PATIENCE = 3  # as long as a webmail kept us waiting, so many times it is left alone
_UNSOUND = "is not as it was frozen and signed; nothing of it is done: run `postwarden verify`"
_UNFIT = "the database does not take what is to be kept"
_NO_DOOR = "postwarden.toml names no Dovecot: add [[holds.dovecot]] with url and api_key"
_DOORS: Mapping[str, str] = {SESSIONS: "dovecot", FILTERS: "dovecot", WEBMAIL: "webmail"}


class Aligner:
    """Carries effects out while there are any that are due."""

    def __init__(
        self,
        holds: HoldDesk,
        control: MailControl | None,
        clock: Callable[[], Moment],
        webmail: Webmail | None = None,
    ) -> None:
        self._holds = holds
        self._webmail = webmail
        self._control = control
        self._clock = clock
        self._rests: dict[str, tuple[Moment, int]] = {}  # doors in trouble: since when, how long

    def run(self) -> None:
        """Bring this host's projection up to date and carry out what is due, sessions first.

        Raises:
            ProjectionUnfit: the file that servers read cannot be written; nothing else was done.
        """
        self._holds.refresh(self._clock)
        for kind in (SESSIONS, PLAN, WEBMAIL, REMINDER):
            self._turn(kind)
        if effect := self._next(FILTERS, self._clock()):  # one: they take their time
            self._carry_out(effect)

    def check(self) -> None:
        """Compare this host's projection with the state, and write it anew where it differs."""
        if not self._holds.check(self._clock):
            with transaction.atomic():
                entry = Entry("hold.projection-mended", ITSELF)
                self._holds.desk.ledger.append([entry], self._clock())

    def _turn(self, kind: str) -> None:
        began, over = self._clock(), time.monotonic() + _TURN
        while time.monotonic() < over and (effect := self._next(kind, began)):
            self._carry_out(effect)

    def _next(self, kind: str, began: Moment) -> Effect | None:
        """Take an effect that was due when the turn began, unless its door rests."""
        now = self._clock()
        since, length = self._rests.get(_DOORS.get(kind, ""), (0, 0))
        if 0 <= now - since < length:
            return None
        return outbox.claim([kind], began, max(0, now - began) + _LEASE)

    def _carry_out(self, effect: Effect) -> None:
        began, soonest = self._clock(), _SOONEST
        try:
            left = self._done(effect)
        except (ControlError, ProjectionUnfit) as error:
            left, soonest = Left(str(error)), _SECOND  # a server in trouble is not pressed
            self._let_rest(effect.kind, began)
        except (OperationalError, InterfaceError):
            raise  # the database is away, or full: that is nothing of this effect
        except (DatabaseError, UnicodeError) as error:
            left = Left(f"plan {effect.subject[:12]}: {_UNFIT} ({type(error).__name__})")
        if left is not None:
            if effect.kind == FILTERS:
                soonest = _SECOND
            wait = min(soonest * 2 ** max(0, min(effect.attempts, 20) - 10), _LATEST)
            outbox.put_off(effect, self._clock() + wait, left.trouble, left.payload)

    def _let_rest(self, kind: str, began: Moment) -> None:
        """Leave a door alone for a second, and one that sessions do not wait for all the longer."""
        now, length = self._clock(), _SECOND
        if kind == WEBMAIL:
            length = max(length, min(_PATIENCE * (now - began), _LATEST))
        if kind in _DOORS:
            self._rests[_DOORS[kind]] = now, length

    def _done(self, effect: Effect) -> Left | None:
        """Carry an effect out and finish it, or say what is left of it."""
        if effect.kind == PLAN:
            return self._plan(effect)
        if effect.kind == REMINDER:
            remind(self._holds, effect, self._clock)
            return None
        if effect.kind == WEBMAIL:
            self._tell_webmail(effect)
            return None
        if self._control is None:
            return Left(_NO_DOOR)
        if effect.kind == SESSIONS:
            return Ender(self._holds, self._control, self._clock).end(effect)
        return self._filters(effect, self._control)

    def _plan(self, effect: Effect) -> Left | None:
        try:
            if self._holds.plans.stage(effect.subject) is Stage.RUNNING:
                self._holds.carry(effect.subject, self._clock)
        except CustodyError:  # it may be mended from a backup; no other effect waits for that
            return Left(f"plan {effect.subject[:12]} {_UNSOUND}")
        outbox.finish(effect)
        return None

    def _tell_webmail(self, effect: Effect) -> None:
        if self._webmail is not None:
            self._webmail.tell(reasons(effect.payload["accounts"]))
        outbox.finish(effect)

    def _filters(self, effect: Effect, control: MailControl) -> Left | None:
        accounts, plan = effect.payload["accounts"], effect.subject
        noted = Noted(self._holds.desk.ledger, plan, self._holds.belonging(plan, accounts))
        suspended = suspend(accounts, control, noted, self._clock())
        restored = restore(accounts, control, noted, self._clock())
        turned = sorted(suspended.turned | restored.turned)
        failed = sorted(suspended.failed | restored.failed)
        with transaction.atomic():
            if turned:
                outbox.put(FILTERS, effect.subject, {"accounts": turned}, self._clock())
            if not failed:
                outbox.finish(effect)
                return None
        many = f"Dovecot fails for the Sieve scripts of {len(failed)} accounts, not for others"
        return Left(many, {**effect.payload, "accounts": failed, LEFT: True})
