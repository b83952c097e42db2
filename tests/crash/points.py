"""Points: an act, a system call of it and a fault; and what has to be so in the end."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from crash import tracing
from crash.machine import Fell
from crash.put_right import there_or_delivered
from crash.tracing import FAULTS, Call

NOT_REACHED = "the call was not reached"


class Scene(NamedTuple):
    """An act in an installation, and how it comes to its end once it was stopped.

    `ways` are acts to do then, each way taken as often as the others; `judge` gives the facts of the end,
    and `at_once` faults that show as soon as it was stopped. Where there are `files`, calls that look at
    or give away anything below a folder of that name are points, too.
    """

    base: str
    act: str
    ways: tuple[tuple[str, ...], ...]
    judge: str = "judge"
    at_once: Callable[[Path], list[str]] = lambda _: []
    files: str = ""


def _scene(base, act, *then):
    """Give a scene that a person or the worker goes on with, whoever comes first."""
    return Scene(base, act, (then, (then[-1], *then)))


def _repair(base, act, *ways):
    return Scene(base, act, ways, "judge_repair", there_or_delivered, "/mail/")


SCENES = {
    "begin": Scene("new", "begin", (("begin", "settle"),)),
    "hold": _scene("settled", "hold", "hold", "work"),
    "release": _scene("planned", "release", "release", "work"),
    "worker-holds": _scene("held", "work", "work"),
    "worker-releases": _scene("released", "work", "work"),
    "append": _scene("settled", "append", "sequence"),
    "sequence": _scene("held", "sequence", "sequence", "work"),
    "mend": _scene("damaged", "mend", "mend", "work"),
    "repair": _repair("astray", "repairing", ("finish",), ("repairing", "finish"), ("both",)),
    "repair-left-out": _repair("left-out", "repairing", ("finish",), ("both",)),
    "restore": Scene(
        "restorable",
        "restoring",
        (("finish_restore",), ("restoring", "finish_restore")),
        "judge_restore",
        files="/mail/",
    ),
    "repair-by-peer": _repair("astray-behind-a-peer", "finish", ("finish",), ("both",)),
}


class Point(NamedTuple):
    """Where a scene is stopped; `before` is where it was killed already, when its recovery is."""

    scene: str
    call: Call
    fault: str
    before: Call | None = None

    def __str__(self):
        before = f"{self.before.name}:{self.before.number}:KILL+" if self.before else ""
        return f"{self.scene}:{before}{self.call.name}:{self.call.number}:{self.fault}"


def parsed(text):
    """Read a point as it is written."""
    scene, _, rest = text.partition(":")
    first, _, second = rest.rpartition("+")
    name, number, fault = second.split(":")
    return Point(scene, Call(name, int(number)), fault, _call(first) if first else None)


def _call(text):
    name, number, _ = text.split(":")
    return Call(name, int(number))


class Suite:
    """Scenes on a machine, with the end that each has when nothing stops it."""

    def __init__(self, machine):
        self.machine = machine
        self._ends = {}
        self._killed = set()
        self._calls = {}

    def calls(self, scene, before=None):
        """Give the calls of a scene's act, or of its recovery, after start-up and in order."""
        if (scene, before) not in self._calls:
            base, act = self._begun(scene, before)
            self.machine.fresh(base, "enumerated")
            files = SCENES[scene].files
            self.machine.run(act, "enumerated", tracing.watching(files))
            self._calls[scene, before] = tracing.calls_of(self.machine.traced(), files=files)
        return self._calls[scene, before]

    def points(self, scene):
        """Give every point of a scene."""
        return [Point(scene, *one) for one in _faulty(self.calls(scene))]

    def deeper(self, scene):
        """Give every point of the recovery of a scene that was killed early, half-way and late."""
        calls = self.calls(scene)
        return [
            Point(scene, *one, calls[len(calls) * part // 4])
            for part in (1, 2, 3)
            for one in _faulty(self.calls(scene, calls[len(calls) * part // 4]))
        ]

    def failures(self, point):
        """Stop a scene at a point, bring it to its end; give what is not as it should be."""
        wanted = self._end(point.scene)
        try:
            base, act = self._begun(point.scene, point.before)
            self.machine.fresh(base, "stopped")
            self.machine.run(act, "stopped", tracing.injecting(point.call, point.fault))
            if not tracing.struck(self.machine.log):
                return [NOT_REACHED]
            if faults := SCENES[point.scene].at_once(self.machine.root / "stopped"):
                return faults
            return _differences(wanted, self._ended(point))
        except Fell as error:
            return [str(error)]

    def _begun(self, scene, before):
        """Give the installation that a scene begins in, or that a kill left behind, and what is next."""
        told = SCENES[scene]
        if before is None:
            return told.base, told.act
        name = f"{scene}-killed-{before.name}-{before.number}"
        if name not in self._killed:
            self.machine.fresh(told.base, name)
            self.machine.run(told.act, name, tracing.injecting(before, "KILL"))
            self.machine.keep(name)
            self._killed.add(name)
        return name, told.ways[0][0]

    def _ended(self, point):
        """Bring it to its end, by each way as often as by the others."""
        ways = SCENES[point.scene].ways
        for act in ways[point.call.number % len(ways)]:
            self.machine.run(act, "stopped")
        return self._facts(point.scene, "stopped")

    def _end(self, scene):
        if scene not in self._ends:
            told = SCENES[scene]
            self.machine.fresh(told.base, "whole")
            for act in (told.act, *told.ways[0]):
                self.machine.run(act, "whole")
            self._ends[scene] = self._facts(scene, "whole")
            if self._ends[scene]["faults"]:
                raise Fell(f"{scene}, though nothing stopped it: {self._ends[scene]['faults']}")
        return self._ends[scene]

    def _facts(self, scene, name):
        mail = self.machine.doveadm.mail
        return self.machine.run(SCENES[scene].judge, name)[1] | {
            "live": dict(mail.live),
            "active": {one: active for one, (_, active) in mail.boxes.items()},
            "sent away": sorted(set(self.machine.doveadm.kicked)),
        }


def _faulty(calls):
    """Give each call with each fault that it can have."""
    return [(call, fault) for call in calls for fault in FAULTS if fault in tracing.faults_of(call)]


def _differences(wanted, found):
    return [
        f"{name}: {found[name]} instead of {wanted[name]}"
        for name in wanted
        if wanted[name] != found[name]
    ]
