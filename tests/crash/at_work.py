"""People and Postwarden on the same mailboxes of a real Dovecot, with kills: 200 messages a run, by seed.

All that people do is noted by themselves (`people_at_work.py`); what Postwarden says it did is held to that
and to what lies in the mailboxes in the end.
"""

import json
import os
import signal
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from typing import NamedTuple

from crash.killable import Letter, Lying, rolling
from crash.on_servers import STRIKES, WAYS, facts_of
from crash.people_at_work import Noted, Person, Sender
from crash.repairs import DOVECOT
from people.conftest import NOW
from relocation.maildirs import hash_of, letter

MESSAGES = 200
ROUTES = (("maildir", "files"), ("maildir", "dovecot"), ("mdbox", "dovecot"))
_DATE = NOW // 1_000_000 - 500_000
_OWN = 0.4
_AT_ONCE = 25  # copies of a batch
_SOON = 1.2  # seconds at most until something is killed
_GONE = ("relocated", "removed", "holder-deleted")
_TAKEN = ("relocated", "removed")
_HAS = {"arrived", "taken", "had"}
_CHANGED = {"move", "copy", "expunge"}


class Run(NamedTuple):
    """A run: the format, the route, and what all the rest is rolled from."""

    store: str
    route: str
    seed: int

    def __str__(self):
        return f"lab:{self.store}:{self.route}:{self.seed}"


def parsed_run(text):
    """Read a run as it is written."""
    _, store, route, seed = text.split(":")
    return Run(store, route, int(seed))


def runs(count):
    """Give so many runs, each route as often as the others."""
    return [Run(*ROUTES[seed % len(ROUTES)], seed) for seed in range(count)]


class AtWork:
    """Runs on a machine and its Dovecots, by format."""

    def __init__(self, made, dovecots):
        self._machine, self._dovecots = made, dovecots
        self.outcomes = Counter()

    def failures(self, run, messages=MESSAGES):
        """Let it happen; give what is not as it should be."""
        rig, rolled = self._dovecots[run.store], rolling(run)
        name = f"{run.store}-{run.route}-{run.seed}"
        self._machine.fresh("manned", name)
        mail = Mail(rig, rolled, messages)
        (self._machine.root / name / DOVECOT).write_text(json.dumps(mail.facts(run.route)))
        self._machine.run("plan_really", name)
        stop = threading.Event()
        people = [
            Person(rig, one, rolling(run, one), stop, mail.is_strange) for one in mail.accounts
        ]
        sender = Sender(rig, mail.accounts, rolling(run, "sender"), stop, 10_000)
        for one in (*people, sender):
            one.start()
        try:
            self._disturbed(name, rig, rolled)
        finally:
            stop.set()
            for one in (*people, sender):
                one.join()
        told = self._machine.run("judge_disturbed", name)[1]
        self.outcomes.update(outcome for outcome, _ in told["copies"].values())
        failed = [repr(one.failed) for one in (*people, sender) if one.failed]
        noted = {(one.account, number): it for one in people for number, it in one.noted.items()}
        return failed + mail.faults(told, noted, sender.sent)

    def _disturbed(self, name, rig, rolled):
        """Carry the plan out, while it and Dovecot are killed a few times."""
        for _ in range(rolled.choice((1, 2, 3))):
            whom = rolled.choice(("postwarden", "postwarden", *STRIKES))
            after = rolled.uniform(0.05, _SOON)

            def strike(pid, whom=whom, after=after):
                time.sleep(after)
                if whom == "postwarden":
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    return
                rig.strike(whom, rolled)
                time.sleep(rolled.uniform(0, 0.3))
                if not rig.is_up():
                    rig.go_on()

            self._machine.run("repairing", name, meanwhile=strike)
        for act in rolled.choice(WAYS["repair"]):
            self._machine.run(act, name)


