"""An errand done: by a process of its own, which a worker begins and which ends with it.

So that nothing else of the worker waits for an engine, and its memory is given back. It writes what came of it
in the transaction that ends the errand, or, of a snapshot, after the snapshot is whole; killed at any time it
leaves the errand to be begun anew.
"""

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from django.db import transaction

from postwarden import rooms
from postwarden.cases.service import State
from postwarden.configuration import Configuration, load
from postwarden.drafting import Asked, drafted
from postwarden.errands.service import (
    Claimed,
    ErrandLost,
    ExaminationWish,
    PlanningWish,
    ScanWish,
    Step,
    taken,
)
from postwarden.evidence.service import Manifest, Progress, Scope, accounts_of, take
from postwarden.examining import Kept, examine
from postwarden.lines import write_lines
from postwarden.opened import opened
from postwarden.people.service import member
from postwarden.rooms import Rooms, present
from postwarden.verdicts.service import Finding
from postwarden.vocabulary import PostwardenError, said
from postwarden.wiring import sources
from postwarden.words.plans import not_possible

_BETWEEN = 0.5
"""Seconds between two times that it says how far it is, in one step."""
_INTERRUPTED = 130


class NobodyThere(PostwardenError):
    """No store has a mailbox of what a scan was limited to."""


class Telling:
    """Says how far an errand is, not more often than anybody looks."""

    def __init__(self, claimed: Claimed) -> None:
        self._claimed = claimed
        self._last: tuple[str, float] = ("", 0.0)

    def __call__(self, step: Step, *, last: bool = False) -> None:
        """Say it, unless something of the same step was said just now; the step's last word always is."""
        at = time.monotonic()
        name, said_at = self._last
        if step.name != name or last or at - said_at >= _BETWEEN:
            self._claimed.tell(step, present())
            self._last = (step.name, at)

    def counted(self, some: Iterable[Finding]) -> Iterator[Finding]:
        """Give findings as they are found, and say how many there were."""
        number = 0
        self(Step("examining"))
        for number, one in enumerate(some, 1):
            self(Step("examining", found=number))
            yield one
        self(Step("examining", found=number), last=True)


def do(desk: Rooms, claimed: Claimed) -> None:
    """Do an errand to its end; what keeps it from one is kept with it.

    Raises:
        ErrandLost: it is not ours any more; nothing of it was written.
    """
    tell = Telling(claimed)
    try:
        with not_possible():
            match claimed.wish:
                case ScanWish() as wish:
                    _scan(desk, claimed, wish, tell)
                case ExaminationWish() as wish:
                    _examine(desk, claimed, wish, tell)
                case PlanningWish() as wish:
                    _plan(desk, claimed, wish, tell)
    except ErrandLost:
        raise
    except PostwardenError as error:
        claimed.fail(error.args[0] if error.args else str(error), present())
    except OSError as error:
        why = said("{error}. What was read is kept; ask for it again.", error=str(error))
        claimed.fail(why, present())


def _scan(desk: Rooms, claimed: Claimed, wish: ScanWish, tell: Telling) -> None:
    configuration = desk.configuration
    read = sources(configuration)
    settings = replace(configuration.evidence, purpose=wish.purpose, expiry_days=wish.expires_days)
    tell(Step("directory"))
    accounts = set(wish.accounts)
    if wish.domains:
        accounts.update(accounts_of(read.stores, read.mail, wish.domains))
        if not accounts:
            raise NobodyThere(said("No store has a mailbox of these domains. Nothing was read."))

    def report(progress: Progress) -> None:
        step = Step(progress.stage, progress.done, progress.total, progress.messages)
        tell(step, last=step.done == step.total)

    scope = Scope(tuple(sorted(accounts)), wish.since)
    manifest = take(settings, scope, read, present(), report)
    claimed.end(_scanned(configuration, manifest), present())


def _scanned(configuration: Configuration, manifest: Manifest) -> dict[str, object]:
    with opened(configuration, manifest.name) as evidence:
        problems = sum(evidence.problems().values())
    rows = manifest.rows
    return {
        "snapshot": manifest.name,
        "copies": rows["copies"],
        "deliveries": rows["deliveries"],
        "problems": problems,
    }


def _examine(desk: Rooms, claimed: Claimed, wish: ExaminationWish, tell: Telling) -> None:
    """Examine; the case has all of what was found, or none, also where somebody stops it meanwhile."""

    def ended(kept: Kept) -> None:
        wrong = sum(state is State.TO_REPAIR for state in kept.states.values())
        told = {"dated": kept.dated, "looked": len(kept.states), "wrong": wrong}
        claimed.end(told, present())

    who = member(claimed.errand.asked_by)
    examine(desk.configuration, desk.desk, who, wish.case, present(), tell.counted, ended)


def _plan(desk: Rooms, claimed: Claimed, wish: PlanningWish, tell: Telling) -> None:
    who = member(claimed.errand.asked_by)
    wanted = Asked(wish.case, clean=wish.clean, answered=wish.answered)
    repairs, counted = drafted(desk.configuration, desk.repairs, who, wanted, tell.counted)
    tell(Step("freezing", found=len(repairs)))
    with transaction.atomic():
        plan = desk.repairs.plan(wish.case, wish.reason, repairs, counted, who)
        claimed.end({"plan": plan.hash, "acts": len(plan.acts)}, present())


def main() -> None:
    """Do the errand that the process before this one took; both end together.

    Of the command line: the configuration file, the number of the effect, and the token it was taken with.
    """
    file, number, token = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configuration = load(file)
    write_lines("errand", configuration.log_style)
    try:
        desk = rooms.opened(configuration)
        with suppress(ErrandLost):
            do(desk, taken(desk.ledger, int(number), int(token)))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _end_with_parent() -> None:
    """Wait until nobody holds the other end of the standard input."""
    while os.read(0, 1):
        pass
    os._exit(_INTERRUPTED)
