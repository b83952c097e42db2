"""What the console's log has of a request: what helps who mends it, and nobody's name."""

import io
import json
import logging

import pytest
from django.test import Client, override_settings

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


def test_what_was_refused_has_a_line_with_the_status_and_the_page(desk, written):
    reader = desk.browser("helpdesk-home")
    reader.get("/settings/")
    reader.post(f"/cases/{desk.case}/close/", {})
    Client(enforce_csrf_checks=True).post("/account/login/", {"login": "x", "password": "x"})
    Client().get("/api/v1/cases", headers={"authorization": "Bearer pwt_none"})
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "1/m/ip"}):
        for _ in range(2):
            Client().post("/account/login/", {"login": "x", "password": "x"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = [(line["route"], line["status"]) for line in lines if line["event"] == "request"]
    assert told[0] == ("settings", 403)
    assert told[1][1] in (403, 404)
    assert told[2] == ("account_login", 403)
    assert told[3][1] == 401
    assert told[-1] == ("account_login", 429)


def test_a_fault_of_the_program_has_a_line_with_its_place_and_without_its_words(desk, monkeypatch):
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("console", Style.JSON))

    def faulty(*_):
        raise ValueError(MARKED)

    monkeypatch.setattr("postwarden.ledger.book.heads", faulty)
    root.addHandler(handler)
    try:
        answer = Client(raise_request_exception=False).get(f"/health/ready?q={MARKED}")
    finally:
        root.removeHandler(handler)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    fault = next(line for line in lines if line["event"] == "fault")
    assert (answer.status_code, fault["level"], fault["fault"]) == (500, "error", "ValueError")
    assert fault["at"][-1].endswith("faulty")
    assert MARKED not in stream.getvalue()
