"""Cases for people by name, by their pages."""

import re
from pathlib import Path

import pytest

from cli.conftest import ask
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.holds.service import Wish
from postwarden.people.service import member


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def post(desk, who, act, **told):
    return desk.browser(who).post(f"/cases/{desk.case}/{act}/", told)


def inside(desk, who="officer-all"):
    return cases.insiders(member(who), desk.case)


@pytest.fixture
def secret(desk):
    told = {"people_in": ["counsel-home"], "why": "it concerns a colleague"}
    assert post(desk, "officer-all", "restrict", **told).status_code == 302
    return desk


def test_a_case_is_restricted_after_a_look_at_what_that_means(desk):
    page = words(desk.browser("officer-all").get(f"/cases/{desk.case}/restrict/"))
    assert "To everybody else it is not there" in page
    assert "Who knows of it" in words(desk.browser("officer-all").get(f"/cases/{desk.case}/"))
    assert "Who knows of it" not in words(desk.browser("anna").get(f"/cases/{desk.case}/"))
    assert post(desk, "officer-all", "restrict", why=" ").status_code == 422
    assert post(desk, "anna", "restrict", why="mine").status_code == 403
    late = desk.browser("officer-all", sure=False).post(
        f"/cases/{desk.case}/restrict/", {"why": "x"}
    )
    assert late["Location"].startswith("/account/reauthenticate/")
    assert inside(desk) is None


def test_who_is_let_in_sees_it_with_the_next_request_and_who_is_taken_out_no_more(secret):
    browser = secret.browser("anna")
    assert browser.get(f"/cases/{secret.case}/").status_code == 404
    assert post(secret, "counsel-home", "let-in", name="anna", why="repairs").status_code == 302
    page = words(browser.get(f"/cases/{secret.case}/insiders/"))
    assert "3 people, by name" in page
    assert "Take somebody out" not in page
    assert post(secret, "anna", "let-in", name="reader-all", why="x").status_code == 403
    assert post(secret, "officer-all", "take-out", name="anna", why="done").status_code == 302
    assert browser.get(f"/cases/{secret.case}/").status_code == 404
    assert post(secret, "officer-all", "unrestrict", why="nothing found").status_code == 302
    assert browser.get(f"/cases/{secret.case}/").status_code == 200


def test_who_has_to_know_asks_and_somebody_inside_answers(secret):
    asks, answers = secret.browser("officer-home"), secret.browser("counsel-home")
    told = [
        asks.post("/cases/knock/", {"reference": one, "why": "I am the deputy"}, follow=True)
        for one in (secret.case, "2026-0099")
    ]
    assert words(told[0]) == words(told[1])
    assert "officer-home asks to be let into" in words(answers.get("/"))
    assert "asks to be let" not in words(asks.get("/"))
    page = answers.get("/cases/knocks/").content.decode()
    number = re.search(r'name="number" value="(\d+)"', page)[1]
    answer = {"number": number, "why": "so it is", "do": "agree"}
    assert asks.post("/cases/knocks/", answer).status_code == 422
    assert asks.get(f"/cases/{secret.case}/").status_code == 404
    assert answers.post("/cases/knocks/", {**answer, "why": ""}).status_code == 422
    assert answers.post("/cases/knocks/", answer).status_code == 302
    assert asks.get(f"/cases/{secret.case}/").status_code == 200
    assert "Nobody asks just now" in words(answers.get("/cases/knocks/"))


def test_the_helpdesk_hears_nothing_of_it(desk):
    browser, asks = desk.browser("helpdesk-all"), {"do": "ask", "about": HELD[0]}
    plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan
    desk.holds.carry(plan.hash, lambda: desk.now)
    told = words(browser.post("/helpdesk/", asks))
    assert desk.case in told
    assert "Logins are blocked" in told
    assert post(desk, "officer-all", "restrict", why="it concerns a colleague").status_code == 302
    told = words(browser.post("/helpdesk/", asks))
    assert desk.case not in told
    assert "Logins are blocked" not in told
    assert "Not concerned" in told


def test_the_command_line_releases_nothing_that_a_hidden_case_holds(desk, tree):
    plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan
    desk.holds.carry(plan.hash, lambda: desk.now)
    desk(cases.restrict_case, desk.case, ["postmaster-home"], "a colleague", who="officer-all")
    file = tree / f"{Path(desk.configuration.state.path).parent.name}.toml"
    words = ("release", HELD[0], "--reason", "mine", "-c", file, "--as")
    assert ask(*words, "postmaster-all").status != 0
    assert len(desk.holds.plans.of_case(desk.case)) == 1
    told = ask(*words, "postmaster-home")
    assert (told.status, told.err) == (0, "")
    assert len(desk.holds.plans.of_case(desk.case)) == 2
