"""Carrying out the effects of holds: sessions, caches and filters become as the holds have it.

Every effect reads what is held when it runs, and looks before and after it acts: it may run again, and
late. An error tells nothing about what was done, so that the next try looks again.
"""

from collections.abc import Callable, Sequence

from django.db import transaction

from postwarden.custody.service import CustodyError, Stage
from postwarden.holds.desk import HoldDesk
from postwarden.holds.effects import FILTERS, PLAN, REMINDER, SESSIONS, WEBMAIL
from postwarden.holds.errors import ControlError, ProjectionUnfit
from postwarden.holds.filters import restore, suspend
from postwarden.holds.keeping import chunks, reasons
from postwarden.holds.models import AccountRow
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
_UNSOUND = "is not as it was frozen and signed; nothing of it is done: run `postwarden verify`"
_NO_DOOR = "postwarden.toml names no Dovecot: add [[holds.dovecot]] with url and api_key"


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
        self._rest: Moment | None = None  # since when a server in trouble is left alone

    def run(self) -> None:
        """Bring this host's projection up to date and carry out what is due, sessions first.

        Raises:
            ProjectionUnfit: the file that servers read cannot be written; nothing else was done.
        """
        self._holds.projection.refresh()
        for kind in (SESSIONS, PLAN, WEBMAIL, REMINDER):
            while effect := self._next(kind):
                self._carry_out(effect)
        if effect := self._next(FILTERS):  # one: they take their time
            self._carry_out(effect)

    def check(self) -> None:
        """Compare this host's projection with the state, and write it anew where it differs."""
        if not self._holds.projection.check():
            with transaction.atomic():
                entry = Entry("hold.projection-mended", ITSELF)
                self._holds.desk.ledger.append([entry], self._clock())

    def _next(self, kind: str) -> Effect | None:
        """Take an effect that is due; none that needs Dovecot within a second of its last trouble."""
        now = self._clock()
        if (
            kind in (SESSIONS, FILTERS)
            and self._rest is not None
            and 0 <= now - self._rest < _SECOND
        ):
            return None
        return outbox.claim([kind], now, _LEASE)

    def _carry_out(self, effect: Effect) -> None:
        soonest = _SOONEST
        try:
            if effect.kind == PLAN:
                trouble = self._plan(effect)
            elif effect.kind == REMINDER:
                remind(self._holds, effect, self._clock)
                trouble = ""
            elif effect.kind == WEBMAIL:
                trouble = self._tell_webmail(effect)
            elif self._control is None:
                trouble = _NO_DOOR
            elif effect.kind == SESSIONS:
                trouble = self._sessions(effect, self._control)
            else:
                trouble = self._filters(effect, self._control)
        except (ControlError, ProjectionUnfit) as error:
            trouble, soonest = str(error), _SECOND  # a server in trouble is not pressed
            if effect.kind in (SESSIONS, FILTERS):
                self._rest = self._clock()
        if trouble:
            wait = min(soonest * 2 ** max(0, min(effect.attempts, 20) - 10), _LATEST)
            outbox.put_off(effect, self._clock() + wait, trouble)

    def _plan(self, effect: Effect) -> str:
        try:
            if self._holds.plans.stage(effect.subject) is Stage.RUNNING:
                self._holds.carry(effect.subject, self._clock)
        except CustodyError:  # it may be mended from a backup; no other effect waits for that
            return f"plan {effect.subject[:12]} {_UNSOUND}"
        self._finish(effect, ())
        return ""

    def _sessions(self, effect: Effect, control: MailControl) -> str:
        accounts = effect.payload["accounts"]
        self._holds.projection.refresh()  # first: what is ended must not come back
        troubles = _troubles(lambda: control.forget(accounts))
        held = _held(accounts)
        try:
            before = control.sessions()
        except ControlError as error:  # what others have said is acted upon
            before = error.sessions
            troubles.append(error)
        open_ones = {account: before[account] for account in held if account in before}
        if open_ones:
            self._record("hold.sessions-ending", effect, open_ones)
            troubles += _troubles(lambda: control.end(open_ones))
        if troubles:
            raise troubles[0]
        after = control.sessions() if open_ones else {}
        left = sorted(account for account in open_ones if account in after)
        if left:
            return f"{len(left)} accounts still have sessions, such as {left[0]}"
        entry = Entry("hold.sessions-seen", ITSELF, plan=effect.subject, detail={"held": len(held)})
        self._finish(effect, [entry])
        return ""

    def _tell_webmail(self, effect: Effect) -> str:
        accounts = effect.payload["accounts"]
        if self._webmail is not None:
            self._webmail.tell(reasons(accounts))
        self._finish(effect, ())
        return ""

    def _filters(self, effect: Effect, control: MailControl) -> str:
        accounts, ledger = effect.payload["accounts"], self._holds.desk.ledger
        turned = suspend(accounts, control, ledger, self._clock())
        turned |= restore(accounts, control, ledger, self._clock())
        with transaction.atomic():
            if turned:
                told = {"accounts": sorted(turned)}
                outbox.put(FILTERS, effect.subject, told, self._clock())
            outbox.finish(effect)
        return ""

    def _record(self, act: str, effect: Effect, sessions: dict[str, int]) -> None:
        entries = [
            Entry(act, ITSELF, person=one, plan=effect.subject, detail={"sessions": count})
            for one, count in sessions.items()
        ]
        with transaction.atomic():
            self._holds.desk.ledger.append(entries, self._clock())

    def _finish(self, effect: Effect, entries: Sequence[Entry]) -> None:
        with transaction.atomic():
            if outbox.finish(effect):
                self._holds.desk.ledger.append(entries, self._clock())


def _troubles(act: Callable[[], None]) -> list[ControlError]:
    try:
        act()
    except ControlError as error:
        return [error]
    return []


def _held(accounts: Sequence[str]) -> list[str]:
    return [
        account
        for some in chunks(accounts)
        for account in AccountRow.objects.filter(account__in=some, held=True).values_list(
            "account", flat=True
        )
    ]
