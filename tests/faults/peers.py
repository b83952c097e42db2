"""Peers that stand in front of a Dovecot, a model or a real one, and let one step of a repair go wrong.

A step is a request of doveadm's API or a command of IMAP, known by its name and by how often that came:
"copy 2" is the second copy. What a fault does is its own matter: it is given the step and may do it.
"""

import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

from faults.dovecots import PASSWORD, STAGING, Crashed
from faults.scripted import Listening, Scripted, http
from postwarden.servers.dovecot import DovecotRoute
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.imap import Place
from postwarden.servers.dovecot.staging import Login

_LITERAL = re.compile(rb"\{(\d+)\+\}\Z")
_MAIN = ("expunge", "move", "copy", "mailboxCreate", "mailboxStatus", "quotaGet", "fetch", "purge")


class Dropped(Exception):
    """The connection ends here."""


@dataclass
class Step:
    """What a peer was asked.

    Attributes:
        name: such as "copy 2".
        do: does it and gives the answer's bytes; raises `Crashed`.
        send: sends bytes to the client.
        peer: its peer.
        request: as it came: commands of doveadm, or lines and literals of IMAP.
    """

    name: str
    do: object
    send: object
    peer: object
    request: list


@dataclass
class Peers:
    """A doveadm and an IMAP in front of a Dovecot.

    Attributes:
        fault: called with each step; None: all is well.
        met: how often each name came.
        times: of each step, by the clock.
    """

    dovecot: object
    clock: object = lambda: 0
    fault: object = None
    met: Counter = field(default_factory=Counter)
    steps: list = field(default_factory=list)

    def __post_init__(self):
        self.doveadm = Scripted(self._request)
        self.imap = _Imap(self)

    def route(self, seconds):
        """Give a route through the peers."""
        login = Login(
            Place("127.0.0.1", self.imap.port, tls=False), STAGING, lambda: PASSWORD, seconds
        )
        api = Doveadm(self.doveadm.url, "lab", seconds)
        return DovecotRoute("b1", api, login, frozenset(), 0.0)

    def begin(self, fault=None):
        """Count steps anew."""
        self.met.clear()
        self.steps.clear()
        self.fault = fault

    def close(self):
        self.doveadm.close()
        self.imap.close()

    def take(self, name, do, send, peer, request):
        """Do a step, or let it go wrong."""
        self.met[name] += 1
        step = Step(f"{name} {self.met[name]}", do, send, peer, request)
        self.steps.append((self.clock(), step.name))
        try:
            if self.fault is None:
                send(do())
            else:
                self.fault(step)
        except Crashed as crashed:
            raise Dropped from crashed

    def _request(self, request, send):
        def do():
            if request is None:
                return http(json.dumps(self.dovecot.commands()).encode())
            return http(json.dumps(self.dovecot.answer(request)).encode())

        try:
            self.take(request_name(request), do, send, self.doveadm, request)
        except Dropped:
            return


def request_name(request):
    """Name a request of doveadm by the command that matters most in it."""
    if request is None:
        return "commands"
    if request[0][1].get("field") == ["text"]:
        return "text"
    names = [name for name, _, _ in request]
    return next((one for one in _MAIN if one in names), names[0])


class _Imap(Listening):
    def __init__(self, peers):
        self._peers = peers
        super().__init__()

    def serve(self, connection):
        session = self._peers.dovecot.session()
        lines = _Lines(connection)

        def step(name, do, parts):
            self._peers.take(name, do, connection.sendall, self, parts)

        try:
            step("greeting", lambda: session.greeting, [])
            while parts := lines.command():
                step(command_name(parts), lambda parts=parts: session.answer(parts), parts)
        except (Dropped, EOFError):
            return
        finally:
            session.close()


def command_name(parts):
    """Name a command of IMAP, with what it is about."""
    words = parts[0].split(b" ", 1)[1].decode("ascii", "replace").split()
    verb = words[1] if words[0] == "UID" else words[0]
    about = next(
        (kind for kind in ("stage", "read") if f"postwarden-{kind}" in parts[0].decode()), ""
    )
    if verb == "FETCH":
        what = {"(UID": "sizes" if "X-GUID" in words else "bytes"}.get(words[3], "note")
        return f"FETCH {what}"
    return f"{verb} {about}".strip()


class _Lines:
    """Reads commands, literals of LITERAL+ included."""

    def __init__(self, connection):
        self._connection, self._buffer = connection, b""

    def command(self):
        parts = [self._line()]
        while match := _LITERAL.search(parts[-1]):
            parts += [self._exactly(int(match[1])), self._line()]
        return parts

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _more(self):
        piece = self._connection.recv(65_536)
        if not piece:
            raise EOFError
        self._buffer += piece


@contextmanager
def peers(dovecot, clock=lambda: 0):
    """Give peers that live as long as the context."""
    there = Peers(dovecot, clock)
    try:
        yield there
    finally:
        there.close()
