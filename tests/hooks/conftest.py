"""A receiver of webhooks that says what a test tells it to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Receiver:
    """Answers on loopback; `got` has what came: headers and body."""

    def __init__(self):
        self.got = []
        self.status = 204
        self.place = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                told = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), told))
                self.send_response(outer.status)
                if outer.status in (301, 302, 307, 308):
                    self.send_header("Location", outer.place or outer.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/told"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.close()
