"""Doing errands: taken by a worker, told of while they go on, and ended once.

Who takes one holds it for some seconds, and says again and again that it goes on; after that another may take
it. Everything that is written of it is written by who holds it, or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from postwarden.errands.errors import ErrandLost
from postwarden.errands.models import ErrandRow
from postwarden.errands.rows import effect_of, frozen, note
from postwarden.errands.values import Errand, Kind, Stage, Step, Wish
from postwarden.errands.wishes import read
from postwarden.ledger.service import Ledger
from postwarden.people.service import ITSELF
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment, kept, said

LEASE = 20_000_000
"""Microseconds that an errand is somebody's after they last said that it goes on."""
_TRIES = 3
_CUT_OFF = said(
    "It was begun three times, and cut off each time: the machine may lack memory. See what the worker said."
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An errand that somebody does, in this process or one that they began.

    Attributes:
        ledger: the record.
        effect: as it was taken.
    """

    ledger: Ledger
    effect: Effect

    @property
    def number(self) -> int:
        """Of the errand."""
        return int(self.effect.subject)

    @property
    def errand(self) -> Errand:
        """The errand as it is now."""
        return frozen(ErrandRow.objects.get(pk=self.number))

    @property
    def wish(self) -> Wish:
        """What is wanted."""
        return read(self.errand.kind, self.effect.payload)

    def goes_on(self, now: Moment) -> bool:
        """Hold it for a while longer; False where it was stopped, ended, or is another's."""
        return outbox.renew(self.effect, now + LEASE)

    def let_go(self, now: Moment) -> None:
        """Let it be begun anew at once; of no matter where it is at its end, or another's."""
        outbox.put_off(self.effect, now, "")

    def tell(self, step: Step, now: Moment) -> None:
        """Say how far it is."""
        going = ErrandRow.objects.filter(pk=self.number, stage=Stage.RUNNING)
        going.exclude(step=step.name).update(step_at=now)
        going.update(
            step=step.name, done=step.done, total=step.total, found=step.found, told_at=now
        )

    def end(self, outcome: Mapping[str, Any], now: Moment) -> None:
        """End it with what came of it, in the caller's transaction with what it wrote, where it wrote any.

        Raises:
            ErrandLost: it is not ours any more; the transaction is to be rolled back.
        """
        with transaction.atomic():
            self._end(Stage.DONE, now, outcome=dict(outcome))

    def fail(self, why: str, now: Moment) -> None:
        """End it without an outcome; raises as `end`."""
        with transaction.atomic():
            self._end(Stage.FAILED, now, trouble=kept(why))

    def _end(self, stage: Stage, now: Moment, **told: dict[str, Any]) -> None:
        if not outbox.finish(self.effect):
            raise ErrandLost(said("This work was stopped, or another worker does it."))
        rows = ErrandRow.objects.filter(pk=self.number)
        rows.update(stage=stage, slot=None, ended_at=now, told_at=now, **told)
        facts = {"stage": stage, **told.get("outcome", {})}
        note(self.ledger, self.errand, "ended", ITSELF, facts, now)


def claim(ledger: Ledger, kinds: Sequence[Kind], now: Moment) -> Claimed | None:
    """Take an errand of these kinds; None where none is due.

    Promise: of several at once each gets another one. One that was cut off three times is failed here.
    """
    effect = outbox.claim([effect_of(kind) for kind in kinds], now, LEASE)
    if effect is None:
        return None
    claimed = Claimed(ledger, effect)
    if effect.attempts > _TRIES:
        claimed.fail(_CUT_OFF, now)
        return None
    rows = ErrandRow.objects.filter(pk=claimed.number, ended_at=None)
    rows.update(stage=Stage.RUNNING, step="", step_at=None, done=0, total=0, found=0, told_at=now)
    return claimed


def taken(ledger: Ledger, number: int, token: int) -> Claimed:
    """Give an errand that was taken by the process which began this one; raise `ErrandLost`."""
    effect = outbox.held(number, token)
    if effect is None:
        raise ErrandLost(said("This work was stopped, or another worker does it."))
    return Claimed(ledger, effect)
