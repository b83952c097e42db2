"""A ManageSieve client that logs in (RFC 5804)."""

import base64
import re
import socket
from types import TracebackType
from typing import Self

from postwarden.holds.doctor.service import Answer, Attempt, Door
from postwarden.servers.probes.tls import context

_LONGEST = 65_536  # bytes of an answer
_END = re.compile(rb"(OK|NO|BYE)\b", re.IGNORECASE)
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class ManageSieve:
    """One connection; what the network does is raised as `OSError`."""

    def __init__(self, door: Door, seconds: float) -> None:
        self._socket = socket.create_connection((door.host, door.port), seconds)
        if door.tls:
            self._socket = context(door).wrap_socket(self._socket, server_hostname=door.host)
        self._stream = self._socket.makefile("rwb")
        greeting = self._answer()
        if not door.tls and b'"STARTTLS"' in greeting.upper() and self._asked("STARTTLS")[0]:
            self._socket = context(door).wrap_socket(self._socket, server_hostname=door.host)
            self._stream = self._socket.makefile("rwb")
            self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._socket.close()

    def log_in(self, account: str, password: str) -> Attempt:
        """Authenticate with PLAIN (RFC 4616)."""
        proof = base64.b64encode(f"\0{account}\0{password}".encode()).decode()
        accepted, text = self._asked(f'AUTHENTICATE "PLAIN" "{proof}"')
        return Attempt(Answer.ACCEPTED if accepted else Answer.REFUSED, text)

    def _asked(self, command: str) -> tuple[bool, str]:
        self._stream.write(f"{command}\r\n".encode())
        self._stream.flush()
        answer = self._answer()
        return answer[:2].upper() == b"OK", _text(answer)

    def _answer(self) -> bytes:
        """Read up to the line that ends an answer; give that line with its literal, capabilities before."""
        before = b""
        while len(before) < _LONGEST:
            line = self._line()
            if _END.match(line):
                return line + b"\n" + before
            before += line
        raise ConnectionError("a longer answer than ManageSieve has")

    def _line(self) -> bytes:
        line = self._stream.readline(_LONGEST)
        if not line:
            raise ConnectionError("the connection was closed")
        if literal := _LITERAL.search(line):
            line += self._stream.read(min(int(literal[1]), _LONGEST)) + self._stream.readline(
                _LONGEST
            )
        return line


def _text(answer: bytes) -> str:
    """Give the text of a NO or BYE, quoted or a literal, without its marks."""
    text = answer.decode(errors="replace")
    if quoted := _QUOTED.search(text):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    return " ".join(text.split())
