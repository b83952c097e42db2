"""A machine to stop things on: prepared installations, a Dovecot that outlives them, and the driver."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from crash import tracing
from crash.doveadm import Doveadm, serving
from crash.driver import DONE, FELL
from crash.peer import serving_peer
from holds.conftest import FakeDovecot

TESTS = Path(__file__).parents[1]
GROUP = 65_534  # whose members read the servers' file
LIVE = {"user0@example.net": 2, "user3@example.net": 1, "stranger@example.net": 1}
BOXES = {
    "user0@example.net": ({"main", "old"}, "main"),
    "user1@example.net": ({"spare"}, None),
    "user2@example.net": ({"f"}, "f"),
    "stranger@example.net": ({"s"}, "s"),
}


class Fell(Exception):
    """An act that nothing stopped did not end well, or one that was told it so badly."""


class Machine:
    """Runs acts one after another in folders, each copied from a prepared one."""

    def __init__(self, root, url, doveadm, peer, port, driver):
        self.root, self._url, self.doveadm, self._driver = root, url, doveadm, driver
        self._peer, self._port = peer, port
        self._kept = {}
        self._step = 0

    def prepare(self, name, base, *acts):
        """Make an installation by acts that nothing stops, from another one."""
        self.fresh(base, name)
        for act in acts:
            self.run(act, name)
        self.keep(name)

    def keep(self, name):
        """Let copies of an installation begin with Dovecot as it is now."""
        self._kept[name] = deepcopy((vars(self.doveadm.mail), self.doveadm.kicked, self._step))

    def fresh(self, base, name):
        """Make an installation anew, a copy of another."""
        there = self.root / name
        self._peer.begin_anew()
        shutil.rmtree(there, ignore_errors=True)
        subprocess.run(["cp", "-a", self.root / base, there], check=True)  # hard links stay such
        if os.getuid() == 0:
            for path in (there / "holds", *(there / "holds").iterdir()):
                os.chown(path, -1, GROUP)
        state, self.doveadm.kicked, self._step = deepcopy(self._kept[base])
        vars(self.doveadm.mail).update(state)

    def run(self, act, name, words=None, meanwhile=None):
        """Do an act, under strace where words for it are given; give its status and what it told.

        Args:
            act: which.
            name: of the installation.
            words: for strace.
            meanwhile: is called while the act is at work, with its process id, and may stop it.

        Raises:
            Fell: nothing was to stop it, and it did not end well.
        """
        self._step += 1
        asked = {"act": act, "folder": self._at(name), "url": self._url, "step": self._step}
        asked["peer"] = self._port
        pid = self._ask(asked)["pid"]
        tracer = words and tracing.attach(pid, words, self.log)
        self._say("go")
        if meanwhile:
            meanwhile(pid)
        answer = self._answer()
        if tracer:
            tracer.communicate(timeout=60)
        told = json.loads(answer["told"] or "null")
        if not (words or meanwhile) and answer["status"] != DONE:
            raise Fell(f"{act}: {told}")
        if answer["status"] == FELL:
            raise Fell(f"{act}: {told}")
        return answer["status"], told

    def _at(self, name):
        """Give a path that leads to an installation, the same for each: what is kept in it has paths."""
        at = self.root / "at"
        at.unlink(missing_ok=True)
        at.symlink_to(name)
        return str(at)

    @property
    def log(self):
        """What strace wrote last."""
        return self.root / "strace.log"

    def traced(self):
        """Give the lines that strace wrote last."""
        return self.log.read_text(errors="replace").splitlines()

    def _ask(self, question):
        self._say(question)
        return self._answer()

    def _say(self, told):
        self._driver.stdin.write(f"{json.dumps(told)}\n")
        self._driver.stdin.flush()

    def _answer(self):
        return json.loads(self._driver.stdout.readline())


@contextmanager
def in_memory():
    """Give a folder that others can look into, in memory where there is room: no disk dies here."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="postwarden-crash-", dir=memory) as name:
        yield Path(name)


@contextmanager
def machine(root, prepare=None, upgraded=None):
    """Give a machine with prepared installations in a folder.

    Args:
        root: the folder.
        prepare: makes others than there are else.
        upgraded: a state that has its tables, to copy; None: it is made.
    """
    os.chmod(root, 0o755)
    doveadm = Doveadm(FakeDovecot(RuntimeError))
    doveadm.mail.live, doveadm.mail.boxes = dict(LIVE), deepcopy(BOXES)
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    # What is in sets comes in one order, so that the number of a call stays the same.
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    with (
        serving(doveadm.answer) as url,
        serving_peer() as (peer, port),
        subprocess.Popen(
            [sys.executable, "-m", "crash.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as driver,
    ):
        made = Machine(root, url, doveadm, peer, port, driver)
        _new(made, upgraded)
        (prepare or _installations)(made)
        try:
            yield made
        finally:
            driver.stdin.close()


def _new(machine, upgraded):
    (machine.root / "nothing" / "state").mkdir(parents=True)
    (machine.root / "nothing" / "holds").mkdir()
    os.chmod(machine.root / "nothing" / "holds", 0o2750)
    machine.keep("nothing")
    if upgraded:
        machine.fresh("nothing", "new")
        shutil.copytree(upgraded, machine.root / "new" / "state", dirs_exist_ok=True)
        machine.keep("new")
    else:
        machine.prepare("new", "nothing", "upgrade")


def _installations(machine):
    machine.prepare("settled", "new", "begin", "settle")
    machine.prepare("held", "settled", "hold")
    machine.prepare("planned", "held", "work", "plan_release")
    machine.prepare("released", "planned", "release")
    machine.prepare("damaged", "held", "work", "damage")
    machine.prepare("astray", "new", "astray")
    machine.prepare("astray-behind-a-peer", "astray", "behind_a_peer")
    machine.prepare("restorable", "astray", "finish", "plan_restore")
