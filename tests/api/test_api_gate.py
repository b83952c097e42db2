"""Who gets what by the API: every route, every role, every organisation."""

import itertools

import pytest
from django.urls import get_resolver

from api.conftest import Program, token_of
from console.conftest import HELD, addresses
from people.conftest import Records
from postwarden.api.offered import ROUTES
from postwarden.cases import service as cases
from postwarden.errands.service import Errands, ExaminationWish
from postwarden.holds.service import Wish
from postwarden.people.service import (
    EVERYWHERE,
    GRANTS,
    Grant,
    Permission,
    Role,
    make_token,
    member,
    retire,
    revoke_token,
)
from postwarden.rooms import present

OPEN = {"api/v1/openapi.json"}
"""What tells nothing of anybody."""


def test_every_address_is_a_route_that_says_what_it_needs():
    named = {route.name for route in ROUTES}
    stray = [
        route
        for route, one in addresses(get_resolver().url_patterns)
        if route.startswith("api/") and route not in OPEN and one.name not in named
    ]
    assert stray == ["api/v1/"]  # ninja's root, which answers that there is nothing
    assert len(named) == len(ROUTES)
    assert all(route.needs for route in ROUTES)


@pytest.fixture
def names(desk):
    plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan
    errand = Errands(desk.holds.desk).ask(ExaminationWish(desk.case), member("anna"), desk.now)
    named = {"reference": desk.case, "plan": plan.hash, "webhook": "1"}
    return {**named, "number": str(errand.number), "name": "helpdesk-home"}


def expected(route, role, organisation):
    """What somebody gets of a route when it is about the organisation "home"."""
    if not any(one in GRANTS[role] for one in route.needs):
        return {403}
    if "{plan}" in route.path:
        if Permission.CASE_READ not in GRANTS[role]:
            return {403}
        if organisation == "brand":
            return {404}
    if organisation == "brand" and ("{reference}" in route.path or "{number}" in route.path):
        return {404}
    if "{webhook}" in route.path:
        return {404}
    return {200, 204} if route.method != "POST" else {422}


def test_each_role_gets_what_it_may_and_nothing_else(desk, names):
    wrong = {}
    for role, organisation in itertools.product(Role, ("home", "brand")):
        program = Program(token_of(f"{role}-{organisation}"))
        for route in ROUTES:
            # ninja reads the body before the room is asked, so that POSTs here get to the body alone
            body = None if route.method in ("GET", "DELETE") else {"nonsense": True}
            status = program(route.method, route.path.format(**names), body).status_code
            may = expected(route, role, organisation)
            if status not in ({422} if route.method == "POST" and may != {403} else may):
                wrong[route.name, str(role), organisation] = status
    assert wrong == {}


LOGINS = ("hold-accounts", "release-accounts")
"""Routes of which the body says what is needed: to hold logins, the first one."""


def bodies(case, plan):
    at = "2026-11-20T09:00:00Z"
    return {
        "add-entry": {"at": at, "text": "called"},
        "add-report": {"account": HELD[0], "received": at},
        "hold-accounts": {"accounts": HELD, "case": case, "reason": "test"},
        "release-accounts": {"accounts": HELD, "case": case, "reason": "test"},
        "approve-plan": {"expires": at, "signature": "x"},
        "withdraw-plan": {"reason": "test"},
        "start-run": {"plan": plan},
        "stop-run": {"reason": "test"},
        "restrict-case": {"why": "test"},
        "let-in": {"name": "anna", "why": "test"},
        "take-out": {"name": "anna", "why": "test"},
        "unrestrict-case": {"why": "test"},
        "give-a-role": {"role": "reader", "organisation": "home"},
        "take-a-role": {"role": "reader", "organisation": "home"},
        "ask-for-scan": {"purpose": "test", "accounts": HELD},
        "examine-case": {},
        "plan-repair": {"reason": "test"},
        "stop-errand": {},
        "open-case": {"kind": "outage", "title": "down", "organisations": ["home"]},
    }


