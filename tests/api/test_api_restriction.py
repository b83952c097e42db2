"""Restricted cases, roles and errands, by the API."""

from api.conftest import Program, token_of
from console.conftest import HELD
from postwarden.errands.models import ErrandRow
from postwarden.errands.service import Stage
from postwarden.people.service import Grant, Role, member

WHY = {"why": "a colleague may be concerned"}


def test_a_case_is_restricted_and_opened_again(program, desk):
    officer, counsel = program("officer-all"), program("counsel-all")
    case = f"/cases/{desk.case}"
    assert counsel.get(f"{case}/insiders").told == {"restricted": False, "names": []}
    assert officer.post(f"{case}/restrict", {**WHY, "names": ["counsel-home"]}).status_code == 204
    assert counsel.get(case).status_code == 404
    assert officer.post(f"{case}/let-in", {**WHY, "name": "counsel-all"}).status_code == 204
    told = counsel.get(f"{case}/insiders").told
    assert told == {"restricted": True, "names": ["counsel-all", "counsel-home", "officer-all"]}
    assert counsel.post(f"{case}/take-out", {**WHY, "name": "officer-all"}).status_code == 204
    assert officer.get(case).status_code == 404
    assert counsel.post(f"{case}/unrestrict", WHY).status_code == 204
    assert officer.get(f"{case}/insiders").told == {"restricted": False, "names": []}


def test_what_restricting_refuses_has_its_code(program, desk):
    officer, case = program("officer-all"), f"/cases/{desk.case}"
    refused = officer.post(f"{case}/let-in", {**WHY, "name": "anna"})
    assert (refused.status_code, refused.told["type"]) == (
        409, "urn:postwarden:problem:not-restricted",
    )  # fmt: skip
    assert officer.post(f"{case}/restrict", {"why": " "}).status_code == 409
    nobody = officer.post(f"{case}/restrict", {**WHY, "names": ["nobody"]})
    assert (nobody.status_code, "nobody" in nobody.told["detail"]) == (422, True)
    assert officer.get(f"{case}/insiders").told["restricted"] is False


def test_restricting_with_a_key_is_done_once(program, desk):
    officer, case = program("officer-all"), f"/cases/{desk.case}"
    first, again = (officer.post(f"{case}/restrict", WHY, key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (204, 204)
    assert again["Idempotency-Replayed"] == "true"
    assert officer.post(f"{case}/restrict", WHY, key="k2").status_code == 409


def test_roles_are_given_and_taken(program, desk):
    boss, name = program(), "/people/helpdesk-home/roles"
    told = boss.post(name, {"role": "reader", "organisation": "brand"}).told
    roles = [
        {"role": "helpdesk", "organisation": "home"},
        {"role": "reader", "organisation": "brand"},
    ]
    assert sorted(told["roles"], key=str) == sorted(roles, key=str)
    assert Grant(Role.READER, "brand") in member("helpdesk-home").grants
    told = boss.post(f"{name}/take", {"role": "helpdesk", "organisation": "home"}).told
    assert told["roles"] == roles[1:]
    listed = {one["name"]: one for one in boss.get("/people").told["items"]}
    assert listed["helpdesk-home"]["roles"] == roles[1:]
    assert listed["anna"]["roles"] == [{"role": "postmaster", "organisation": None}]


def test_who_manages_one_organisation_reaches_nobody_else(program, desk):
    boss = program("postmaster-home")
    assert boss.get("/people").told["items"] == [
        one for one in program().get("/people").told["items"]
        if "home" in {role["organisation"] for role in one["roles"]}
    ]  # fmt: skip
    role = {"role": "reader", "organisation": "home"}
    for name in ("reader-brand", "nobody", "%00"):
        assert boss.post(f"/people/{name}/roles", role).status_code == 404
    for wrong in (
        {**role, "organisation": "brand"},
        {"role": "reader"},
        {**role, "role": "counsel"},
    ):
        assert boss.post("/people/helpdesk-home/roles", wrong).status_code == 403
    assert boss.post("/people/postmaster-home/roles", role).status_code == 403
    unknown = boss.post("/people/helpdesk-home/roles", {**role, "organisation": "nowhere"})
    assert unknown.status_code == 422


def test_a_scan_is_asked_for_watched_and_stopped(program, desk):
    anna = program()
    wish = {"purpose": "mail astray", "accounts": [HELD[0].upper()], "domains": ["Example.NET"]}
    asked = anna.post("/scans", wish)
    assert (asked.status_code, asked.told["stage"], asked.told["kind"]) == (202, "waiting", "scan")
    days = desk.configuration.evidence.expiry_days
    about = {
        "purpose": "mail astray",
        "expires_days": days,
        "accounts": 1,
        "domains": 1,
        "organisations": ["home"],
        "since": None,
    }
    assert asked.told["about"] == about
    place = f"/errands/{asked.told['number']}"
    assert anna.get(place).told == asked.told
    assert anna.post("/scans", wish).status_code == 409
    stopped = anna.post(f"{place}/stop", {})
    assert (stopped.status_code, stopped.told["stage"]) == (200, "stopped")
    assert anna.post(f"{place}/stop", {}).status_code == 409


def test_a_scan_is_known_to_whom_its_accounts_are_and_to_who_asked(program):
    asked = program("postmaster-home").post("/scans", {"purpose": "x", "accounts": [HELD[0]]})
    place = f"/errands/{asked.told['number']}"
    known = {
        name: program(name).get(place).status_code
        for name in ("anna", "officer-home", "officer-brand")
    }
    assert known == {"anna": 200, "officer-home": 200, "officer-brand": 404}
    program().post(f"{place}/stop", {})
    place = f"/errands/{program().post('/scans', {'purpose': 'of all'}).told['number']}"
    assert program("officer-home").get(place).status_code == 404
    assert program("officer-all").get(place).status_code == 200


def test_a_scan_of_everybody_takes_a_role_for_all(program):
    assert program("postmaster-home").post("/scans", {"purpose": "x"}).status_code == 403
    for wrong in ({"accounts": ["no account"]}, {"domains": [""]}, {"domains": ["a@b@c d"]}):
        assert program().post("/scans", {"purpose": "x", **wrong}).status_code == 422
    assert program().post("/scans", {"purpose": "x"}).status_code == 202


def test_a_case_is_examined_and_its_repair_planned_by_the_worker(program, desk):
    home = program("postmaster-home")
    case = f"/cases/{desk.case}"
    asked = home.post(f"{case}/examinations", {})
    assert (asked.status_code, asked.told["case"]) == (202, desk.case)
    assert home.post(f"{case}/repairs", {"reason": "astray"}).status_code == 409
    home.post(f"/errands/{asked.told['number']}/stop", {})
    planned = home.post(f"{case}/repairs", {"reason": "astray", "clean": True})
    assert (planned.status_code, planned.told["kind"]) == (202, "planning")
    place = f"/errands/{planned.told['number']}"
    assert program("postmaster-brand").get(place).status_code == 404
    trouble = {"one": "/var/mail: away"}
    ErrandRow.objects.update(stage=Stage.FAILED, trouble=trouble, ended_at=desk.now)
    reader = Program(token_of("reader-home"))
    assert (home.get(place).told["trouble"], reader.get(place).told["trouble"]) == (
        "/var/mail: away", "",
    )  # fmt: skip
    assert program().get("/errands/999999999999999999999").status_code == 404
