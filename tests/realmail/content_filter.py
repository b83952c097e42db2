"""A content filter like amavis: takes a message, gives it back and says what it was queued as."""

import email.utils
import smtplib
import socketserver
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from postwarden.drills.lab.options import HOSTNAME


class _Session(socketserver.StreamRequestHandler):
    """One SMTP session from Postfix's smtp client (RFC 5321), without extensions."""

    server: "_Listener"

    def handle(self) -> None:
        self._say("220 filter.example.test ESMTP")
        sender = ""
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb, argument = line[:4].upper(), line.decode("latin-1").partition(":")[2].strip()
            path = argument.partition("<")[2].partition(">")[0]
            if verb == b"MAIL":
                sender, recipients = path, []
            elif verb == b"RCPT":
                recipients.append(path)
            elif verb == b"DATA":
                self._say("354 go on")
                self._say(self._reinject(sender, recipients, self._message()))
                continue
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 2.1.0 Ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode("latin-1"))

    def _message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _reinject(self, sender: str, recipients: list[str], message: bytes) -> str:
        port = self.server.back
        trace = (
            f"X-Virus-Scanned: filter at {HOSTNAME}\r\n"
            f"Received: from {HOSTNAME} ([127.0.0.1])\r\n"
            f"\tby localhost ({HOSTNAME} [127.0.0.1]) (amavisd-new, port 10024)\r\n"
            f"\twith ESMTP id {abs(hash(message)) % 10**8:08d}; "
            f"{email.utils.format_datetime(datetime.now(UTC))}\r\n"
        )
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as back:
            back.ehlo_or_helo_if_needed()
            back.mail(sender)
            for recipient in recipients:
                back.rcpt(recipient)
            code, reply = back.data(trace.encode("latin-1") + message)
        if code != 250:
            return f"451 4.5.0 from MTA(smtp:[127.0.0.1]:10025): {code} {reply.decode('latin-1')}"
        return f"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 {reply.decode('latin-1')}"


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, back: int) -> None:
        self.back = back
        super().__init__(("127.0.0.1", port), _Session)


class ContentFilter:
    """Listens on `port` in a thread, giving every message back to `back`, for one context."""

    def __init__(self, port: int, back: int) -> None:
        self._listener = _Listener(port, back)
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