@pytest.mark.parametrize("organisation", ["home", "brand"])
def test_what_is_done_is_done_for_ones_own_organisation_alone(desk, names, organisation):
    wrong = {}
    told = bodies(desk.case, names["plan"])
    entries = len(list(desk.holds.desk.ledger.entries()))
    for role in Role:
        program = Program(token_of(f"{role}-{organisation}"))
        for route in (one for one in ROUTES if one.takes_key and one.name in told):
            status = program.post(route.path.format(**names), told[route.name]).status_code
            here = route.needs[:1] if route.name in LOGINS else route.needs
            allowed = any(one in GRANTS[role] for one in here)
            if organisation == "home" and (status in (403, 404)) == allowed:
                wrong[route.name, str(role)] = status
            knows = any(one in GRANTS[role] for one in route.needs)
            if organisation == "brand" and status not in ({403, 404} if knows else {403}):
                wrong[route.name, str(role)] = status
    if organisation == "brand":
        assert len(list(desk.holds.desk.ledger.entries())) == entries
    assert wrong == {}


def test_a_scope_of_everything_else_opens_no_route(desk, names):
    desk.person("zoe", *(Grant(role, EVERYWHERE) for role in Role))
    for route in ROUTES:
        program = Program(token_of("zoe", set(Permission) - {*route.needs}))
        assert program(route.method, route.path.format(**names)).status_code == 403, route.name


def test_rights_and_tokens_taken_away_are_missed_by_the_next_request(desk):
    now = present()
    given = make_token("officer-all", "mine", (Permission.CASE_READ,), now + 10**9, Records(), now)
    other = Program(token_of("officer-all"))
    program = Program(given)
    assert program.get("/cases").status_code == 200
    revoke_token("officer-all", "mine", "officer-all", Records(), now)
    assert program.get("/cases").status_code == 401
    assert other.get("/cases").status_code == 200
    retire("officer-all", "anna", Records(), now)
    assert other.get("/cases").status_code == 401


def test_a_browser_that_signed_in_is_nobody_here(desk):
    assert desk.browser("anna").get("/api/v1/cases").status_code == 401


APART = ("open-case", "ask-for-scan", "give-a-role", "take-a-role")
"""Routes that change something beside the case."""


def test_a_restricted_case_is_there_for_nobody_else(desk, names):
    why = "a colleague may be concerned"
    desk(cases.restrict_case, desk.case, [], why, who="officer-all")
    told, wrong = bodies(desk.case, names["plan"]), {}
    before = [one for one in desk.holds.desk.ledger.entries() if one.act != "api.read"]
    for role in Role:
        program = Program(token_of("officer-home" if role is Role.OFFICER else f"{role}-all"))
        for route in ROUTES:
            if route.name in APART or "webhook" in route.name:
                continue
            body = None if route.method == "GET" else told[route.name]
            answer = program(route.method, route.path.format(**names), body)
            may = any(one in GRANTS[role] for one in route.needs)
            named = "{" in route.path or body is not None
            reads = Permission.CASE_READ in GRANTS[role] or "{plan}" not in route.path
            if named and answer.status_code not in ({404} if may and reads else {403, 404}):
                wrong[route.name, str(role)] = answer.status_code
            if not named and any(one in answer.content for one in (desk.case.encode(), b"hold1@")):
                wrong[route.name, str(role)] = "is named"
    after = [one for one in desk.holds.desk.ledger.entries() if one.act != "api.read"]
    assert wrong == {}
    assert [one.act for one in after[len(before) :]] in (
        [],
        ["ledger.verified"] * (len(after) - len(before)),
    )
    inside = Program(token_of("officer-all"))
    assert inside.get(f"/cases/{desk.case}").status_code == 200
    assert inside.get("/plans").told["items"][0]["case"] == desk.case
