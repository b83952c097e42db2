"""A doveadm HTTP API over the Dovecot in memory that contract tests hold to the real one."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOBODY_ON = 68


class Doveadm:
    """Answers requests from a `FakeDovecot`, and remembers who was sent away."""

    def __init__(self, mail):
        self.mail, self.kicked = mail, []

    def answer(self, request):
        return [self._one(name, given, tag) for name, given, tag in request]

    def _one(self, name, given, tag):
        rows = getattr(self, f"_{name}")(given)
        if rows is None:
            return ["error", {"type": "exitCode", "exitCode": NOBODY_ON}, tag]
        return ["doveadmResponse", rows, tag]

    def _authCacheFlush(self, given):  # noqa: N802  # doveadm's own name
        self.mail.forget(given["user"])
        return [{"entries": "1"}]

    def _who(self, _given):
        return [
            {"username": name, "connections": str(count)} for name, count in self.mail.live.items()
        ]

    def _kick(self, given):
        found = [one for one in given["mask"] if one in self.mail.live]
        self.kicked += found
        self.mail.end(found)
        return [{"result": "kicked"}] if found else None

    def _sieveList(self, given):  # noqa: N802
        scripts = self.mail.scripts([given["user"]])[given["user"]]
        return [
            {"script": name, "active": "ACTIVE" if name == scripts.active else ""}
            for name in sorted(scripts.names)
        ]

    def _sieveDeactivate(self, given):  # noqa: N802
        self.mail.deactivate([given["user"]])
        return []

    def _sieveActivate(self, given):  # noqa: N802
        self.mail.activate({given["user"]: given["scriptname"]})
        return []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # the library's name
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = json.dumps(self.server.answering(request)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing: clients are killed on purpose."""


@contextmanager
def serving(answering):
    """Serve `answering(request)` on a free port of loopback; give the URL."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answering = answering
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/doveadm/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
