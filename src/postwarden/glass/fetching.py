"""The worker's part of a reading: it alone holds what opens the stores, and hands one message on, sealed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from postwarden.cases.service import Desk
from postwarden.glass.errors import Refused
from postwarden.glass.grants import check_open
from postwarden.glass.models import GlassReadingRow, GlassRow
from postwarden.glass.ports import Reader
from postwarden.glass.readings import FETCHING, KEPT, Stage
from postwarden.glass.rows import frozen, note
from postwarden.glass.rules import Asked, Glass
from postwarden.glass.sealing import sealed
from postwarden.glass.text import shown
from postwarden.people.service import ITSELF, NotAllowed, UnknownIdentity, member
from postwarden.relocation.service import Absence, Wanted
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment, PostwardenError, kept, said

LEASE = 120_000_000
"""Microseconds that a store has to give a message, before another worker asks it."""
_TRIES = 3
_CUT_OFF = said("It was begun three times, and cut off each time. See what the worker said.")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches messages that somebody may read, one at a time.

    Attributes:
        desk: of the installation.
        reader: reads one copy.
        clock: gives the present.
    """

    desk: Desk
    reader: Reader
    clock: Callable[[], Moment]

    def run(self) -> None:
        """Forget what nobody came for, and fetch the message that has been asked for longest.

        Promise: whether it may be read is looked at here again, before the store is asked. What came of it is
            on record with the sealed message, or neither is. Killed before that, it is fetched anew, three
            times at most; a wish that was given up or replaced meanwhile gets nothing.
        """
        over = GlassReadingRow.objects.filter(until__lte=self.clock())
        if over.exists():  # who writes for nothing lets others wait
            over.delete()
        effect = outbox.claim([FETCHING], self.clock(), LEASE)
        if effect is None:
            return
        row = GlassReadingRow.objects.filter(request=effect.subject).first()
        request = GlassRow.objects.filter(hash=effect.subject).first()
        glass = None if request is None else frozen(request)
        if row is None or glass is None:
            with transaction.atomic():
                outbox.finish(effect)
        else:
            self._end(effect, glass.asked, self._found(effect, glass, row.public))

    def _found(self, effect: Effect, glass: Glass, public: str) -> dict[str, Any]:
        """Ask the store; give what the row is to say."""
        if effect.attempts > _TRIES:
            return {"stage": Stage.FAILED, "trouble": kept(_CUT_OFF)}
        try:
            check_open(self.desk, glass, member(glass.asked.asked_by), self.clock())
            found = self.reader(glass.asked.store, Wanted(**glass.asked.copy))
        except (NotAllowed, UnknownIdentity, Refused):
            return {"stage": Stage.REFUSED}
        except PostwardenError as error:
            why = error.args[0] if error.args else str(error)
            return {"stage": Stage.FAILED, "trouble": kept(why)}
        except OSError as error:
            return {"stage": Stage.FAILED, "trouble": kept(str(error))}
        if isinstance(found, Absence):
            return {"stage": Stage.ABSENT, "absence": found}
        return {"stage": Stage.READY, "sealed": sealed(shown(found.content), public)}

    def _end(self, effect: Effect, asked: Asked, told: dict[str, Any]) -> None:
        now = self.clock()
        outcome = told.get("absence") or told["stage"]
        with transaction.atomic():
            if not outbox.finish(effect):
                return
            rows = GlassReadingRow.objects.filter(request=effect.subject)
            rows.update(**told)
            rows.filter(until__gt=now + KEPT).update(until=now + KEPT)
            note(self.desk.ledger, "glass.fetched", asked, ITSELF, asked.why, now, outcome=outcome)
