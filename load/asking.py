"""An open loop: requests leave when they are due, whether or not earlier ones were answered.

Latency counts from the moment a request was due, so that a server that stalls is charged for all that
waited meanwhile (Gil Tene's "coordinated omission").
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from load.mix import Ask

_TIMEOUT = 60
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request.

    Attributes:
        route: that was asked.
        target: its path and query.
        due: seconds after the beginning.
        took: seconds from when it was due to the answer's last byte.
        status: of HTTP; 0 where there was no answer.
    """

    route: str
    target: str
    due: float
    took: float
    status: int

    @property
    def page(self) -> bool:
        """A person asked, and no program."""
        return not self.target.startswith("/api/")

    @property
    def good(self) -> bool:
        """It was answered, and as it should be."""
        return self.status in _GOOD


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests at a fixed rate, with the headers that say who asks."""

    asks: Sequence[Ask]
    rate: float
    headers: Mapping[str, str]
    csrf: str = ""


def asked(port: int, streams: Sequence[Stream]) -> list[Answered]:
    """Ask a server on this host all of it; give what came of each request."""
    return asyncio.run(_Asker(port).all_of(streams))


class _Asker:
    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._answered: list[Answered] = []

    async def all_of(self, streams: Sequence[Stream]) -> list[Answered]:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for one in streams:
                group.create_task(self._stream(one, began))
        for _, writer in self._idle:
            writer.close()
        return self._answered

    async def _stream(self, stream: Stream, began: float) -> None:
        async with asyncio.TaskGroup() as group:
            for number, ask in enumerate(stream.asks):
                due = number / stream.rate
                await asyncio.sleep(began + due - time.perf_counter())
                group.create_task(self._one(ask, _written(ask, stream, self._port), began, due))

    async def _one(self, ask: Ask, text: bytes, began: float, due: float) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                status = await self._exchanged(text)
        except (OSError, EOFError, TimeoutError, ValueError):
            status = 0
        took = time.perf_counter() - began - due
        self._answered.append(Answered(ask.route, ask.target, due, took, status))

    async def _exchanged(self, text: bytes) -> int:
        """Ask by a connection that stands open; anew where the server had closed it before it answered."""
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof() or writer.is_closing():
                writer.close()
                continue
            try:
                return await self._by(reader, writer, text)
            except (ConnectionError, EOFError):
                writer.close()
        return await self._by(*await asyncio.open_connection("127.0.0.1", self._port), text)

    async def _by(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes
    ) -> int:
        writer.write(text)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        await _body(reader, fields)
        if fields.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[0].split()[1])


async def _body(reader: asyncio.StreamReader, fields: Mapping[str, str]) -> None:
    if fields.get("transfer-encoding") != "chunked":
        await reader.readexactly(int(fields.get("content-length", 0)))
        return
    size = -1
    while size:
        size = int(await reader.readline(), 16)
        await reader.readexactly(size + 2)


def _written(ask: Ask, stream: Stream, port: int) -> bytes:
    fields = {"Host": f"localhost:{port}", **stream.headers}
    body = ""
    if ask.form is not None:
        body = urlencode([*ask.form, ("csrfmiddlewaretoken", stream.csrf)])
        fields["Content-Type"] = "application/x-www-form-urlencoded"
        fields["Content-Length"] = str(len(body))
    lines = [f"{ask.method} {ask.target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
