"""Kills while a case is worked: of the command that is given, of Postwarden's own programs, of the servers.

What was killed is started again, and the command given again until it ends by itself, as a person would.
"""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from postwarden.drills.lab import service as labs
from postwarden.drills.lab.folder import read
from postwarden.drills.lab.processes import children, running
from postwarden.drills.lab.programs import programs
from postwarden.drills.lab.service import NotReady, Servers, send
from postwarden.drills.misdelivery.conduct import Ended, words_of

SERVERS = ("dovecot", "postfix", "a process of dovecot")
OWN = ("policy", "worker")
COMMAND = "the command"
_FAILED = 2  # and more: something was wrong
# Whoever gave these looks whether they were done before they are given again: the drill cannot.
_ONCE = {("person", "add"), ("person", "enrol"), ("case", "open"), ("case", "report")}
_DONE = "they approved it already"
_MOST_TRIES = 6
_WORKERS = ("imap", "imap-login", "lmtp", "doveadm-server", "auth", "anvil", "stats")
_UNTIL_AGAIN = 0.6  # seconds at most until somebody starts what was killed


class Storm:
    """Gives commands on a lab; strikes while they run.

    Attributes:
        struck: what was killed while a command was at work, in order: "COMMAND: WHOM after SECONDS".
        sent: Message-IDs of mail that was accepted meanwhile, and whom it is for.
    """

    def __init__(self, lab, rolled, whom=(*SERVERS, *OWN, COMMAND)):
        self._lab, self._rolled, self._whom = lab, rolled, whom
        self.struck, self.sent = [], {}

    def give(self, module, words):
        """Give a command that is struck once or twice, as `conduct.Give`."""
        once = tuple(words[:2]) in _ONCE or words[0] == "hold"
        whom = [one for one in self._whom if one != COMMAND or not once]
        many = self._rolled.choice((1, 1, 2))
        ended = self.through(module, words, [self._rolled.choice(whom) for _ in range(many)])
        if _DONE in ended.complaint:
            return Ended(0, ended.printed, ended.complaint)
        return ended

    def through(self, module, words, strikes):
        """Give a command through strikes, one after the other, until it ends by itself."""
        left = list(strikes)
        for _ in range(_MOST_TRIES):
            whom = left.pop(0) if left else None
            ended = self._given(module, words, whom)
            if 0 <= ended.status < _FAILED or not whom:
                break
        return ended

    def _given(self, module, words, whom):
        process = subprocess.Popen(
            words_of(module, words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._lab.root,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "120"},
        )
        striking = None
        if whom:
            # Most of what a command does it does in its second second: Python has started then.
            after = self._rolled.choice(
                (self._rolled.uniform(0.05, 0.6), self._rolled.uniform(0.5, 2))
            )
            again = self._rolled.uniform(0, _UNTIL_AGAIN)
            what = " ".join(words[:2])
            striking = threading.Thread(
                target=self._strike, args=(process, what, whom, after, again)
            )
            striking.start()
        out, complaint = process.communicate(timeout=600)
        if striking:
            striking.join()
        return Ended(process.returncode, out, complaint)

    def _strike(self, process, what, whom, after, again):
        if whom in SERVERS:
            self._mail()
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        if process.poll() is None:
            self.struck.append(f"{what}: {whom} after {after:.2f} s")
        if whom == COMMAND:
            process.kill()
            return
        kill(self._lab.root, whom, self._rolled)
        time.sleep(again)
        labs.up(self._lab.root)

    def _mail(self):
        """Send a message that is under way when a server dies."""
        account = self._rolled.choice(sorted(self._lab.passwords))
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = "a@sender.example", account
        message["Message-ID"] = name = f"<storm-{len(self.sent)}@sender.example>"
        message.set_content("It blows.\n")
        send(self._lab.ports.smtp, "a@sender.example", [account], message.as_bytes())
        self.sent[name] = account

    def lost(self):
        """Let all mail that waits be delivered; say what did not come, or was delivered elsewhere."""
        self._lab.servers.wait_for_empty_queue(120)
        return [
            f"{name} did not come to {to}"
            for name, to in self.sent.items()
            if not self._came(name, to)
        ]

    def _came(self, name, account):
        local, _, domain = account.partition("@")
        box = self._lab.root / "vmail" / domain / local / "Maildir"
        return any(name.encode() in one.read_bytes() for one in _files(box))


def _files(box):
    return [one for part in ("new", "cur") for one in Path(box).glob(f"**/{part}/*")]


def kill(root, whom, rolled):
    """Kill a part of a lab by SIGKILL, all its processes at once; or one process of Dovecot."""
    servers = Servers(root)
    parts = {one.name: one for one in (*servers.parts, *programs(root, read(root)))}
    if whom in parts:
        leader = running(parts[whom])
        if leader is not None:
            os.killpg(leader, signal.SIGKILL)
            labs_wait(lambda: running(parts[whom]) is None)
        return
    with suppress(IndexError, ProcessLookupError):
        own = sorted(children(running(servers.dovecot), *_WORKERS))
        os.kill(rolled.choice(own), signal.SIGKILL)


def labs_wait(reached, seconds=10):
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > until:
            raise NotReady("what was killed does not end")
        time.sleep(0.005)
