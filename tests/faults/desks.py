"""A desk of repairs in front of a Dovecot whose peers let things go wrong, on a clock of its own."""

import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from weakref import WeakSet

from faults.cells import SECONDS, SHORT
from faults.dovecots import STAGING, Crashed, Failed
from faults.peers import Dropped
from people.conftest import NOW, KeyFile
from postwarden.custody.service import Stage
from postwarden.people.service import member
from postwarden.relocation.acts import Goal, Repair
from postwarden.relocation.models import CopyRow
from postwarden.relocation.service import Wanted, content_hash
from postwarden.servers.dovecot.imap import Imap
from postwarden.sources.service import header_hash
from postwarden.state.models import EffectRow
from postwarden.state.service import StateSettings, open_state
from relocation.offices import Office

SECOND = 1_000_000
DATE = 1_578_189_845
STORE = "store"
LATER = 70 * SECOND  # longer than anything is put off
SESSIONS = WeakSet()
FLAGS = ("\\Flagged", "\\Seen", "$lab")


def letter(number):
    head = b"From: a@example.net\r\nMessage-ID: <%d@example.net>\r\n\r\n" % number
    return (
        head
        + b"Gr\xfc\xdfe \xff\xfe \xe2\x82\xac \x80 5\r\n.\r\nFrom here\r\n"
        + b"x" * 200
        + b"\r\n"
    )


class Watched(Imap):
    """A session that peers can reach for, whichever thread it is of."""

    def __init__(self, *given):
        super().__init__(*given)
        SESSIONS.add(self)


