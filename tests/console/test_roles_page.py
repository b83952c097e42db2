"""Roles given and taken away in the settings."""

import re

import pytest

from postwarden.people.service import EVERYWHERE, Grant, Role, member

PAGE = "/settings/people/helpdesk-home/roles/"
READER = {"do": "give", "role": "reader", "organisation": "home"}
OWN = {"do": "take", "role": "helpdesk", "organisation": "home"}


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def grants():
    return {*member("helpdesk-home").grants}


def test_a_role_is_given_after_a_look_and_counts_from_the_next_request(desk):
    browser, theirs = desk.browser("anna"), desk.browser("helpdesk-home")
    assert PAGE in browser.get("/settings/people/helpdesk-home/").content.decode()
    assert theirs.get("/cases/").status_code == 403
    asked = words(browser.post(PAGE, READER))
    assert "From their next request on they may: read cases" in asked
    assert grants() == {Grant(Role.HELPDESK, "home")}
    assert browser.post(PAGE, {**READER, "meant": "1"}).status_code == 302
    assert theirs.get("/cases/").status_code == 200
    assert "they may no longer" in words(browser.post(PAGE, {**READER, "do": "take"}))
    assert browser.post(PAGE, {**READER, "do": "take", "meant": "1"}).status_code == 302
    assert theirs.get("/cases/").status_code == 403
    acts = [one.act for one in desk.holds.desk.ledger.entries()]
    assert [one for one in acts if "role" in one] == ["person.role-given", "person.role-taken"]


@pytest.mark.parametrize("told", [READER, OWN], ids=["give", "take"])
def test_it_takes_who_shows_that_it_is_they_and_manages_people(desk, told):
    meant = {**told, "meant": "1"}
    late = desk.browser("anna", sure=False).post(PAGE, meant)
    assert late["Location"].startswith("/account/reauthenticate/")
    assert desk.browser("counsel-all").post(PAGE, meant).status_code == 403
    assert desk.browser("postmaster-brand").post(PAGE, meant).status_code == 404
    assert grants() == {Grant(Role.HELPDESK, "home")}


def test_the_last_who_manages_people_and_ones_own_roles_stay(desk):
    browser = desk.browser("postmaster-all")
    for name in ("officer-all", "anna"):
        role = member(name).grants[0].role
        told = {"do": "take", "role": role, "organisation": EVERYWHERE, "meant": "1"}
        assert browser.post(f"/settings/people/{name}/roles/", told).status_code == 302
    own = {**READER, "organisation": "", "meant": "1"}
    assert browser.post("/settings/people/postmaster-all/roles/", own).status_code == 403
    assert b"One more role" not in browser.get("/settings/people/postmaster-all/roles/").content
    more = {**READER, "role": "officer", "meant": "1"}
    assert browser.post(PAGE, more).status_code == 403
    assert browser.post(PAGE, {"do": "x", "role": "king"}).status_code == 422
