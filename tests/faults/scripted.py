"""A doveadm HTTP server whose answers are scripted byte by byte."""

import json
import socket
import threading
from contextlib import closing, contextmanager, suppress


class Listening:
    """Serves each connection by `serve(connection)`; may refuse connections for a while, on one port."""

    def __init__(self):
        self.released = threading.Event()  # lets go of those that stall
        self._port = socket.socket()  # is bound all the time, so that nobody else gets the port
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port.bind(("127.0.0.1", 0))
        self.port = self._port.getsockname()[1]
        self._threads = []
        self._open = set()
        self.admit()

    def admit(self):
        """Take connections from now on."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._threads.append(threading.Thread(target=self._accept, args=(self._listener,)))
        self._threads[-1].start()

    def refuse(self):
        """Refuse connections from now on; those that are there stay."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._served, args=(connection,)))
            self._threads[-1].start()

    def _served(self, connection):
        with closing(connection), suppress(OSError):  # the client went away, as it should
            self._open.add(connection)
            self.serve(connection)
        self._open.discard(connection)

    def close(self):
        self.released.set()
        with suppress(OSError):  # it refuses already
            self.refuse()
        self._port.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


class Scripted(Listening):
    """Answers every request by `behave(request, send)`, which may send what it likes; counts them."""

    def __init__(self, behave):
        self.behave, self.requests = behave, 0
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/doveadm/v1"

    def serve(self, connection):
        request = _read(connection)
        self.requests += 1
        self.behave(request, connection.sendall)


@contextmanager
def scripted(behave):
    server = Scripted(behave)
    try:
        yield server
    finally:
        server.close()


def _read(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = (
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    length = next(lengths, 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return json.loads(body) if length else None


def http(body, status="200 OK", length=None, headers=""):
    """Give an answer's bytes; with another length than it has, where one is given."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body
