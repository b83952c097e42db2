"""Reading a message that was granted: asked for here, fetched by the worker, shown here once.

What stands where, and for how long: in the database the request's name, a public key and, once the worker has
been, the message as text, sealed for the browser that asked (`sealing`). It is removed as it is shown, at the
latest `KEPT` after it was fetched, when it is asked for again, or when the grant ends, whichever is first; a
wish that no worker fulfils is forgotten after `WAITS`. In the open it is in the worker's memory while it is
sealed, in the console's while it is shown, and on the page. It is in no log and no entry of the ledger.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import connection, transaction

from postwarden.cases.service import Desk
from postwarden.glass.desk import GlassDesk
from postwarden.glass.errors import Refused
from postwarden.glass.grants import check_open
from postwarden.glass.models import GlassReadingRow
from postwarden.glass.rows import note
from postwarden.glass.rules import MINUTE, Glass, Refusal
from postwarden.glass.sealing import new_key, unsealed
from postwarden.glass.text import Shown
from postwarden.people.service import Member
from postwarden.relocation.service import Absence
from postwarden.state import outbox
from postwarden.vocabulary import Moment, said_again

FETCHING = "glass.fetch"
"""The effect that a worker takes."""
WAITS = 10 * MINUTE
"""How long a wish to read waits for a worker."""
KEPT = 5 * MINUTE
"""How long a fetched message waits for its reader."""


class Stage(StrEnum):
    """Where a reading is."""

    WAITING = "waiting"  # for the worker
    READY = "ready"  # to be shown, once
    ABSENT = "absent"  # the store has it no more
    REFUSED = "refused"  # when the worker came, it was not allowed any more
    FAILED = "failed"  # the store did not give it


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading as it is at a moment.

    Attributes:
        stage: where it is.
        asked_at: when it was asked for.
        until: from then on nothing is shown of it.
        absence: why the store has it no more; None at other stages.
        trouble: why the store did not give it; "" at other stages.
    """

    stage: Stage
    asked_at: Moment
    until: Moment
    absence: Absence | None
    trouble: str


class Readings:
    """The readings of an installation, as who reads sees them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._requests = GlassDesk(desk)

    def begin(self, hashed: str, who: Member, now: Moment) -> str:
        """Ask the worker for the message; give what opens it, which nobody else has.

        Promise: that it is about to be read is on record with the wish, or neither is. A crash after that
            leaves a wish that is forgotten by itself; one that was asked for before is forgotten here.

        Raises:
            NoSuchRequest: there is none, or it is not for who reads.
            NotAllowed: who reads may not any more.
            Refused: it was not granted, its time is up, or who granted it may not any more.
        """
        glass = self._open(hashed, who, now)
        public, private = new_key()
        facts = {
            "public": public,
            "asked_at": now,
            "until": _earlier(now + WAITS, glass),
            "stage": Stage.WAITING,
            "absence": "",
            "trouble": None,
            "sealed": None,
        }
        with transaction.atomic():
            GlassReadingRow.objects.update_or_create(request=hashed, defaults=facts)
            outbox.drop(FETCHING, hashed)
            outbox.put(FETCHING, hashed, {}, now)
            note(self._desk.ledger, "glass.opening", glass.asked, who.name, glass.asked.why, now)
        return private

    def one(self, hashed: str, who: Member, now: Moment) -> Reading | None:
        """Tell where the reading of a request is; None where none goes on. Raises as `begin`."""
        self._open(hashed, who, now)
        row = GlassReadingRow.objects.defer("sealed").filter(request=hashed, until__gt=now).first()
        if row is None:
            return None
        absence = Absence(row.absence) if row.absence else None
        trouble = "" if row.trouble is None else said_again(row.trouble)
        return Reading(Stage(row.stage), row.asked_at, row.until, absence, trouble)

    def show(self, hashed: str, private: str, who: Member, now: Moment) -> Shown:
        """Give the message to who asked, once.

        Promise: it is on record as shown, and removed, before it is given: a crash between leaves nothing to
            be shown, and the reader asks again.

        Raises:
            NoSuchRequest, NotAllowed: as `begin`.
            Refused: as `begin`; nothing waits (NOTHING_WAITS), or it was asked for in another browser.
        """
        glass = self._open(hashed, who, now)
        with transaction.atomic():
            rows = GlassReadingRow.objects.filter(request=hashed, stage=Stage.READY, until__gt=now)
            if connection.features.has_select_for_update:
                rows = rows.select_for_update()
            row = rows.first()
            if row is None or row.sealed is None:
                raise Refused(Refusal.NOTHING_WAITS)
            message = unsealed(bytes(row.sealed), private)
            if message is None:
                raise Refused(Refusal.ELSEWHERE)
            row.delete()
            note(
                self._desk.ledger, "glass.opened", glass.asked, who.name, glass.asked.why, now,
                outcome="shown",
            )  # fmt: skip
        return message

    def _open(self, hashed: str, who: Member, now: Moment) -> Glass:
        glass = self._requests.one(hashed, who)
        check_open(self._desk, glass, who, now)
        return glass


def _earlier(then: Moment, glass: Glass) -> Moment:
    return then if glass.until is None else min(then, glass.until)
