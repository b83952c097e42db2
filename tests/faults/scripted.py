"""A doveadm HTTP server whose answers are scripted byte by byte."""

import json
import socket
import threading
from contextlib import closing, contextmanager


class Scripted:
    """Answers every request by `behave(request, send)`, which may send what it likes; counts them."""

    def __init__(self, behave):
        self.behave, self.requests = behave, 0
        self.released = threading.Event()  # lets go of those that stall
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/doveadm/v1"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection):
        with closing(connection):
            try:
                request = _read(connection)
                self.requests += 1
                self.behave(request, connection.sendall)
            except OSError:  # the client went away, as it should
                return

    def close(self):
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


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
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return json.loads(body)


def http(body, status="200 OK", length=None, headers=""):
    """Give an answer's bytes; with another length than it has, where one is given."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body
