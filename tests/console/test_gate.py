"""Who gets a page: every address, every role, every organisation."""

import itertools

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from cases.conftest import finding
from console.conftest import HELD, addresses
from postwarden.cases import service as cases
from postwarden.console.gate import Opening, Page
from postwarden.console.urls import PAGES
from postwarden.holds.service import Wish
from postwarden.people.service import GRANTS, ITSELF, Permission, Role, member, retire
from postwarden.veiled import Use, veil, veil_for

ABSENT = ("components", "oidc", "oidc-back")
"""Developers ask for the one; the others need a provider of identities."""
OURS = {page.name: page for page in PAGES}
BORROWED = ("account/", "api/", "health/", "metrics")
"""Addresses of allauth, and those for programs, which look after themselves."""


def test_every_address_is_a_page_that_says_what_it_needs():
    stray = [
        route
        for route, one in addresses(get_resolver().url_patterns)
        if not route.startswith(BORROWED) and one.name not in OURS
    ]
    assert stray == []
    assert len(OURS) == len(PAGES)
    assert all(isinstance(page.needs, Opening) or page.needs for page in PAGES)


def address(page: Page, case: str) -> str:
    words = {name: case for name in ("reference",) if f":{name}>" in page.route}
    words |= {
        name: "0" * 64 for name in ("start", "veiled", "snapshot") if f":{name}>" in page.route
    }
    words |= {
        name: "none" for name in ("token", "given", "finding_id") if f":{name}>" in page.route
    }
    words |= {"number": 999} if ":number>" in page.route else {}
    words |= {"name": "nobody"} if ":name>" in page.route else {}
    return reverse(page.name, kwargs=words)


def expected(page, role, organisation):
    """What somebody gets of a page that is about the organisation "home"."""
    if page.name in ABSENT:
        return {404}
    if page.needs in (Opening.ANYBODY, Opening.HALF):
        return {200, 302}
    if page.needs is Opening.NOBODY:
        return {200, 410}
    if not any(one in GRANTS[role] for one in page.needs):
        return {403}
    if any(
        one in page.route
        for one in (":start>", ":veiled>", ":snapshot>", ":name>", ":finding_id>", ":number>")
    ):
        return {404}
    about_a_case = "reference" in page.route
    reads = Permission.CASE_READ in GRANTS[role] and organisation != "brand"
    return {404} if about_a_case and not reads else {200}


def test_each_role_gets_what_it_may_and_nothing_else(desk):
    wrong = {}
    for role, organisation in itertools.product(Role, ("all", "home", "brand")):
        browser = desk.browser(f"{role}-{organisation}")
        for page in PAGES:
            status = browser.get(address(page, desk.case)).status_code
            if status not in expected(page, role, organisation):
                wrong[page.name, str(role), organisation] = status
    assert wrong == {}


def test_who_did_not_sign_in_is_sent_to_do_so(desk):
    browser, login, wrong = Client(), reverse("account_login"), {}
    for page in PAGES:
        browser.cookies.clear()
        answer = browser.get(address(page, desk.case))
        if page.needs is Opening.NOBODY:
            fits = answer.status_code in ((404,) if page.name in ABSENT else (200, 410))
        else:
            fits = answer.status_code == 302 and answer["Location"].startswith(login)
        if not fits:
            wrong[page.name] = answer.status_code
    assert wrong == {}


def test_without_a_second_factor_no_page_is_shown_but_its_set_up(desk):
    browser, way, wrong = desk.browser("anna", factor=False), reverse("second-factor"), {}
    for page in PAGES:
        answer = browser.get(address(page, desk.case))
        if page.needs is Opening.NOBODY:
            fits = answer.status_code in ((404,) if page.name in ABSENT else (200, 410))
        elif page.needs is Opening.HALF:
            fits = answer.status_code == 200
        else:
            fits = (answer.status_code, answer.get("Location")) == (302, way)
        if not fits:
            wrong[page.name] = answer.status_code
    assert wrong == {}


def test_who_left_is_out_with_the_next_request(desk):
    browser = desk.browser("officer-all")
    assert browser.get("/cases/").status_code == 200
    retire("officer-all", "anna", lambda *_: None, desk.now)
    assert browser.get("/cases/").status_code == 302


