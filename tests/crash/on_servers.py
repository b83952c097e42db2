"""Repairs and restores on a real Dovecot, stopped at seeded points: Postwarden's calls, or Dovecot itself.

A point is a format, an act and a seed; all else is rolled from it: the system call, the fault, whether what
goes on is killed as well, who goes on, and how.
"""

import json
import os
import signal
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from crash import tracing
from crash.killable import Letter, Lying, killable, rolling
from crash.machine import Fell, machine
from crash.points import NOT_REACHED
from crash.put_right import lost_or_double
from crash.repairs import DOVECOT
from crash.tallying import tallied
from crash.tracing import FAULTS, Call
from people.conftest import NOW
from relocation.maildirs import hash_of, letter
from relocation.rigs import STAGING

STORES = ("maildir", "mdbox")
STRIKES = ("dovecot", "master", "worker")
_WAITING = ("connect", "sendto", "sendmsg", "recvfrom", "recvmsg", "poll", "write")
_AT_SERVERS = 0.7  # of the points, so many are at calls by which Dovecot is asked or waited for
_AGAIN = 0.35
_LATE = 0.06  # seconds at most from the call on: Dovecot is at work then
_PATIENCE = 30.0
_DATE = NOW // 1_000_000 - 100_000
WAYS = {
    "repair": (("finish",), ("repairing", "finish"), ("both",)),
    "restore": (("finish_restore",), ("restoring", "finish_restore")),
}
_FIRST = {"repair": "repairing", "restore": "restoring"}


class RealPoint(NamedTuple):
    """What is done where, and what all the rest is rolled from."""

    store: str
    act: str
    seed: int

    def __str__(self):
        return f"real:{self.store}:{self.act}:{self.seed}"


class Course(NamedTuple):
    """What was rolled: where it is stopped and how, where what goes on is killed, and who goes on."""

    call: Call
    fault: str
    late: float
    again: Call | None
    way: tuple[str, ...]

    def __str__(self):
        at = f"{self.call.name}:{self.call.number}:{self.fault}"
        again = f", then {self.again.name}:{self.again.number}:KILL" if self.again else ""
        return f"{at}{again}, then {'+'.join(self.way)}"


def parsed_real(text):
    """Read a point as it is written."""
    _, store, act, seed = text.split(":")
    return RealPoint(store, act, int(seed))


def sample(seeds):
    """Give the points of so many seeds."""
    return [RealPoint(*one, seed) for seed in range(seeds) for one in _KINDS]


_KINDS = tuple((store, act) for act in WAYS for store in STORES)


