"""A store behind a socket: a route that asks a peer, and the peer, which drops connections and is late.

The peer works on the files of the place that it is asked for. Of what changes something it lets some early
requests go wrong, each by its number: the connection ends before it is done, or after, or before and it is
done later. Until then `settle` says that something may be under way still.
"""

import pickle
import socket
import socketserver
import struct
import threading
from contextlib import contextmanager, suppress

from postwarden.relocation.service import AmbiguousRouteError, TemporaryRouteError
from postwarden.servers.maildir import MaildirRoute
from postwarden.sources.service import StoreSettings
from relocation.maildirs import HOSTS, Maildirs

_LENGTH = struct.Struct("!I")
_SECONDS = 5
_LATE = 0.05
_CHANGES = ("stage", "publish", "remove", "restore", "clear")
_TROUBLES = {3: "before", 5: "after", 7: "late", 12: "after"}  # fewer than a copy is given up for


def maildir_route(folder):
    """Give the route to the files of a place."""
    template = Maildirs(f"{folder}/mail").template
    return MaildirRoute(StoreSettings("store", "maildir", template), HOSTS, ".", "desk")


class PeerRoute:
    """Implements `Route` by asking the peer, one connection a question."""

    name = "peer"
    waits = True

    def __init__(self, port, folder):
        self._port, self._folder = port, folder

    def __getattr__(self, name):
        return lambda *words: self._asked(name, words)

    def _asked(self, name, words):
        try:
            connection = socket.create_connection(("127.0.0.1", self._port), _SECONDS)
        except OSError as error:
            raise TemporaryRouteError(f"peer: {error}") from error
        with connection:
            try:
                _send(connection, (self._folder, name, words))
                answer = _received(connection)
            except (OSError, EOFError) as error:
                raise AmbiguousRouteError(f"peer: {error}") from error
        if isinstance(answer, Exception):
            raise answer
        return answer


def _send(connection, told):
    data = pickle.dumps(told)
    connection.sendall(_LENGTH.pack(len(data)) + data)


def _received(connection):
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return pickle.loads(_exactly(connection, length))


def _exactly(connection, length):
    data = b""
    while len(data) < length:
        some = connection.recv(length - len(data))
        if not some:
            raise EOFError("the connection ended")
        data += some
    return data


class Peer:
    """Does what it is asked; what is done later is done in a thread of its own."""

    def __init__(self):
        self._asked = 0
        self._one = threading.Lock()
        self._later = []

    def begin_anew(self):
        """Wait until nothing is under way; troubles come at the same questions again."""
        self.idle()
        self._asked = 0

    def idle(self):
        while self._later:
            self._later.pop().join()
        with self._one:
            pass

    def answer(self, folder, name, words, connection):
        """Answer a question, or let it go wrong."""
        trouble = self._trouble(name)
        if trouble == "before":
            return
        if trouble == "late":
            later = threading.Timer(_LATE, self._done, (folder, name, words))
            self._later.append(later)
            later.start()
            return
        found = self._settled_first(folder, name, words)
        if trouble != "after":
            with suppress(OSError):
                _send(connection, found)

    def _trouble(self, name):
        if name not in _CHANGES:
            return None
        self._asked += 1
        return _TROUBLES.get(self._asked)

    def _settled_first(self, folder, name, words):
        self._later = [one for one in self._later if one.is_alive()]
        if self._later and name == "settle":
            return TemporaryRouteError("peer: something is under way")
        if name in _CHANGES:  # of one account one after the other
            for one in self._later:
                one.join()
        return self._done(folder, name, words)

    def _done(self, folder, name, words):
        with self._one:
            try:
                found = getattr(maildir_route(folder), name)(*words)
                return list(found) if name in ("read", "arrived") else found
            except Exception as error:  # noqa: BLE001  # whoever asked raises it
                return error


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with suppress(OSError, EOFError):  # who asked was killed
            self.server.peer.answer(*_received(self.request), self.request)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


@contextmanager
def serving_peer():
    """Serve a peer on a free port of loopback; give it and the port."""
    peer = Peer()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.peer = peer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield peer, server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        peer.idle()