class Mail:
    """The messages of a run: whose they are, where they lie wrong, and who gets them."""

    def __init__(self, rig, rolled, messages):
        self._rig, self.accounts = rig, rig.people()
        self._letters = defaultdict(list)
        self._own, self._wrong, self.repairs = {}, {}, []
        self._goals = {}
        planned = []
        for number in range(1, messages + 1):
            holder, *others = rolled.sample(self.accounts, len(self.accounts))
            body = b"%d\n" % rolled.randrange(1 << 40) * rolled.randrange(1, 300)
            if rolled.random() < _OWN:
                self._own[holder, number] = self._put(holder, number, body, rolled)
                continue
            goals = sorted(others[2 : 2 + rolled.choice((0, 1, 1, 1, 2))])
            self._goals[number] = goals
            for one in (holder, *others[: rolled.choice((0, 0, 0, 1))]):
                self._wrong[one, number] = self._put(one, number, body, rolled)
                planned.append((one, number, len(self._letters[one]) - 1))
        known = {one: rig.fill(one, some) for one, some in self._letters.items()}
        self._findings = {}
        for holder, number, place in planned:
            copy = known[holder][place]
            self._findings[copy.id] = (holder, number)
            size = len(self._letters[holder][place].content)
            more = {"size": size, "message": f"<{number}@shop.example>", "queue": f"4Q{number}"}
            goals = {"goals": self._goals[number], "kept": (), "why": ""}
            self.repairs.append({"copy": copy._asdict(), **goals, **more})

    def _put(self, holder, number, body, rolled):
        content = letter(number, astray=holder, body=body)
        flags = rolled.choice(((), (r"\Seen",), (r"\Flagged", r"\Seen")))
        one = Letter(content, _DATE + number, flags)
        self._letters[holder].append(one)
        return Lying(holder, one.folder, flags, hash_of(content), one.date)

    def is_strange(self, account, number):
        """Tell whether Postwarden may take a message away there."""
        return (account, number) in self._wrong

    def facts(self, route):
        """Give what the acts need to know."""
        return facts_of(self._rig, self.repairs, {}, files=route == "files", at_once=_AT_ONCE)

    def faults(self, told, noted, sent):
        """Hold what lies there, and what Postwarden says of it, to what was and to what people did."""
        there = defaultdict(list)
        for one in self._rig.everything(self.accounts):
            there[one.account, self._rig.numbers[one.content]].append(one)
        found = list(told["faults"])
        if told["stage"] != "done":
            found.append(f"stage {told['stage']}")
        judged = _Judged(there, noted, found)
        for place, one in self._own.items():
            judged.own(place, one)
        for place, (least, most) in sent.items():
            judged.new(place, least, most)
        for finding, (outcome, why) in told["copies"].items():
            place = self._findings[finding]
            judged.wrong(place, self._wrong[place], outcome, why)
        self._arrivals(told, judged)
        known = {*self._own, *self._wrong, *sent}
        known |= {(goal, number) for number, goals in self._goals.items() for goal in goals}
        return found + [f"nobody put there: {place}" for place in there if place not in known]

    def _arrivals(self, told, judged):
        outcomes, says = defaultdict(set), defaultdict(set)
        for finding, (outcome, _) in told["copies"].items():
            outcomes[self._findings[finding][1]].add(outcome)
        for finding, account, how in told["sent"]:
            says[account, self._findings[finding][1]].add(how)
        for number, goals in self._goals.items():
            came = [one for (_, other), one in self._wrong.items() if other == number]
            for goal in goals:
                holders = [one.account for one in came]
                judged.arrival((goal, number), came, outcomes[number], says[goal, number], holders)


class _Judged:
    """What lies there and what was noted, held to each other; faults are added to a list."""

    def __init__(self, there, noted, found):
        self._there, self._noted, self._found = there, noted, found

    def _fault(self, place, text):
        noted = self._noted.get(place)
        self._found.append(f"{place}: {text}; there: {self._there[place]}; noted: {noted}")

    def _counted(self, place, least, most):
        """Hold the number of copies to those there were at first, and to what people did."""
        noted = self._noted.get(place, Noted())
        low = max(0, least + noted.made[0] - noted.deleted[1])
        high = most + noted.made[1] - noted.deleted[0]
        count = len(self._there[place])
        if not low <= count <= high:
            self._fault(place, f"{count} copies, not {low} to {high}")

    def own(self, place, one):
        """Hold a message that lay where it belongs to what its owner did."""
        self._counted(place, 1, 1)
        if place not in self._noted and self._there[place] != [one]:
            self._fault(place, f"was {one}")
        if any((it.content, it.date) != (one.content, one.date) for it in self._there[place]):
            self._fault(place, f"other bytes or date than {one}")

    def new(self, place, least, most):
        """Hold a message that came meanwhile to what its owner did."""
        self._counted(place, least, most)

    def wrong(self, place, one, outcome, why):
        """Hold the wrong copy to what is said to have become of it."""
        noted = self._noted.get(place, Noted())
        if outcome in _GONE:
            # Whoever goes on after a kill takes a holder's own copy for the one that was moved: it cannot
            # see that the original was removed already, and not by its holder.
            self._counted(place, -1, 0)
        else:
            self._counted(place, 0, 1)
        if any((it.content, it.date) != (one.content, one.date) for it in self._there[place]):
            self._fault(place, f"other bytes or date than {one}")
        if outcome not in _TAKEN and not noted.acts & _CHANGED:
            self._fault(place, f"{outcome} {why}, though nobody touched it")
        if (outcome == "holder-deleted" or why == "source-gone") and not noted.acts & _CHANGED:
            self._fault(place, f"{outcome} {why}, though its holder did not delete it")

    def arrival(self, place, came, outcomes, says, holders):
        """Hold what arrived to what is said of it, and what did not to where it is instead."""
        noted = self._noted.get(place, Noted())
        there = self._there[place]
        arrived = bool({"relocated", "holder-deleted"} & outcomes or _HAS & says)
        nobody = not arrived and not there and not noted.deleted[1]
        self._counted(place, int(arrived), 1)
        fitting = [one._replace(account=place[0], folder="INBOX", flags=()) for one in came]
        if any(all(it[3:] != one[3:] for one in fitting) for it in there):
            self._fault(place, "arrived with other bytes, or another date")
        if place not in self._noted and any(it not in fitting for it in there):
            self._fault(place, "arrived elsewhere, or not unread")
        number = place[1]
        deleted = any(self._noted.get((one, number), Noted()).deleted[1] for one in holders)
        if nobody and not deleted and not any(self._there[one, number] for one in holders):
            self._fault(place, f"lost: {outcomes}")