class RealSuite:
    """Points on a machine and its Dovecots, by format; `came` counts what was done of which kind."""

    def __init__(self, made, dovecots):
        self.machine, self.dovecots = made, dovecots
        self._calls = {}
        self._known_left = set()
        self._count = 0
        self.came = Counter()

    def failures(self, point, course=None):
        """Stop an act, bring it to its end; give what is not as it should be.

        Args:
            point: which.
            course: how it goes; None: as it is rolled.
        """
        rig, rolled = self.dovecots[point.store], rolling(point)
        course = course or self._course(point, rolled)
        lying = self._lying(point, rig)
        try:
            came = self._stopped(_FIRST[point.act], lying, course, rig, rolled)
            self.came[f"{point.act} on {point.store}: {course.fault}" if came else NOT_REACHED] += 1
            at_once = lost_or_double(lying.now(), lying.arrives)
            if course.again and self._stopped_again(lying, course):
                self.came[f"{point.act} on {point.store}: killed again"] += 1
            self.came[f"{point.act}: two at once"] += course.way == ("both",)
            for act in course.way:
                self.machine.run(act, lying.name)
            found = [*at_once, *self._judged(point, lying), *self._newly_left(rig)]
        except Fell as error:
            found = [str(error)]
        finally:
            if not rig.is_up():
                rig.go_on()
        return [f"{course}: {one}" for one in found]

    def _newly_left(self, rig):
        """Say what is left in staging, each once: what an earlier point left is not this one's."""
        left = [one for one in _left(rig) if one not in self._known_left]
        self._known_left.update(left)
        return left

    def _course(self, point, rolled):
        acting, going_on = self._known(point)
        fault = rolled.choice((*FAULTS, *STRIKES))
        again = _rolled(going_on, rolled, True) if rolled.random() < _AGAIN else None
        at_servers = fault in STRIKES or rolled.random() < _AT_SERVERS
        call = _rolled(acting, rolled, at_servers)
        return Course(call, fault, rolled.uniform(0, _LATE), again, rolled.choice(WAYS[point.act]))

    def _known(self, point):
        """Give the calls of an act, and of what goes on with it where it was killed half-way."""
        kind = point[:2]
        if kind not in self._calls:
            rig, first = self.dovecots[point.store], _FIRST[point.act]
            lying = self._lying(point, rig)
            self.machine.run(first, lying.name, tracing.watching())
            acting = tracing.calls_of(self.machine.traced())
            lying = self._lying(point, rig)
            self.machine.run(first, lying.name, tracing.injecting(acting[len(acting) // 2], "KILL"))
            self.machine.run(WAYS[point.act][0][0], lying.name, tracing.watching())
            self._calls[kind] = acting, tracing.calls_of(self.machine.traced())
        return self._calls[kind]

    def _lying(self, point, rig):
        """Let mail lie wrong in accounts of this run alone, and plans say what becomes of it."""
        self._count += 1
        name = f"real-{self._count}"
        self.machine.fresh("manned", name)
        there = Astray(rig, name, self.machine.root / name / DOVECOT)
        self.machine.run("plan_really", name)
        if point.act == "restore":
            for act in ("finish", "plan_restore"):
                self.machine.run(act, name)
        return there

    def _stopped(self, act, lying, course, rig, rolled):
        """Let the fault come at its call; tell whether it came."""
        if course.fault in FAULTS:
            self.machine.run(act, lying.name, tracing.injecting(course.call, course.fault))
            return tracing.struck(self.machine.log)
        words = tracing.stopping(course.call)
        self.machine.run(act, lying.name, words, lambda pid: self._strike(pid, course, rig, rolled))
        if not rig.is_up():
            rig.go_on()
        return tracing.is_stopped(self.machine.log)

    def _stopped_again(self, lying, course):
        words = tracing.injecting(course.again, "KILL")
        self.machine.run(course.way[0], lying.name, words)
        return tracing.struck(self.machine.log)

    def _strike(self, pid, course, rig, rolled):
        """Once the process is stopped at its call, kill something of Dovecot; then let it go on to its end."""
        until = time.monotonic() + _PATIENCE
        while not tracing.is_stopped(self.machine.log):
            if _has_ended(pid) or time.monotonic() > until:
                return
            time.sleep(0.001)
        time.sleep(course.late)
        rig.strike(course.fault, rolled)
        if course.fault in ("dovecot", "master") and rolled.random() < 0.5:
            rig.go_on()
        with suppress(ProcessLookupError):
            while not _has_ended(pid):  # other threads of it come to their call of this number, too
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.01)

    def _judged(self, point, lying):
        if point.act == "repair":
            wanted = {"stage": "done", "outcomes": lying.outcomes, "faults": []}
            told = self.machine.run("judge_record", lying.name)[1]
            due = lying.faults(())
        else:
            removed = [one for one, outcome in lying.outcomes.items() if outcome != "left"]
            wanted = {"stage": "done", "outcomes": dict.fromkeys(removed, "restored"), "faults": []}
            told = self.machine.run("judge_restore_really", lying.name)[1]
            due = lying.faults(lying.wrong)
        found = [
            f"{one}: {told[one]}, not {wanted[one]}" for one in wanted if told[one] != wanted[one]
        ]
        return [*due, *found]


def _rolled(calls, rolled, at_servers):
    fitting = [one for one in calls if (one.name in _WAITING) or not at_servers]
    return rolled.choice(fitting)


def _has_ended(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True


def _left(rig):
    """Say what is left in staging; a folder that was made, and nothing else, goes another day."""
    field, names = ["messages"], [one for one in rig.staging() if "-stage-" in one]
    rows = (
        rig.doveadm("mailboxStatus", user=STAGING, field=field, mailboxMask=names) if names else []
    )
    return [f"left in staging: {row}" for row in rows if row["messages"] != "0"]


def facts_of(rig, repairs, told, *, files=False, at_once=4):
    """Give what acts need to know of a Dovecot, and what a plan is to say."""
    dovecot = {"imap": rig.ports.imap, "url": rig.url, "seconds": 20.0, "orphans": 1.0}
    dovecot["files"] = str(rig.box("{local}@{domain}")) if files else ""
    return {"dovecot": dovecot, "repairs": repairs, "told": told, "at_once": at_once}


class Astray:
    """The copies of a run, whose they are, and what has to be so in the end."""

    def __init__(self, rig, name, facts):
        self._rig, self.name = rig, name
        self._accounts = rig.people()
        self.arrives, self.outcomes, self._repairs, self._letters = [], {}, [], {}
        bob, carol, dora, eve, finn, gus = self._accounts
        for number, account in enumerate(self._accounts):
            self._letters[account] = [self._letter(900 + number, account, r"\Answered", r"\Seen")]
        self._letters[dora].append(self._letter(7, dora, r"\Answered", r"\Seen"))
        own = {one: len(some) for one, some in self._letters.items()}
        plans = [
            *self._wrong(1, {bob: ()}, [carol]),
            *self._wrong(2, {bob: (r"\Seen",), carol: (), dora: ()}, [eve]),
            *self._wrong(3, {carol: (r"\Flagged", r"\Seen")}, [dora, finn], "Post", into="Spaet"),
            *self._wrong(4, {eve: (r"\Seen", "$lab")}, [bob], named=False),
            *self._wrong(5, {gus: ()}, [], kept=(finn,)),
            *self._wrong(6, {finn: ()}, [gus]),
        ]
        known = {one: rig.fill(one, some) for one, some in self._letters.items()}
        there = dict(zip(self._letters, map(self._seen, self._letters), strict=True))
        self.wrong = [one for who in there for one in there[who][own[who] :]]
        self.stays = [one for who in there for one in there[who][: own[who]]]
        left = known[dora][1]
        self._plan(left, self._letters[dora][1], why="answered")
        self.outcomes[left.id] = "left"
        for holder, place, more in plans:
            copy = known[holder][place]
            self._plan(copy, self._letters[holder][place], **more)
            self.outcomes[copy.id] = "relocated" if more["goals"] else "removed"
        told = {"outcomes": self.outcomes, "arrives": self.arrives}
        facts.write_text(json.dumps(facts_of(rig, self._repairs, told)))

    def _letter(self, number, holder, *flags, named=True, folder="INBOX"):
        content = letter(number, astray=holder, named=named)
        return Letter(content, _DATE - 100 * number - len(self._letters), flags, folder)

    def _wrong(self, number, holders, goals, folder="INBOX", *, named=True, kept=(), into="INBOX"):
        """Let copies of one message lie with holders; each goal gets it from one of them."""
        came, found = [], []
        for place, (holder, flags) in enumerate(holders.items()):
            one = self._letter(number, holder, *flags, named=named, folder=folder)
            one = one._replace(date=one.date - place)
            more = {"goals": goals, "kept": kept, "folder": into, "queue": f"4Q{number}"}
            more["message"] = f"<{number}@shop.example>" if named else ""
            found.append((holder, len(self._letters[holder]), more))
            self._letters[holder].append(one)
            came.append([hash_of(one.content), one.date])
        self.arrives += [[goal, into, came] for goal in goals]
        return found

    def _plan(self, copy, one, goals=(), kept=(), why="", **more):
        told = {"copy": copy._asdict(), "goals": goals, "kept": kept, "why": why, **more}
        self._repairs.append(told | {"size": len(one.content)})

    def _seen(self, account):
        return [
            Lying(account, one.folder, tuple(sorted(one.flags)), hash_of(one.content), one.date)
            for one in self._letters[account]
        ]

    def now(self):
        """Give what lies in the accounts."""
        return self._rig.everything(self._accounts)

    def faults(self, back):
        """Say what lies where it should not, lacks, or lies there twice; `back` was put back."""
        there = Counter(self.now())
        there.subtract((*self.stays, *back))
        return tallied(
            there,
            (
                (f"{account} lacks {came}", [Lying(account, folder, (), *one) for one in came])
                for account, folder, came in self.arrives
            ),
        )


def _manned(made):
    made.prepare("manned", "new", "manned")


@contextmanager
def real_suite(folder, stores=STORES, upgraded=None):
    """Give a suite with a Dovecot of each format, in a folder; `upgraded` as `machine` has it."""
    with machine(folder, _manned, upgraded) as made:
        rigs = {}
        with _all_running(folder, list(stores), rigs):
            yield RealSuite(made, rigs)


@contextmanager
def _all_running(folder, stores, rigs):
    if not stores:
        yield
        return
    with killable(stores[0], folder) as rigs[stores[0]], _all_running(folder, stores[1:], rigs):
        yield
