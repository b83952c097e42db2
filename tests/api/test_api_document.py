"""The OpenAPI document: true to what answers, and whatever is sent is answered without a fault."""

import itertools
import json

import pytest
from django.test import Client

from api.conftest import Program, token_of
from console.conftest import HELD
from postwarden.api.offered import ROUTES
from postwarden.errands.service import Errands, ExaminationWish
from postwarden.holds.service import Wish
from postwarden.people.service import EVERYWHERE, Grant, Role, member


@pytest.fixture
def everything(desk):
    """A program of somebody who may do everything, and names of what there is."""
    desk.person("zoe", Grant(Role.POSTMASTER, EVERYWHERE), Grant(Role.OFFICER, EVERYWHERE))
    plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan
    zoe = Program(token_of("zoe"))
    told = {"url": "https://tickets.example.net/", "events": ["case.opened"]}
    webhook = str(zoe.post("/webhooks", told).told["webhook"])
    errand = Errands(desk.holds.desk).ask(ExaminationWish(desk.case), member("zoe"), desk.now)
    named = {"reference": desk.case, "plan": plan.hash, "webhook": webhook}
    return zoe, {**named, "number": errand.number, "name": "helpdesk-home"}


def test_whatever_is_sent_is_answered_as_the_document_says(everything):
    from api.drawn import answered, operations  # noqa: PLC0415  # see there

    program, names = everything
    found = {one.label: answered(one, program, names) for one in operations()}
    assert len(found) == len(ROUTES)
    assert {name for name, statuses in found.items() if 401 in statuses or 403 in statuses} == set()
    reads = {name: statuses for name, statuses in found.items() if name.startswith("GET")}
    assert {name for name, statuses in reads.items() if 200 not in statuses} == set()


UNREADABLE = (
    b"", b"{", b"[]", b"null", b"\xff", b'"x"', b"[" * 5_000, b'{"kind": NaN}', b'{"title": "\\ud800"}',
)  # fmt: skip
CURSORS = ("x", "%00", "====", "AA", "%ff", "4pyT", "MSAx" * 200)
MISSING = (
    ("/nothing", "GET", 404), ("/cases/x", "GET", 404), ("/cases/%00", "GET", 404),
    ("/plans/x", "GET", 404), ("/plans/%00", "GET", 404), ("/runs/" + "0" * 64, "GET", 404),
    ("/cases", "DELETE", 405), ("/cases", "PUT", 405), ("/ledger", "POST", 405),
    ("/openapi.json", "POST", 405), ("/cases?limit=0", "GET", 422), ("/cases?limit=x", "GET", 422),
)  # fmt: skip


def test_a_body_that_cannot_be_read_is_a_problem(program):
    anna = program()
    for body in UNREADABLE:
        answer = anna("POST", "/cases", body)
        assert answer.status_code in (400, 422), body
        assert answer["Content-Type"] == "application/problem+json"


def test_a_cursor_that_nobody_gave_is_a_problem_or_the_first_page(everything):
    program, names = everything
    case, plan = names["reference"], names["plan"]
    lists = ("/cases", "/holds", "/plans", "/ledger", f"/cases/{case}/timeline",
             f"/cases/{case}/findings", f"/plans/{plan}/acts")  # fmt: skip
    for cursor, path in itertools.product(CURSORS, lists):
        assert program.get(f"{path}?cursor={cursor}").status_code in (200, 422), (cursor, path)


def test_what_is_not_there_is_a_problem(program):
    anna = program()
    for path, method, status in MISSING:
        answer = anna(method, path, None if method == "GET" else {})
        assert (answer.status_code, answer.told["status"]) == (status, status), path
        assert answer["Content-Type"] == "application/problem+json"
        assert int(answer.get("Content-Length", len(answer.content))) == len(answer.content)
        assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
        assert ("Allow" in answer) == (status == 405)
        assert answer.told["title"]
        assert answer.told["detail"]


def test_what_is_too_large_is_a_problem(program):
    answer = program()("POST", "/cases", b'{"title": "' + b"x" * 3_000_000 + b'"}')
    assert (answer.status_code, answer.told["status"]) == (413, 413)


def test_a_fault_of_the_program_is_a_problem_that_tells_nothing_of_it(program, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("postwarden.cases.service.some_cases", broken)
    answer = program().get("/cases")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert b"secret" not in answer.content


def test_a_database_that_fails_is_no_fault_and_may_be_asked_again(program, monkeypatch):
    from django.db import OperationalError  # noqa: PLC0415

    def away(*_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("postwarden.cases.service.some_cases", away)
    answer = program().get("/cases")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_no_shape_is_given_to_two_things(desk):
    told = json.loads(Client().get("/api/v1/openapi.json").content)
    assert all(one["type"] == "object" for one in told["components"]["schemas"].values())
    needs = [one["x-needs"] for path in told["paths"].values() for one in path.values()]
    assert len(needs) == len(ROUTES)
    assert all(needs)
