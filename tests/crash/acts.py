"""What is done in a process of its own: acts that points stop, and what brings them to their end."""

import contextlib
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from django.db import transaction

from holds.conftest import ORGANISATIONS, PEOPLE
from people.conftest import NOW, KeyFile, Records
from postwarden.cases import service as cases
from postwarden.custody.service import Refused, consent
from postwarden.holds import carrying
from postwarden.holds.file import projection_file
from postwarden.holds.service import Aligner, HoldDesk, NothingToDo, Wish
from postwarden.holds.settings import DovecotSettings
from postwarden.ledger.service import Entry, FileAnchor, Ledger
from postwarden.people.service import add, challenge, enrol, member
from postwarden.servers.dovecot import DovecotControl
from postwarden.state import outbox
from postwarden.state.service import StateSettings, open_state
from postwarden.worker.service import hold_chores, ledger_chores

carrying.FIRST = carrying.BATCH = 3  # several transactions a plan, though it is small
ACCOUNTS = tuple(f"user{number}@example.net" for number in range(5))
BEFORE = "other@example.net"
_SECOND = 1_000_000
_HOUR = 3_600 * _SECOND
_ROUNDS = tuple(seconds * _SECOND for seconds in (0, 12, 13, 90, 91))  # the last: a lease has ended
_LATER = 200 * _SECOND  # leases have ended by then


@dataclass
class Place:
    """A folder with an installation, the door to its Dovecot, and the port of a store's peer."""

    folder: Path
    url: str
    step: int
    peer: int

    def __post_init__(self):
        ticks = count()
        self.now = lambda: NOW + self.step * _LATER + next(ticks) * 1_000
        self.anchor = FileAnchor(str(self.folder / "anchor"))
        self.holds = str(self.folder / "holds")

    def told(self):
        return json.loads((self.folder / "told.json").read_text())

    def tell(self, **facts):
        (self.folder / "told.json").write_text(json.dumps(facts))

    def open(self):
        settings = StateSettings(str(self.folder / "state"))
        open_state(settings)
        ledger = Ledger(settings.path, "example.net/postwarden")
        return HoldDesk(cases.Desk(ledger, ORGANISATIONS), self.holds, lambda _: {})

    def chores(self, desk, later=0):
        control = DovecotControl([DovecotSettings(self.url, "key")], seconds=1)
        aligner = Aligner(desk, control, lambda: self.now() + later)
        return [*hold_chores(aligner), *ledger_chores(desk.desk.ledger, [self.anchor], 1)]


def upgrade(place):
    """Make the tables."""
    open_state(StateSettings(str(place.folder / "state")))


def begin(place):
    """First use: secrets are made, the ledger begins, the servers' file is there."""
    desk = place.open()
    desk.projection.refresh()


def settle(place):
    """Bring people, a case and an older hold into it."""
    desk = place.open()
    for name, grant in PEOPLE.items():
        add(name, name.title(), [grant], "anna", Records(), NOW)
    key = KeyFile(place.folder)
    enrol("ben", key.public, key.sign(challenge("ben", key.public)), "anna", Records(), NOW)
    opening = cases.Opening(cases.Kind.MISDELIVERY, "astray")
    case = cases.open_case(desk.desk, member("anna"), opening, place.now()).reference
    place.tell(case=case)
    wish = Wish((BEFORE,), "", "before")
    desk.carry(desk.hold(wish, member("anna"), place.now()).plan.hash, place.now)
    work(place)


def hold(place):
    """`postwarden hold`; what is held already is no plan."""
    desk = place.open()
    wish = Wish(ACCOUNTS, place.told()["case"], "because")
    with contextlib.suppress(NothingToDo):
        planned = desk.hold(wish, member("anna"), place.now())
        desk.carry(planned.plan.hash, place.now)


def plan_release(place):
    """`postwarden release`, and the signature that `approve` will give."""
    desk = place.open()
    told = place.told()
    plan = desk.release(Wish(ACCOUNTS, told["case"], "clean"), member("anna"), place.now()).plan
    expires = NOW + 10 * _HOUR
    key = KeyFile.__new__(KeyFile)
    key.path = place.folder / "key-0"
    signature = key.sign(consent(plan.hash, len(plan.acts), expires))
    place.tell(**told, plan=plan.hash, expires=expires, signature=signature)


def release(place):
    """`postwarden approve`: what was approved and is past that needs nothing more."""
    desk, told = place.open(), place.told()
    with contextlib.suppress(Refused):
        signed = (told["expires"], told["signature"])
        plan = desk.approve(told["plan"], member("ben"), *signed, place.now())
        desk.carry(plan.hash, place.now)


def work(place):
    """`postwarden worker`, until nothing is due any more."""
    desk = place.open()
    for later in _ROUNDS:
        for chore in place.chores(desk, later):
            chore.do()
        if later and not desk.pending():
            return


def append(place):
    """Entries and the state they describe, in one transaction, for a case that has no key yet."""
    ledger = place.open().desk.ledger
    with transaction.atomic():
        outbox.put("crash.state", "appended", {}, place.now())
        entries = [Entry("crash.appended", "anna", "why", "2026-9", who) for who in ACCOUNTS[:3]]
        ledger.append(entries, place.now())


def sequence(place):
    """Sign a head and write it to the anchor."""
    ledger = place.open().desk.ledger
    ledger.sequence(place.now())
    ledger.anchor(place.anchor, place.now())


def damage(place):
    """Let the servers' file be none of ours any more."""
    with open(projection_file(place.holds), "r+b") as file:
        file.write(b"x" * 12_000)


def mend(place):
    """The worker's look at the servers' file."""
    desk = place.open()
    for chore in hold_chores(Aligner(desk, None, place.now)):
        chore.do()