def test_pages_about_people_are_kept_by_no_browser_or_proxy(desk):
    answer = desk.browser("anna").get(f"/cases/{desk.case}/")
    assert "no-store" in answer["Cache-Control"]
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "base-uri 'none'" in answer["Content-Security-Policy"]


def test_nobody_signs_up(desk):
    told = {
        "username": "eve",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    Client().post("/account/signup/", told)
    assert ITSELF != "eve"
    assert Client().get("/account/signup/").content.count(b"<form") == 0


def walks_through_tabs(desk, words):
    browser = desk.browser("anna")
    for tab in ("", "findings/", "plans/", "timeline/"):
        assert browser.get(f"/cases/{desk.case}/{tab}?{words}").status_code == 200


@pytest.mark.parametrize(
    "words", ["after=x", "after=%00", "after=%ff", "of=%00%25", "state=nonsense&state="]
)
def test_whatever_is_asked_for_is_answered(desk, words):
    walks_through_tabs(desk, words)


@pytest.mark.parametrize(
    ("name", "sealed"),
    [
        ("after", lambda value: veil_for("anna", Use.CURSOR, value)),
        ("of", lambda value: veil_for("anna", Use.SEARCH, value)),
        ("account", veil),
    ],
    ids=("after", "of", "account"),
)
@pytest.mark.parametrize(
    "value", ["x", "1 x", "-1 2", "9" * 30 + " 1", chr(0x1F4EC) * 500], ids=range(5)
)
def test_whatever_was_sealed_is_answered(desk, name, sealed, value):
    walks_through_tabs(desk, f"{name}={sealed(value)}")


@pytest.mark.parametrize("expires", ["", "x", "-1", "9" * 40, str(1 << 53)])
def test_an_approval_that_cannot_be_approves_nothing(desk, expires):
    wish = Wish(HELD, desk.case, "test")
    plan = desk.holds.hold(wish, member("anna"), desk.now).plan
    told = {"expires": expires, "signature": "{}"}
    answer = desk.browser("officer-all").post(f"/plans/{plan.hash}/", told)
    assert answer.status_code in (200, 409)
    assert desk.holds.plans.get(plan.hash).approvals == ()


@pytest.fixture
def restricted(desk):
    """A case with an account, a finding, a report, a plan and a hold, there for two officers alone."""
    desk(
        cases.take_findings,
        desk.case,
        cases.Taken("s1", frozenset(HELD), (finding("f1", HELD[0]),)),
    )
    desk(cases.add_report, desk.case, cases.Telling(HELD[0], desk.now))
    desk.plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan.hash
    desk.holds.carry(desk.plan, lambda: desk.now)
    why = "a colleague may be concerned"
    desk(cases.restrict_case, desk.case, ["officer-home"], why, who="officer-all")
    return desk


def test_a_restricted_case_is_there_for_nobody_else(restricted):
    wrong = {}
    outside = [name for role in Role for name in (f"{role}-all", f"{role}-home")]
    for name in sorted({*outside, "anna"} - {"officer-all", "officer-home"}):
        browser = restricted.browser(name)
        role = Role.POSTMASTER if name == "anna" else Role(name.partition("-")[0])
        for page in PAGES:
            told = address(page, restricted.case).replace("0" * 64, restricted.plan)
            named = ":reference>" in page.route or page.name.startswith("plans-")
            may = isinstance(page.needs, Opening) or any(one in GRANTS[role] for one in page.needs)
            answer = browser.get(told)
            if named and answer.status_code != (404 if may else 403):
                wrong[page.name, name] = answer.status_code
            text = b"" if named or not hasattr(answer, "content") else answer.content
            if any(one in text for one in (restricted.case.encode(), b"hold1@", b"mail astray")):
                wrong[page.name, name] = "is named"
            if (
                named
                and may
                and browser.post(told, {"why": "x"}).status_code not in (302, 404, 405)
            ):
                wrong[page.name, name, "POST"] = "is answered"
    assert wrong == {}


def test_a_restricted_case_is_there_for_who_is_let_in(restricted):
    for name in ("officer-all", "officer-home"):
        browser = restricted.browser(name)
        for place in (f"/cases/{restricted.case}/", f"/plans/{restricted.plan}/", "/accounts/"):
            answer = browser.get(place)
            assert (
                answer.status_code,
                b"hold1@" in answer.content or b"case" in answer.content,
            ) == (200, True)
        assert restricted.case.encode() in browser.get("/cases/").content