class Clock:
    """Goes on when it is told to, or when somebody rests."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def rest(self, seconds):
        self.now += int(seconds * SECOND)


class FaultyDesk:
    """Who repairs, on one state for many cells."""

    def __init__(self, upgraded, folder, peers, clock):
        self.peers, self.clock, self.routes = peers, clock, {}
        shutil.copytree(upgraded, folder / "state")
        path = str(folder / "state")
        open_state(StateSettings(path))
        self.office = Office(path, folder, self.routes, clock, rest=clock.rest)
        self.key = KeyFile(folder)
        self.office.people(self.key)
        self.case = self.office.case()
        self.cells = 0

    def cell(self, copies=1):
        """Give a fresh cell: wrong copies of a holder, all of one owner, and an approved plan."""
        self.cells += 1
        return Cell(self, self.cells, copies)


@dataclass
class Cell:
    """Copies that are to be moved, and what became of them."""

    desk: FaultyDesk
    number: int
    copies: int = 1
    later: list = field(default_factory=list)
    working: list = field(default_factory=list)

    def __post_init__(self):
        self.dovecot, self.peers = self.desk.peers.dovecot, self.desk.peers
        self.holder, self.owner = (
            f"{who}{self.number}@example.test" for who in ("holder", "owner")
        )
        self.dovecot.add(STAGING, self.holder, self.owner)
        self.contents = [letter(self.number * 1_000 + at) for at in range(self.copies)]
        self.repairs = []
        for at, content in enumerate(self.contents):
            stored = self.dovecot.accounts[self.holder]["INBOX"].add(content, DATE + at, FLAGS)
            copy = Wanted(
                id=f"finding-{self.number}-{at}",
                account=self.holder,
                folder="INBOX",
                file=f"uid={stored.uid}",
                guid=stored.guid,
                uid=stored.uid,
                header_hash=header_hash(content, frozenset()),
            )
            goals = (Goal(self.owner, STORE),)
            told = f"<{self.number * 1_000 + at}@example.net>"
            self.repairs.append(
                Repair(
                    copy=copy,
                    store=STORE,
                    size=len(content),
                    goals=goals,
                    message=told,
                    queue=f"Q{at}",
                )
            )
        self.desk.routes[STORE] = self.peers.route(SECONDS)
        office = self.desk.office
        self.plan = office.approved(self.desk.case, self.repairs, self.desk.key).hash
        office.desk.run(self.plan, member("anna"))

    # What faults do.

    def well(self, step):
        step.send(step.do())

    def hang_up(self):
        raise Dropped

    def copied(self, given):
        with self.dovecot.lock:
            self.dovecot.copied(given, [])

    def delay(self, step):
        self.later.append([3, step.do])

    def work_on(self, step):
        self.working.append([2, step.do])
        self.dovecot.busy.add(self.number + 1)

    def remove_account(self, account):
        self.dovecot.accounts.pop(account, None)

    def renumber(self, account):
        self.dovecot.accounts[account]["INBOX"].validity += 1

    def fill(self, account):
        self.dovecot.limits[account] = 1

    def patience(self, seconds):
        """Let the next command that the route gives take no longer."""
        route = self.desk.routes[STORE]
        staging = route._staging
        route._asking._doveadm._seconds = seconds
        staging._login = replace(staging._login, seconds=seconds)
        for session in list(SESSIONS):
            session._seconds = seconds

    def lose_patience(self, step):
        """Return when the client has left; it is patient again then."""
        self.patience(SECONDS)
        step.peer.released.wait(2 * SHORT)
        self.hang_up()

    def pass_by(self, step):
        """Let late requests take effect when their time has come."""
        self.later = [[left - 1, do] for left, do in self._due(self.later)]
        if step.name.startswith("processStatus"):
            self.working = [[left - 1, do] for left, do in self._due(self.working)]
            if not self.working:
                self.dovecot.busy.clear()

    def _due(self, waiting):
        for left, do in waiting:
            if not left:
                _done(do)
        return [one for one in waiting if one[0]]

    def catch_up(self):
        """Let everything that was asked for take effect."""
        for _, do in self.later + self.working:
            _done(do)
        self.later, self.working = [], []
        self.dovecot.busy.clear()

    # What becomes of it.

    def carry(self):
        """Carry the plan out once, if it is due; say whether it was."""
        return self.desk.office.desk.carry(self.plan)

    @property
    def is_done(self):
        return self.desk.office.desk.plans.stage(self.plan) is Stage.DONE

    @property
    def put_off(self):
        """Until when, and why; None where it is done."""
        row = EffectRow.objects.filter(subject=self.plan, due__isnull=False).first()
        return row and (row.due, row.trouble)

    def rows(self):
        return list(CopyRow.objects.filter(plan=self.plan).order_by("place"))

    def has(self, account):
        """Give what lies in INBOX: how often each content, date and flags."""
        folders = self.dovecot.accounts.get(account)
        there = folders["INBOX"].messages.values() if folders else ()
        return Counter((one.content, one.date, one.flags) for one in there)

    @property
    def wrong(self):
        return Counter((content, DATE + at, FLAGS) for at, content in enumerate(self.contents))

    @property
    def right(self):
        return Counter((content, DATE + at, ()) for at, content in enumerate(self.contents))

    def acts(self):
        """Give by finding what is on record."""
        told = {}
        for entry in self.desk.office.ledger.entries():
            if entry.act.startswith("copy.") and entry.facts["plan"] == self.plan:
                for one in entry.facts["detail"]["copies"]:
                    told.setdefault(one[0], []).append(entry.act)
        return told

    def kept_well(self):
        """Say that quarantine has what was removed, with its flags."""
        opened = self.desk.office.opened(self.desk.case)
        for row, content in zip(self.rows(), self.contents, strict=True):
            kept = opened.read(row.quarantined)
            assert (kept.content, row.content) == (content, content_hash(content))
            assert ({*kept.flags, *kept.keywords}, kept.account) == ({*FLAGS}, self.holder)

    def staged(self):
        """Give what is left in the staging account."""
        folders = self.dovecot.accounts[STAGING].items()
        return [name for name, one in folders if "-stage-" in name and one.messages]


def _done(do):
    try:
        do()
    except (Crashed, Failed):
        return
