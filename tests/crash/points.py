"""Points: an act, a system call of it and a fault; and what has to be so in the end."""

from typing import NamedTuple

from crash import tracing
from crash.machine import Fell
from crash.tracing import FAULTS, Call

NOT_REACHED = "the call was not reached"


class Scene(NamedTuple):
    """An act in an installation, and the acts that bring it to its end once it was stopped."""

    base: str
    act: str
    then: tuple[str, ...]


SCENES = {
    "begin": Scene("new", "begin", ("begin", "settle")),
    "hold": Scene("settled", "hold", ("hold", "work")),
    "release": Scene("planned", "release", ("release", "work")),
    "worker-holds": Scene("held", "work", ("work",)),
    "worker-releases": Scene("released", "work", ("work",)),
    "append": Scene("settled", "append", ("sequence",)),
    "sequence": Scene("held", "sequence", ("sequence", "work")),
    "mend": Scene("damaged", "mend", ("mend", "work")),
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
            self.machine.run(act, "enumerated", tracing.watching())
            self._calls[scene, before] = tracing.calls_of(self.machine.traced())
        return self._calls[scene, before]

    def points(self, scene):
        """Give every point of a scene."""
        return [Point(scene, call, fault) for call in self.calls(scene) for fault in FAULTS]

    def deeper(self, scene):
        """Give every point of the recovery of a scene that was killed early, half-way and late."""
        calls = self.calls(scene)
        return [
            Point(scene, call, fault, calls[len(calls) * part // 4])
            for part in (1, 2, 3)
            for call in self.calls(scene, calls[len(calls) * part // 4])
            for fault in FAULTS
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
        return name, told.then[0]

    def _ended(self, point):
        """Bring it to its end: every other time the worker goes first, and a person comes after."""
        then = SCENES[point.scene].then
        if point.call.number % 2 and point.scene != "begin":
            then = (then[-1], *then)
        for act in then:
            self.machine.run(act, "stopped")
        return self._facts("stopped")

    def _end(self, scene):
        if scene not in self._ends:
            told = SCENES[scene]
            self.machine.fresh(told.base, "whole")
            for act in (told.act, *told.then):
                self.machine.run(act, "whole")
            self._ends[scene] = self._facts("whole")
        return self._ends[scene]

    def _facts(self, name):
        mail = self.machine.doveadm.mail
        return self.machine.run("judge", name)[1] | {
            "live": dict(mail.live),
            "active": {one: active for one, (_, active) in mail.boxes.items()},
            "sent away": sorted(set(self.machine.doveadm.kicked)),
        }


def _differences(wanted, found):
    return [
        f"{name}: {found[name]} instead of {wanted[name]}"
        for name in wanted
        if wanted[name] != found[name]
    ]
