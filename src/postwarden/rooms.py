"""All rooms of an installation as a served shell uses them: opened once a process; and the present."""

import time
from dataclasses import dataclass

from postwarden import wiring
from postwarden.cases.service import Desk
from postwarden.configuration import Configuration
from postwarden.errands.service import Errands
from postwarden.holds.service import HoldDesk
from postwarden.hooks.service import Hooks
from postwarden.ledger.service import Ledger
from postwarden.people.service import Record
from postwarden.relocation.service import RepairDesk, RestoreDesk
from postwarden.vocabulary import Moment


def present() -> Moment:
    """Give the present."""
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Rooms:
    """An installation as its served shells know it."""

    configuration: Configuration
    holds: HoldDesk
    repairs: RepairDesk
    restores: RestoreDesk
    record: Record
    hooks: Hooks
    errands: Errands

    @property
    def desk(self) -> Desk:
        """What cases are worked on with."""
        return self.repairs.desk

    @property
    def ledger(self) -> Ledger:
        """The record."""
        return self.desk.ledger


def opened(configuration: Configuration) -> Rooms:
    """Open an installation.

    Raises:
        StateError: its state cannot be used.
        KeysMissing: the keys beside it are not its own.
    """
    holds = wiring.hold_desk(configuration, carries=False)
    repairs = wiring.repair_desk(configuration, present)
    restores = wiring.restore_desk(configuration, present)
    record = wiring.recorder(holds.desk.ledger)
    hooks, errands = wiring.hooks(configuration, holds), Errands(repairs.desk)
    return Rooms(configuration, holds, repairs, restores, record, hooks, errands)
