"""A line and a figure for each request: what was asked by the name of its page, and never by whom or of whom.

Neither addresses of pages with what stands in them, nor query strings, nor what a client calls itself.
"""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase
from gunicorn.config import Config
from gunicorn.glogging import Logger

from postwarden.api.measured import measure
from postwarden.lines import tell

_GIVEN = re.compile(r"[0-9a-f]{32}")  # as nginx makes $request_id
_FAULT = 500


class RequestLog:
    """Tells the log and the figures of every request once it is answered; a stream, once its answer begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        began = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        answer = self._next(request)
        took = time.monotonic() - began
        match = request.resolver_match
        route = (match.view_name or match.route) if match else None
        measure(route, answer.status_code, took)
        tell(
            "request",
            logging.ERROR if answer.status_code >= _FAULT else logging.INFO,
            request=given if _GIVEN.fullmatch(given) else uuid4().hex,
            method=request.method if match else None,  # anything may stand there
            route=route,
            status=answer.status_code,
            ms=round(took * 1_000),
        )
        return answer


class ServerLog(Logger):
    """What Gunicorn says goes to where our own lines go."""

    def setup(self, _cfg: Config) -> None:
        """Let it be written by the handler of the process."""
        self.error_log.propagate = True
        self.error_log.handlers = []
        self.error_log.setLevel(logging.INFO)
