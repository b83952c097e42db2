"""The chores there are."""

import time
from collections.abc import Sequence

from postwarden.custody.service import Quarantine
from postwarden.glass.service import Fetcher
from postwarden.holds.service import Aligner
from postwarden.hooks.service import Teller
from postwarden.ledger.service import Anchor, Ledger
from postwarden.relocation.service import RepairDesk
from postwarden.state import outbox
from postwarden.vocabulary import Moment, PostwardenError
from postwarden.worker.bearing import Bearer
from postwarden.worker.loop import Chore

_SIGN_SECONDS = 15
_SOON = 5  # seconds: whatever kept holds from being carried out, they are as soon as it is over


def life_chores() -> list[Chore]:
    """Say now and then that a worker is at work, for who waits for one."""
    return [Chore("sign of life", _SIGN_SECONDS, lambda: outbox.give_sign(_now()))]


def ledger_chores(ledger: Ledger, anchors: Sequence[Anchor], seconds: float) -> list[Chore]:
    """Sign a head over what was appended, and write the newest one to each anchor, which may be slow."""
    return [
        Chore("tree head", seconds, lambda: _sequence(ledger)),
        *(_anchoring(ledger, anchor, seconds) for anchor in anchors),
    ]


def hold_chores(aligner: Aligner) -> list[Chore]:
    """Carry out what holds decided, soon, and see that the servers' file is what the state says."""
    return [
        Chore("holds", 0.2, aligner.run, most_seconds=_SOON),
        Chore("holds file", 60, aligner.check),
    ]


def quarantine_chores(quarantine: Quarantine) -> list[Chore]:
    """Remove what has been in quarantine for long enough."""
    return [Chore("quarantine", 3_600, lambda: _empty(quarantine))]


def hook_chores(teller: Teller) -> list[Chore]:
    """Tell other programs of what happened; they may take their time."""
    return [Chore("webhooks", 1, teller.run, most_seconds=_SOON, aside=True)]


def _empty(quarantine: Quarantine) -> None:
    quarantine.empty(_now())


def repair_chores(desk: RepairDesk) -> list[Chore]:
    """Carry repairs out that nobody else carries out; they may take their time."""

    def carry() -> None:
        troubles = [trouble for one in desk.waiting() if (trouble := _carried(desk, one))]
        if troubles:
            raise troubles[0]

    return [Chore("repairs", 1, carry, most_seconds=_SOON, aside=True)]


def glass_chores(fetcher: Fetcher) -> list[Chore]:
    """Fetch what two people agreed to be read, for who waits for it; a store may take its time."""
    return [Chore("break-glass", 0.5, fetcher.run, most_seconds=_SOON, aside=True)]


def errand_chores(bearers: Sequence[Bearer]) -> list[Chore]:
    """Have errands done; each bearer has one at a time, and waits for its end."""
    return [Chore(one.name, 1, one.run, aside=True) for one in bearers]


def _carried(desk: RepairDesk, hashed: str) -> PostwardenError | None:
    """Carry a plan out; give what is wrong with it, so that others have their turn."""
    try:
        desk.carry(hashed)
    except PostwardenError as error:
        return error
    return None


def _sequence(ledger: Ledger) -> None:
    ledger.sequence(_now())


def _anchoring(ledger: Ledger, anchor: Anchor, seconds: float) -> Chore:
    def write() -> None:
        ledger.anchor(anchor, _now())

    return Chore(f"anchor {anchor.name}", seconds, write, aside=True)


def _now() -> Moment:
    return time.time_ns() // 1_000
