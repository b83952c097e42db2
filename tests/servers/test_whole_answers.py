"""One who answers byte by byte, for ever, keeps nobody longer than the limit."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from postwarden.holds.service import ControlError
from postwarden.holds.settings import WebmailSettings
from postwarden.ledger.service import AnchorError
from postwarden.servers.anchors import HttpAnchor, StampedAnchor
from postwarden.servers.webmail import WebmailHooks

LIMIT = 0.5
STARTS = {
    "head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
}


class Dripping:
    """Accepts requests, and answers each with a start and then a byte every tenth of a second."""

    def __init__(self, start):
        self._start = start
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with suppress(OSError):
            while True:
                session, _ = self._listening.accept()
                with session, suppress(OSError):
                    session.recv(65_536)
                    session.sendall(self._start)
                    while not self._over.wait(0.1):
                        session.sendall(b"x")

    def close(self):
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture(params=STARTS)
def dripping(request):
    server = Dripping(STARTS[request.param])
    yield server
    server.close()


def test_an_anchor(dripping):
    anchor = HttpAnchor(dripping.url, LIMIT)
    for act in (lambda: anchor.write("note"), anchor.read):
        within_the_limit(act, AnchorError)


def test_a_time_stamp_authority(dripping, tmp_path):
    anchor = StampedAnchor(dripping.url, "", str(tmp_path / "stamps"), LIMIT)
    within_the_limit(lambda: anchor.write("note"), AnchorError)
    assert not (tmp_path / "stamps").exists()


def test_a_webmail(dripping):
    hooks = WebmailHooks([WebmailSettings(dripping.url)], LIMIT)
    within_the_limit(lambda: hooks.tell({"eva@example.net": None}), ControlError)


def within_the_limit(act, error):
    begun = time.monotonic()
    with pytest.raises(error, match=r"no whole answer within 0\.5 s"):
        act()
    assert LIMIT <= time.monotonic() - begun < LIMIT + 5
