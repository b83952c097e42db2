"""What a service writes of itself while it runs: a line for each event on its standard error, as JSON or as text.

A line says what happened, and never to whom: of sentences that can name somebody whatever looks like an address
is left out; of what libraries say only what they say always; of a fault of the program its kind and where it
was, without its words. Who did what to whom is in the ledger.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any

_OURS = "postwarden"
_MOST = 500
_FRAMES = 12
_QUOTED = r'"[^"\s]*(?:\s[^"\s]*)*"@\S+'
_ADDRESS = re.compile(rf"{_QUOTED}|\S*@\S+")
_FILLED = re.compile("[:='\"%{]")
_REPEATS = "django.request"
"""Says again what has a line of ours, but for faults."""


class Style(StrEnum):
    """How lines are written."""

    JSON = "json"
    TEXT = "text"


class Lines(logging.Formatter):
    """Writes one record as one line."""

    def __init__(self, process: str, style: Style) -> None:
        """Take which process it is, such as "worker", and how it writes."""
        super().__init__()
        self._process = process
        self._as = style

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": at, "level": record.levelname.lower(), "process": self._process}
        told = _told(record)
        if self._as is Style.JSON:
            return json.dumps(head | told)
        facts = (f"{key}={json.dumps(value)}" for key, value in told.items() if key != "event")
        return " ".join((*head.values(), str(told["event"]), *facts))


def write_lines(process: str, style: Style) -> None:
    """Let this process, and those that it forks, write such lines to its standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(process, style))
    handler.addFilter(_is_wanted)
    logging.getLogger().handlers = [handler]
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _fault
    threading.excepthook = lambda one: _fault(one.exc_type, one.exc_value, one.exc_traceback)


def tell(event: str, level: int = logging.INFO, **facts: object) -> None:
    """Write a line of an event with its facts, which name nobody."""
    logging.getLogger(_OURS).log(level, event, extra={"facts": facts})


def tell_fault(error: BaseException) -> None:
    """Write a line of a fault of the program: its kind and where it was, without its words."""
    logging.getLogger(_OURS).critical("fault", exc_info=error, extra={"facts": {}})


def nameless(sentence: str) -> str:
    """Give the first line of a sentence without what looks like an address."""
    first = sentence.strip().partition("\n")[0]
    return _ADDRESS.sub("…", first)[:_MOST]


def _fault(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    known = kind() if error is None else error
    tell_fault(known.with_traceback(trace))


def _is_wanted(record: logging.LogRecord) -> bool:
    if record.name.startswith(_OURS):
        return True
    least = logging.ERROR if record.name == _REPEATS else logging.WARNING
    return record.levelno >= (logging.INFO if record.name.startswith("gunicorn") else least)


def _told(record: logging.LogRecord) -> dict[str, Any]:
    """Give the event, and what there is to say of it."""
    facts = getattr(record, "facts", None)
    error = record.exc_info[1] if record.exc_info else None
    if facts is not None:
        told: dict[str, Any] = {"event": record.msg, **facts}
    else:
        said = _FILLED.split(str(record.msg).strip(), maxsplit=1)[0].rstrip(" (").partition("\n")[0]
        told = {"event": "said" if error is None else "fault", "by": record.name}
        told |= {"text": nameless(said)} if said else {}
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        told["fault"] = type(error).__name__
        told["at"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
    return told
