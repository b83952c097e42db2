"""`journalctl -o json` exports (systemd.journal-fields(7); Journal Export Formats, "JSON")."""

import json
from typing import Any

from postwarden.sources.logs.coverage import Seen
from postwarden.sources.logs.dovecot import DovecotReader
from postwarden.sources.logs.events import EventReader
from postwarden.sources.logs.postfix import PostfixReader
from postwarden.sources.logs.stamps import Clock
from postwarden.sources.records import AccessRecord, DeliveryRecord
from postwarden.vocabulary import Moment


class JournalFrame:
    """One JSON object a line, of Postfix and Dovecot alike; stamps and zones are the journal's."""

    def __init__(
        self, postfix: PostfixReader, dovecot: DovecotReader, events: EventReader, host: str
    ) -> None:
        self._postfix = postfix
        self._dovecot = dovecot
        self._events = events
        self._host = host

    def begin(self, file: str, clock: Clock) -> None:  # noqa: ARG002  journald needs no clock
        """Say which file comes next."""
        for reader in (self._postfix, self._dovecot, self._events):
            reader.begin(file)

    def line(self, text: str, number: int) -> Seen | None:
        """Take one line."""
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(entry, dict):
            return None
        moment = _moment(entry)
        if moment is None:
            return None
        host = self._host or _text(entry.get("_HOSTNAME")).lower()
        name, message = _text(entry.get("SYSLOG_IDENTIFIER")), _text(entry.get("MESSAGE"))
        if name.startswith("dovecot"):
            return self._dovecot_line(moment, host, message, number)
        if "/" in name:
            pid = _text(entry.get("SYSLOG_PID")) or _text(entry.get("_PID"))
            tag = f"{name}[{pid}]"
            understood = self._postfix.take(moment, host, tag, message, number)
            notice = message if name.endswith("/master") else ""
            return "postfix", host, moment, understood, notice
        notice = message if name.startswith(("systemd-journald", "rsyslogd")) else ""
        return "postfix" if notice else "", host, moment, False, notice

    def _dovecot_line(self, moment: Moment, host: str, message: str, number: int) -> Seen:
        place = message.find("{", 0, 40)
        if place > 0 and message.startswith("stats: "):
            seen = self._events.take(moment, host, message[place:], number)
            if seen is not None:
                return "dovecot-events", host, seen[1], seen[2], ""
        understood = self._dovecot.take(moment, host, message, number)
        return "dovecot", host, moment, understood, message if "master: " in message[:9] else ""

    def records(self) -> list[DeliveryRecord | AccessRecord]:
        """Give what became known since the last call."""
        taken: list[DeliveryRecord | AccessRecord] = []
        for reader in (self._postfix, self._dovecot, self._events):
            taken.extend(reader.records)
            reader.records.clear()
        return taken

    def finish(self) -> None:
        """Say that no line follows."""
        self._postfix.finish()
        self._dovecot.finish()


def _moment(entry: dict[str, Any]) -> Moment | None:
    written = _text(entry.get("__REALTIME_TIMESTAMP"))
    return int(written) if written.isdecimal() and len(written) < 18 else None


def _text(value: object) -> str:
    """Read a field: text, or a list of byte values where it is not UTF-8, or of several values."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if value and isinstance(value[0], str):
            return value[0]
        if all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
            return bytes(value).decode("utf-8", "replace")
    return ""
