"""The frame around log lines: whose line it is, and what is left of it; a class for each format.

Each takes a whole line and its number, hands what is inside to the server's reader, and gives
`Seen`, or None for a line that has no time stamp.
"""

from typing import Protocol

from postwarden.sources.logs.coverage import Seen
from postwarden.sources.logs.dovecot import DovecotReader
from postwarden.sources.logs.events import EventReader
from postwarden.sources.logs.postfix import PostfixReader
from postwarden.sources.logs.stamps import Clock
from postwarden.sources.records import AccessRecord, DeliveryRecord

_LOGGERS = ("rsyslogd", "systemd-journald", "syslog-ng")


class Framed(Protocol):
    """What all formats have in common."""

    def begin(self, file: str, clock: Clock) -> None:
        """Say which file comes next and which clock reads its stamps."""

    def line(self, text: str, number: int) -> Seen | None:
        """Take one line."""

    def records(self) -> list[DeliveryRecord | AccessRecord]:
        """Give what became known since the last call."""

    def finish(self) -> None:
        """Say that no line follows."""


class PostfixFrame:
    """Postfix's lines as syslog or `maillog_file` has them."""

    def __init__(self, reader: PostfixReader, host: str) -> None:
        self._reader = reader
        self._host = host
        self._names: dict[str, str] = {}

    def begin(self, file: str, clock: Clock) -> None:
        """Say which file comes next and which clock reads its stamps."""
        self._reader.begin(file)
        self._clock = clock

    def line(self, text: str, number: int) -> Seen | None:
        """Take one line."""
        framed = self._clock.split(text)
        if framed is None:
            return None
        moment, rest = framed
        written, _, rest = rest.partition(" ")
        tag, _, message = rest.partition(": ")
        host = self._host or self._names.get(written) or self._named(written)
        if self._reader.take(moment, host, tag, message, number):
            return "postfix", host, moment, True, ""
        if tag.startswith(_LOGGERS) or "/master[" in tag:
            return "postfix", host, moment, False, message
        return "postfix" if "/" in tag else "", host, moment, False, ""

    def records(self) -> list[DeliveryRecord | AccessRecord]:
        """Give what became known since the last call."""
        taken, self._reader.records = self._reader.records, []
        return list(taken)

    def finish(self) -> None:
        """Say that no line follows."""
        self._reader.finish()

    def _named(self, written: str) -> str:
        if len(self._names) > 1000:
            self._names.clear()
        self._names[written] = written.lower()
        return self._names[written]


class DovecotFrame:
    """Dovecot's lines, from its own `log_path` or through syslog."""

    def __init__(self, reader: DovecotReader, host: str) -> None:
        self._reader = reader
        self._host = host

    def begin(self, file: str, clock: Clock) -> None:
        """Say which file comes next and which clock reads its stamps."""
        self._reader.begin(file)
        self._clock = clock

    def line(self, text: str, number: int) -> Seen | None:
        """Take one line."""
        framed = self._clock.split(text)
        if framed is None:
            return None
        moment, rest = framed
        host, tag, message = dovecot_parts(rest)
        host = self._host or host
        if tag.startswith("dovecot"):
            understood = self._reader.take(moment, host, message, number)
            notice = message if message.startswith("master: ") else ""
            return "dovecot", host, moment, understood, notice
        notice = message if tag.startswith(_LOGGERS) else ""
        return "dovecot" if notice else "", host, moment, False, notice

    def records(self) -> list[DeliveryRecord | AccessRecord]:
        """Give what became known since the last call."""
        taken, self._reader.records = self._reader.records, []
        return taken

    def finish(self) -> None:
        """Say that no line follows."""
        self._reader.finish()


class EventFrame:
    """Dovecot's exported events: JSON after a log prefix, or alone in a line.

    Other lines of the same log say nothing of whether events were being exported, so that they
    count for no span.
    """

    def __init__(self, reader: EventReader, host: str) -> None:
        self._reader = reader
        self._host = host

    def begin(self, file: str, clock: Clock) -> None:
        """Say which file comes next and which clock reads its stamps."""
        self._reader.begin(file)
        self._clock = clock

    def line(self, text: str, number: int) -> Seen | None:
        """Take one line."""
        if text.startswith("{"):
            seen = self._reader.take(None, self._host, text, number)
            return None if seen is None else ("dovecot-events", seen[0], seen[1], seen[2], "")
        framed = self._clock.split(text)
        if framed is None:
            return None
        moment, rest = framed
        host, _, message = dovecot_parts(rest)
        host = self._host or host
        place = message.find("{", 0, 40) if message.startswith("stats: ") else -1
        seen = self._reader.take(moment, host, message[place:], number) if place > 0 else None
        if seen is None:
            return "", host, moment, False, ""
        return "dovecot-events", seen[0], seen[1], seen[2], ""

    def records(self) -> list[DeliveryRecord | AccessRecord]:
        """Give what became known since the last call."""
        taken, self._reader.records = self._reader.records, []
        return list(taken)

    def finish(self) -> None:
        """Say that no line follows: events wait for nothing."""


def dovecot_parts(rest: str) -> tuple[str, str, str]:
    """Split what follows a stamp into host, tag and message; Dovecot's own log has no host."""
    first = rest.partition(" ")[0]
    if first.endswith(":") or "(" in first:
        return "", "dovecot", rest
    tag, _, message = rest[len(first) + 1 :].partition(": ")
    return first.lower(), tag, message
