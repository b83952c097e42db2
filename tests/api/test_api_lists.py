"""Lists: stable pages, as many queries however long they are, and what was read of people is on record."""

from base64 import urlsafe_b64decode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.conftest import Program, token_of
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.holds.service import Wish
from postwarden.people.service import member
from postwarden.veiled import Use, veil, veil_for

MANY = [f"user{n:03}@example.net" for n in range(30)]


@pytest.fixture
def full(desk):
    """A desk with enough of everything for pages."""
    for number in range(7):
        opening = cases.Opening(cases.Kind.OUTAGE, f"outage {number}", ("home",))
        desk(cases.open_case, opening)
    desk(cases.suspect, desk.case, MANY, "they share a map")
    for account in MANY[:5]:
        desk(cases.add_report, desk.case, cases.Telling(account, desk.now))
    for some in (MANY[:3], MANY[3:10]):
        plan = desk.holds.hold(Wish(tuple(some), desk.case, "test"), member("anna"), desk.now).plan
        desk.holds.carry(plan.hash, lambda: desk.now)
        desk.now += 1_000_000
    desk.plan = plan.hash
    return desk


def lists(desk):
    return {
        "/cases": 8,
        "/holds": 10,
        "/plans": 2,
        f"/cases/{desk.case}/accounts": 32,
        f"/cases/{desk.case}/reports": 5,
        f"/cases/{desk.case}/timeline": 11,
        f"/plans/{desk.plan}/acts": 7,
    }


def every(program, path, limit):
    items, cursor = [], ""
    while cursor is not None:
        answer = program.get(f"{path}?limit={limit}&cursor={cursor}")
        assert answer.status_code == 200, answer.content
        items += answer.told["items"]
        cursor = answer.told["next"]
        assert b"@example" not in urlsafe_b64decode(f"{cursor or ''}===")
        assert len(answer.told["items"]) <= limit
    return items


def test_pages_together_are_the_list(full, program):
    anna = program()
    for path, count in lists(full).items():
        whole = every(anna, path, 200)
        assert len(whole) >= count, path
        assert every(anna, path, 3) == whole, path


def test_where_somebodys_next_page_begins_is_told_to_them_alone(full, program):
    anna, officer = program(), program("officer-all")
    for path in (f"/cases/{full.case}/accounts", "/holds", "/plans"):
        more = anna.get(f"{path}?limit=1").told["next"]
        assert anna.get(f"{path}?cursor={more}").status_code == 200
        assert officer.get(f"{path}?cursor={more}").status_code == 422
        assert officer.get(path).status_code == 200
    of_a_page = veil_for("anna", Use.SEARCH, MANY[0])
    assert anna.get(f"/holds?cursor={of_a_page}").status_code == 422
    assert anna.get(f"/holds?cursor={veil(MANY[0])}").status_code == 422


def test_what_comes_between_two_pages_repeats_nothing_and_hides_nothing(full, program):
    anna = program()
    first = anna.get("/cases?limit=4").told
    full.now += 10**12
    full(cases.open_case, cases.Opening(cases.Kind.OUTAGE, "another", ("home",)))
    second = anna.get(f"/cases?limit=4&cursor={first['next']}").told
    names = [one["reference"] for page in (first, second) for one in page["items"]]
    assert names == sorted(names, reverse=True)
    assert (len(set(names)), second["next"]) == (8, None)


def test_a_long_page_costs_as_many_queries_as_a_short_one(full, program):
    anna = program()
    for path in lists(full):
        anna.get(path)  # the record has the keys of what is read from here on
        counted = []
        for limit in (1, 200):
            with CaptureQueriesContext(connection) as queries:
                anna.get(f"{path}?limit={limit}")
            counted.append(len(queries))
        assert counted[0] == counted[1], path


def test_each_sees_the_rows_of_their_organisations(full):
    full(cases.suspect, full.case, ["eva@brand.test"], "too")
    path = f"/cases/{full.case}/accounts?limit=200"
    seen = {
        name: len(Program(token_of(name)).get(path).told["items"])
        for name in ("reader-all", "reader-home", "reader-brand")
    }
    assert seen == {"reader-all": 33, "reader-home": 32, "reader-brand": 1}
    assert Program(token_of("reader-brand")).get("/holds").told["items"] == []
    assert Program(token_of("reader-brand")).get("/plans").told["items"] == []


def test_lists_are_narrowed(full, program):
    anna = program()
    found = anna.get("/cases?search=outage&stage=open&limit=200").told["items"]
    assert len(found) == 7
    assert anna.get("/cases?stage=closed").told["items"] == []
    assert len(anna.get("/plans?stage=done").told["items"]) == 2
    assert anna.get(f"/plans?case={full.case}&stage=frozen").told["items"] == []
    assert len(anna.get(f"/holds?case={full.case}&search=user009").told["items"]) == 1
    assert anna.get("/holds?case=2026-0002").told["items"] == []
    assert anna.get("/holds?case=2026-9999").status_code == 404


def test_who_read_rows_about_people_is_on_record(full, program):
    program("officer-all").get(f"/cases/{full.case}/accounts?limit=5")
    entries = program("officer-all").get("/ledger?act=api.read").told["items"]
    [(case, who, detail)] = [(one["case"], one["actor"], one["detail"]) for one in entries]
    assert (case, who) == (full.case, "officer-all")
    assert detail == {"route": "list-accounts", "rows": 5}


def test_the_ledger_is_searched_by_pages_and_checked(full, program):
    officer = program("officer-all")
    first = officer.get("/ledger").told
    second = officer.get(f"/ledger?cursor={first['next']}").told
    whole = [one["at"] for page in (first, second) for one in page["items"]]
    assert whole == sorted(whole, reverse=True)
    assert len(first["items"]) == 50
    frozen = officer.get(f"/ledger?act=plan.frozen&case={full.case}&actor=anna").told["items"]
    assert [one["plan"] for one in frozen][:1] == [full.plan]
    told = officer.get("/ledger/verification").told
    assert (told["sound"], told["faults"], told["entries"] > 50) == (True, [], True)
    assert officer.get("/ledger?case=2026-9999").status_code == 404
    assert HELD[0] in str(
        officer.get("/ledger?act=account.suspected&until=2999-01-01T00:00:00Z").told
    )
