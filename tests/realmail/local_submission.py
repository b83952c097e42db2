"""Stands in for sendmail(1) where a server process that gave up root wants to submit mail locally.

Postfix's sendmail lets only root name a configuration of its own, so the stand-in hands arguments
and message to this process, which runs the real sendmail: the mail takes the way through pickup(8).
"""

import json
import socketserver
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

STAND_IN = """\
#!/usr/bin/python3 -I
import json, socket, sys

with socket.create_connection(("127.0.0.1", {port})) as way:
    way.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n" + sys.stdin.buffer.read())
    way.shutdown(socket.SHUT_WR)
    sys.exit(int(way.makefile().read()))
"""


class _Submission(socketserver.StreamRequestHandler):
    server: "_Listener"

    def handle(self) -> None:
        arguments = json.loads(self.rfile.readline())
        command = ["/usr/sbin/sendmail", "-C", self.server.configuration, *arguments]
        done = subprocess.run(command, input=self.rfile.read(), check=False)
        self.wfile.write(str(done.returncode).encode())


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, configuration: str) -> None:
        self.configuration = configuration
        super().__init__(("127.0.0.1", port), _Submission)


class LocalSubmission:
    """Runs sendmail with one configuration for whoever calls the stand-in, for one context."""

    def __init__(self, port: int, configuration: Path, stand_in: Path) -> None:
        stand_in.write_text(STAND_IN.format(port=port))
        stand_in.chmod(0o755)
        self._listener = _Listener(port, str(configuration))
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
