"""Plans by the API: asked for, approved by an SSH signature, taken back, and how far they are."""

import pytest

from api.conftest import Program, token_of
from console.conftest import HELD
from people.conftest import KeyFile, Records
from postwarden.cases import service as cases
from postwarden.people.service import Permission, challenge, enrol

ASKED = {"accounts": HELD, "reason": "to be examined"}


@pytest.fixture
def officer(desk, tmp_path):
    """Somebody who approves, with a key."""
    program = Program(token_of("officer-all"))
    program.key = KeyFile(tmp_path)
    signature = program.key.sign(challenge("officer-all", program.key.public))
    enrol("officer-all", program.key.public, signature, "officer-all", Records(), desk.now)
    return program


def approval(program, plan, hours=1):
    told = program.get(f"/plans/{plan}/consent?hours={hours}").told
    return {"expires": told["expires"], "signature": program.key.sign(told["text"].encode())}


def carry(desk, plan):
    desk.holds.carry(plan, lambda: desk.now)


def test_accounts_are_held_and_released_once_somebody_else_agreed(desk, program, officer):
    anna = program()
    held = anna.post("/holds", ASKED | {"case": desk.case})
    assert (held.status_code, held.told["acts"], held.told["stage"]) == (202, 2, "running")
    carry(desk, held.told["plan"])
    run = anna.get(f"/runs/{held.told['plan']}").told
    assert (run["stage"], run["done"], run["all"]) == ("done", 2, 2)
    release = anna.post("/releases", ASKED | {"case": desk.case}).told
    assert release["stage"] == "frozen"
    own = anna.post(
        f"/plans/{release['plan']}/approvals", {"expires": "2026-11-22T00:00:00Z", "signature": "x"}
    )
    assert own.status_code == 422
    given = officer.post(f"/plans/{release['plan']}/approvals", approval(officer, release["plan"]))
    assert (given.status_code, given.told["stage"]) == (201, "running")
    assert [one["approver"] for one in given.told["approvals"]] == ["officer-all"]
    carry(desk, release["plan"])
    assert anna.get("/holds").told["items"] == []


def test_what_was_signed_counts_for_that_alone(desk, program, officer):
    anna = program()
    plans = [anna.post("/holds", ASKED | {"accounts": [one]}).told["plan"] for one in HELD]
    signed = approval(officer, plans[0])
    for told, status in (
        (signed | {"signature": "x"}, 422),
        (signed | {"expires": "2026-11-22T00:00:00Z"}, 422),
    ):
        assert officer.post(f"/plans/{plans[0]}/approvals", told).status_code == status
    assert officer.post(f"/plans/{plans[1]}/approvals", signed).status_code == 422
    assert officer.post(f"/plans/{plans[0]}/approvals", signed).status_code == 201
    again = officer.post(f"/plans/{plans[0]}/approvals", approval(officer, plans[0]))
    assert (again.status_code, again.told["type"]) == (
        409,
        "urn:postwarden:problem:approved-already",
    )


def test_a_plan_is_taken_back_by_who_asked_or_may_approve(desk, program, officer):
    anna = program()
    carry(desk, anna.post("/holds", ASKED | {"case": desk.case}).told["plan"])
    release = anna.post("/releases", ASKED | {"case": desk.case}).told["plan"]
    lacking = Program(token_of("officer-all", (Permission.CASE_READ, Permission.PLAN_REQUEST)))
    assert lacking.post(f"/plans/{release}/withdrawal", {"reason": "x"}).status_code == 403
    taken = anna.post(f"/plans/{release[:12]}/withdrawal", {"reason": "a mistake"})
    assert (taken.status_code, taken.told["stage"]) == (200, "withdrawn")
    again = officer.post(f"/plans/{release}/withdrawal", {"reason": "x"})
    assert (again.status_code, again.told["type"]) == (409, "urn:postwarden:problem:wrong-stage")


def test_what_leaves_nobody_to_hold_says_why(desk, program):
    anna = program()
    carry(desk, anna.post("/holds", ASKED).told["plan"])
    answer = anna.post("/holds", ASKED)
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert [one["what"] for one in answer.told["errors"]] == ["held-already", "held-already"]
    assert anna.post("/runs", {"plan": "0" * 64}).status_code == 404
    plan = anna.get("/plans").told["items"][0]["plan"]
    assert anna.post("/runs", {"plan": plan}).status_code == 409
    assert anna.post(f"/runs/{plan}/stop", {"reason": "x"}).status_code == 409


def test_nothing_is_held_for_a_case_that_is_closed_or_unknown(desk, program):
    anna = program()
    opened = anna.post("/cases", {"kind": "outage", "title": "x", "organisations": ["home"]}).told
    for task in opened["tasks"]:
        desk(cases.finish_task, opened["reference"], task["task"], "done")
    desk(cases.close, opened["reference"], "over")
    told = anna.post("/holds", ASKED | {"case": opened["reference"]})
    assert (told.status_code, told.told["type"]) == (409, "urn:postwarden:problem:not-open")
    assert anna.post("/holds", ASKED | {"case": "2026-9999"}).status_code == 404
