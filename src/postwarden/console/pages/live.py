"""How far work is, sent to the page that shows it as it changes.

A stream is short and there are few at once, for each takes one of the server's threads: the browser asks
again when it ends. Who has no JavaScript loads the page again, and sees the same.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.http import HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from postwarden.cases.service import NoSuchCase, known_to
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.going import told_of
from postwarden.errands.service import NoSuchErrand
from postwarden.people.service import Permission, member

SECONDS = 1.0
"""Between two looks."""
LOOKS = 20
"""Of one stream."""
_AT_ONCE = threading.BoundedSemaphore(4)
"""Streams of one process; it has eight threads, and the others answer pages."""
_BUSY = 503


class Look(NamedTuple):
    """What a look at some work found: what its part of the page is made from, and whether it goes on."""

    told: Mapping[str, Any]
    goes_on: bool


class Stream(Iterator[bytes]):
    """The events of some work: what the page shows of it, whenever that is other than before.

    It ends where the reader's rights change: the browser asks again, and is told what they may see now.
    """

    def __init__(self, request: DeskRequest, template: str, look: Callable[[], Look]) -> None:
        self._request = request
        self._template = template
        self._look = look
        self._language = get_language()
        self._looks = 0
        self._last = ""
        self._closed = False

    def __next__(self) -> bytes:
        """Look, and give what changed; a comment where nothing did, which tells whether anybody listens."""
        if self._looks == LOOKS:
            raise StopIteration
        if self._looks:
            time.sleep(SECONDS)
        self._looks += 1
        if member(self._request.member.name) != self._request.member:
            raise StopIteration
        try:
            found = self._look()
        except (NoSuchCase, NoSuchErrand):  # its case was restricted to others
            raise StopIteration from None
        if not found.goes_on:
            self._looks = LOOKS
        with override(self._language):
            part = render_to_string(self._template, dict(found.told), self._request)
        if part == self._last:
            return b": nothing new\n\n"
        self._last = part
        event = "going" if found.goes_on else "ended"
        lines = "".join(f"data: {line}\n" for line in part.splitlines())
        return f"event: {event}\n{lines}\n".encode()

    def close(self) -> None:
        """Let somebody else have the place; Django calls it however the stream ends."""
        if not self._closed:
            self._closed = True
            _AT_ONCE.release()


def streamed(
    request: DeskRequest, template: str, look: Callable[[], Look]
) -> HttpResponse | StreamingHttpResponse:
    """Send how far some work is, for a while; the reader's rights are looked at each time."""
    if not _AT_ONCE.acquire(blocking=False):
        return HttpResponse(status=_BUSY, headers={"Retry-After": "5"})
    response = StreamingHttpResponse(
        Stream(request, template, look), content_type="text/event-stream; charset=utf-8"
    )
    response["X-Accel-Buffering"] = "no"  # nginx passes it on as it comes
    return response


def live(request: DeskRequest, start: str) -> HttpResponse | StreamingHttpResponse:
    """Send how far a plan is."""
    plan = request.rooms.holds.plans.shown(start, request.member).plan

    def look() -> Look:
        if plan.case:
            known_to(request.member, plan.case)
        told = told_of(request, plan, request.rooms.holds.plans.stage(plan.hash))
        return Look(told, told["going"].is_running)

    return streamed(request, "console/parts/going.html", look)


PAGES = (Page("plans/<str:start>/live/", "plans-live", live, (Permission.CASE_READ,)),)
