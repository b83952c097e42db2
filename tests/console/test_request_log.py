"""What the console's log has of a request: what helps who mends it, and nobody's name."""

import io
import json
import logging

import pytest

from postwarden.lines import Lines, Style

MARKED = "hold1@example.net"
FACTS = {"time", "level", "process", "event", "request", "method", "route", "status", "ms"}


@pytest.fixture
def written():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("console", Style.JSON))
    log = logging.getLogger("postwarden")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield stream
    log.removeHandler(handler)
    log.setLevel(before)


def test_every_request_has_a_line_and_no_line_has_a_person(desk, written):
    browser = desk.browser("anna")
    asked = [
        "/",
        f"/cases/{desk.case}/accounts/?q={MARKED}",
        f"/helpdesk/?q={MARKED}",
        f"/nothing/{MARKED}/",
        "/health/ready",
    ]
    for one in asked:
        browser.get(one, headers={"user-agent": MARKED, "x-request-id": MARKED})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert len(lines) == len(asked)
    assert all(line.keys() == FACTS for line in lines)
    assert {line["event"] for line in lines} == {"request"}
    assert lines[0]["route"] == "today"
    assert (lines[3]["route"], lines[3]["status"]) == (None, 404)
    for name in (MARKED, "hold1", "anna", "Anna", desk.case):
        assert name not in written.getvalue()


def test_a_line_has_the_number_that_the_proxy_gave(desk, written):
    desk.browser("anna").get("/", headers={"x-request-id": "a" * 32})
    assert json.loads(written.getvalue())["request"] == "a" * 32
