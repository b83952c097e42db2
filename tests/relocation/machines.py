"""Users and Postwarden on the same mailboxes, in any order, against a model of who has what.

What users do is done to the files as Dovecot does it. What Postwarden did is only ever read off the files
and held to the model, after every step and before every user's; what its state says is held to the model
at the end, when every plan was carried out.
"""

import os
import shutil
import socket
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from django.db import connections
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from people.conftest import NOW, KeyFile
from postwarden.custody.service import Stage
from postwarden.ledger.service import FileAnchor, Ledger
from postwarden.people.service import member
from postwarden.relocation import carrying
from postwarden.relocation.acts import Goal
from postwarden.relocation.models import CopyRow, DeliveryRow
from postwarden.relocation.service import AmbiguousRouteError, TemporaryRouteError
from postwarden.servers.maildir import MaildirRoute
from postwarden.sources.service import StoreSettings
from postwarden.state.service import StateSettings, open_state
from relocation.maildirs import HOSTS, Maildirs, hash_of, letter, repair, wanted
from relocation.offices import Office

SECONDS = NOW // 1_000_000
LATER = 130_000_000
MOST_ROUNDS = 60
PEOPLE = ("bob", "carol", "dora", "eve")
ACCOUNTS = tuple(f"{name}@example.net" for name in PEOPLE)
ENDS = ("relocated", "removed")
ACTIONS = ("read", "flag", "move", "copy", "delete", "deliver")
CALLS = some.integers(1, 12)
FAULTS = some.sampled_from(("kill before", "kill after", "lost answer", "lost question", "refused"))


class Killed(BaseException):
    """Stands for SIGKILL: nothing tidies up behind it, and nothing is told."""


@dataclass(eq=False)
class File:
    """What the model knows of a file: whose, and of which wrong copy or message where it is of one."""

    kind: str
    account: str
    content: str
    modified: int
    finding: str = ""
    message: int = 0


@dataclass
class Source:
    """A wrong copy: who deleted it, where anybody did."""

    message: int
    holder: str
    goals: tuple[str, ...]
    deleted: bool = False
    removed: bool = False


@dataclass
class Happening:
    """What comes between Postwarden and a store at a call; 0: nothing does."""

    at: int = 0
    does: object = None
    seen: int = field(default=0)


class Between:
    """A route in which something happens at the n-th call."""

    def __init__(self, route):
        self._route, self.next = route, Happening()

    def __getattr__(self, name):
        does = getattr(self._route, name)

        def call(*words):
            now = self.next
            now.seen += 1
            if now.seen != now.at:
                return does(*words)
            return now.does(lambda: _all(does(*words)))

        return call if callable(does) else does


def _all(found):
    return list(found) if hasattr(found, "__next__") else found


class Records(Ledger):
    """A ledger whose n-th entry kills whoever writes it."""

    until = 0

    def append(self, entries, now):
        if self.until == 1:
            self.until = 0
            raise Killed
        self.until = max(self.until - 1, 0)
        return super().append(entries, now)


class Prepared:
    """A state with people and a case, copied for each run."""

    def __init__(self, upgraded, folder):
        self.folder = Path(folder)
        shutil.copytree(upgraded, self.folder / "state")
        open_state(StateSettings(str(self.folder / "state")))
        self.key = KeyFile(self.folder)
        office = Office(str(self.folder / "state"), self.folder, {}, lambda: NOW)
        office.people(self.key)
        self.case = office.case()
        connections.close_all()


