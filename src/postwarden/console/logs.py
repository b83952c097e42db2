"""A line of JSON for each request: what was asked by the name of its page, and never by whom or of whom.

Neither addresses of pages with what stands in them, nor query strings, nor what a client calls itself.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

REQUESTS = "postwarden.requests"
_GIVEN = re.compile(r"[0-9a-f]{32}")  # as nginx makes $request_id
_FAULT = 500


class JsonLines(logging.Formatter):
    """Writes a record of ours: its event and facts, and no text that anything else was put into."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"time": at, "level": record.levelname.lower(), "event": record.msg}
        return json.dumps(told | getattr(record, "facts", {}))


class RequestLog:
    """Tells the log of every request once it is answered; a stream, once its answer begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response
        self._log = logging.getLogger(REQUESTS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        began = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        answer = self._next(request)
        match = request.resolver_match
        facts = {
            "request": given if _GIVEN.fullmatch(given) else uuid4().hex,
            "method": request.method if match else None,  # anything may stand there
            "route": (match.view_name or match.route) if match else None,
            "status": answer.status_code,
            "ms": round((time.monotonic() - began) * 1_000),
        }
        level = logging.ERROR if answer.status_code >= _FAULT else logging.INFO
        self._log.log(level, "request", extra={"facts": facts})
        return answer


def write_lines() -> None:
    """Let this process write such lines to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    log = logging.getLogger(REQUESTS)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