class Mailboxes(RuleBasedStateMachine):
    """See the module; `prepared` is set by whoever runs it."""

    prepared = None
    steps = 0

    def __init__(self):
        super().__init__()
        self._patches = [patch.object(carrying, "_AT_ONCE", 2)]
        for one in self._patches:
            one.start()
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="postwarden-machine-", dir=memory))
        shutil.copytree(self.prepared.folder, self.folder, dirs_exist_ok=True)
        open_state(StateSettings(str(self.folder / "state")))
        self.time, self.ahead, self.numbers = NOW, 0, 100
        self.files, self.sources, self.arrived, self.preserved = {}, {}, Counter(), set()
        self.copies = {}
        (self.folder / "mail").mkdir()
        self.mail = Maildirs(self.folder / "mail")
        self.mail.add(*ACCOUNTS)
        for account in ACCOUNTS:
            self._put("own", account, letter(self._number(), astray=account))
        self.here, self.there = self._office(""), self._office("-elsewhere")

    def _office(self, host):
        store = StoreSettings("store", "maildir", self.mail.template)
        between = Between(MaildirRoute(store, HOSTS, ".", "desk"))
        state = str(self.folder / "state")
        office = Office(state, self.folder, {"store": between}, self._now, host, Records)
        office.between, office.preserved = between, self.preserved
        return office

    def _now(self):
        self.time += 1_000
        return self.time + self.ahead

    def _number(self):
        self.numbers += 1
        return self.numbers

    def _put(self, kind, account, content, finding="", message=0, letters=None, folder="INBOX"):
        number = self._number()
        file = self.mail.put(account, f"{number}.M", content, SECONDS - number, folder, letters)
        there = File(
            kind, account, hash_of(content), (SECONDS - number) * 1_000_000, finding, message
        )
        self.files[self.mail.path(account, file)] = there
        return file

    @initialize(
        astray=some.lists(
            some.tuples(
                some.lists(some.sampled_from(ACCOUNTS), min_size=1, max_size=3, unique=True),
                some.lists(some.sampled_from(ACCOUNTS), max_size=2, unique=True),
                some.booleans(),
                some.booleans(),
            ),
            min_size=2,
            max_size=5,
        ),
        again=some.sets(some.integers(0, 8)),
        at_once=some.integers(1, 2),
    )
    def go_astray(self, astray, again, at_once):
        """Let messages lie in wrong mailboxes, and plans say so: one of all, another of some of them."""
        carrying._AT_ONCE = at_once
        repairs = []
        for number, (holders, goals, named, flagged) in enumerate(astray, 1):
            to = tuple(sorted(set(goals) - set(holders)))
            for holder in holders:
                content = letter(number, astray=holder, named=named)
                finding = f"finding-{number}-{holder}"
                letters, folder = ("FS", "Mine") if flagged else (None, "INBOX")
                file = self._put("source", holder, content, finding, number, letters, folder)
                copy = wanted(finding, holder, file, content, folder)
                message = f"<{number}@shop.example>" if named else ""
                told = repair(copy, content, message=message, queue=f"4Q{number}")
                repairs.append(told._replace(goals=tuple(Goal(one, "store") for one in to)))
                self.sources[finding] = Source(number, holder, to)
                self.copies[finding] = content
        others = [one for place, one in enumerate(repairs) if place in again]
        self.plans = [self._approved(one) for one in (repairs, others) if one]
        for plan in self.plans:
            self.here.desk.run(plan, member("anna"))

    def _approved(self, repairs):
        return self.here.approved(self.prepared.case, repairs, self.prepared.key).hash

    @rule(which=some.integers(0, 60), action=some.sampled_from(ACTIONS))
    def user(self, which, action):
        """Somebody does something to a message that they have."""
        self._counted()
        self._user(which, action)

    def _user(self, which, action):
        self.look()
        if not self.files:  # users deleted every one
            return
        path = sorted(self.files)[which % len(self.files)]
        file = self.files[path]
        base, _, letters = path.name.partition(":2,")
        cur = path.parent.parent / "cur"
        if action == "deliver":
            self._put("own", file.account, letter(self._number(), astray=file.account))
        elif action == "delete":
            path.unlink()
            del self.files[path]
            if file.kind == "source":
                self.sources[file.finding].deleted = True
        elif action == "copy":
            to = self._folder(file.account) / f"cur/{self._number()}.C:2,"
            os.link(path, to)
            self.files[to] = File("own", file.account, file.content, file.modified)
        else:
            letters = "".join(sorted({*letters} ^ {"F"})) if action == "flag" else letters
            letters = "".join(sorted({*letters} | {"S"})) if action == "read" else letters
            to = (
                self._folder(file.account) / "cur" if action == "move" else cur
            ) / f"{base}:2,{letters}"
            path.rename(to)
            self.files[to] = self.files.pop(path)

    def _folder(self, account):
        folder = self.mail.box(account) / ".Mine"
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self.mail.give(folder)
        return folder

    @rule(which=some.integers(0, 1))
    def stop_or_resume(self, which):
        """Somebody stops a plan, or lets it go on."""
        self._counted()
        plan = self.plans[which % len(self.plans)]
        stage = self.here.desk.plans.stage(plan)
        if stage is Stage.RUNNING:
            self.here.desk.stop(plan, member("anna"), "enough")
        elif stage is Stage.STOPPED:
            self.here.desk.run(plan, member("anna"))

    @rule(which=some.sampled_from(ACCOUNTS))
    def preserve(self, which):
        """What somebody has stored must stay from now on, until it need not."""
        self._counted()
        self.preserved ^= {which}
        for source in self.sources.values():
            source.kept = getattr(source, "kept", False) or source.holder in self.preserved

    @rule(which=some.integers(0, 1))
    def batch(self, which):
        """Some copies are done; then whoever does them is killed."""

        def after():
            raise Killed

        self._carried(self.here, which, after)

    @rule(which=some.integers(0, 1), at=CALLS, fault=FAULTS)
    def trouble(self, which, at, fault):
        """A call goes wrong before or after it was done, or never comes back."""

        def does(call):
            if fault.endswith(("after", "answer")):
                call()
            if fault.startswith("kill"):
                raise Killed
            raise (TemporaryRouteError if fault == "refused" else AmbiguousRouteError)("scripted")

        self.here.between.next = Happening(at, does)
        self._carried(self.here, which)

    @rule(which=some.integers(0, 1), at=some.integers(1, 8))
    def killed_at_the_record(self, which, at):
        self.here.ledger.until = at
        self._carried(self.here, which)
        self.here.ledger.until = 0

    @rule(
        which=some.integers(0, 1),
        at=CALLS,
        file=some.integers(0, 60),
        action=some.sampled_from(ACTIONS),
    )
    def user_meanwhile(self, which, at, file, action):
        """Somebody does something between two calls of Postwarden."""

        def does(call):
            self._user(file, action)
            return call()

        self.here.between.next = Happening(at, does)
        self._carried(self.here, which)

    @rule(
        which=some.integers(0, 1), other=some.integers(0, 1), at=CALLS, killed=CALLS | some.just(0)
    )
    def two(self, which, other, at, killed):
        """Another host takes plans over while the first one is held up at a call."""

        def dies(_):
            raise Killed

        def does(call):
            self.ahead += LATER
            self.there.between.next = Happening(killed, dies)
            with patch.object(socket, "gethostname", lambda: "elsewhere"):
                self._carried(self.there, other)
            return call()

        self.here.between.next = Happening(at, does)
        self._carried(self.here, which)

    def _carried(self, office, which, after=lambda: None):
        self._counted()
        self.time += LATER  # whatever was put off is due
        try:
            office.desk.carry(self.plans[which % len(self.plans)], after)
        except Killed:
            pass
        finally:
            office.between.next = Happening()

    def _counted(self):
        type(self).steps += 1

    @invariant()
    def look(self):
        """Read off the files what Postwarden did, and hold it to what it may do."""
        there = set(self.mail.files())
        for path in sorted(there - self.files.keys()):
            self._arrival(path)
        for path in sorted(self.files.keys() - there):
            self._removal(self.files.pop(path))
        for path, file in self.files.items():
            found = self.mail.stored(path)
            assert (found.content, found.modified) == (file.content, file.modified)

    def _arrival(self, path):
        found = self.mail.stored(path)
        assert (found.folder, found.part, found.letters) == ("INBOX", "new", "")
        came = {
            (hash_of(self.copies[name]), source.message)
            for name, source in self.sources.items()
            if found.account in source.goals
        }
        (message,) = {number for content, number in came if content == found.content}
        self.arrived[found.account, message] += 1
        assert self.arrived[found.account, message] == 1, "it arrived twice"
        self.files[path] = File(
            "arrival", found.account, found.content, found.modified, "", message
        )

    def _removal(self, file):
        assert file.kind == "source", f"lost: {file}"
        source = self.sources[file.finding]
        source.removed = True
        assert CopyRow.objects.filter(finding=file.finding).exclude(quarantined="").exists()
        assert all(self.arrived[one, source.message] for one in source.goals), f"lost: {file}"

    def teardown(self):
        """Carry everything out, and hold what is said of it to what was."""
        try:
            if hasattr(self, "plans"):
                self._end()
        finally:
            connections.close_all()
            for one in self._patches:
                one.stop()
            shutil.rmtree(self.folder)

    def _end(self):
        for plan in self.plans:
            if self.here.desk.plans.stage(plan) is not Stage.DONE:
                self.here.desk.run(plan, member("anna"))
        for _ in range(MOST_ROUNDS):
            self.ahead += LATER
            for plan in self.here.desk.waiting():
                self.here.desk.carry(plan)
            self.look()
            if not self.here.desk.waiting():
                break
        told = [self.here.desk.progress(plan) for plan in self.plans]
        assert [one.stage for one in told] == [Stage.DONE] * len(told), told
        for row in CopyRow.objects.all():
            self._honest(row)
        for finding, source in self.sources.items():
            self._complete(finding, source)
        assert self.mail.unusual() == []
        assert self.here.box.verify().faults == []
        anchor = FileAnchor(str(self.folder / "anchor"))
        self.here.ledger.sequence(self._now())
        self.here.ledger.anchor(anchor, self._now())
        told = self.here.ledger.verify(anchor.read())
        assert (list(told.faults), told.tail) == ([], 0), told

    def _honest(self, row):
        source = self.sources[row.finding]
        sent = [one.sent for one in DeliveryRow.objects.filter(copy=row)]
        has = [self.arrived[one, source.message] for one in source.goals]
        if row.outcome in ENDS:
            assert source.removed or source.deleted
            assert all(has)
            assert row.outcome == ("relocated" if source.goals else "removed")
            kept = self.here.opened(self.prepared.case).read(row.quarantined)
            assert hash_of(kept.content) == hash_of(self.copies[row.finding])
            assert kept.account == source.holder
        elif row.outcome == "holder-deleted":
            assert source.deleted, f"{row.finding}: its holder did not delete it"
            assert all(has)
        elif row.outcome == "needs-person":
            assert row.why in {"source-gone", "keeps-failing", "not-known-arrived"}
            assert source.deleted or row.why != "source-gone"
            assert row.why != "not-known-arrived" or {"unclear", "doubted"} & set(sent)
        elif row.why == "settled":
            assert CopyRow.objects.filter(finding=row.finding, outcome__in=ENDS).exists()
            assert all(has)
        else:
            assert (row.outcome, row.why) == ("left", "preserved")
            assert getattr(source, "kept", False)

    def _complete(self, finding, source):
        """A copy that is gone for no other reason than that Postwarden took it is with its owners."""
        rows = CopyRow.objects.filter(finding=finding)
        ends = set(rows.values_list("outcome", flat=True))
        if not source.deleted and not getattr(source, "kept", False) and "needs-person" not in ends:
            assert source.removed
            assert ends & set(ENDS), ends
