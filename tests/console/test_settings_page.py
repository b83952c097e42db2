"""Settings: one's own, and people of the installation; each change is on record."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.test import Client

from postwarden.people.service import Grant, Role, member, members, tied


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def acts(desk):
    return [one.act for one in desk.holds.desk.ledger.entries()]


def test_times_are_shown_in_the_readers_zone_with_its_name(desk):
    browser = desk.browser("officer-all")
    assert "Times in Europe/Amsterdam" in words(browser.get("/cases/"))
    told = {"zone": "America/New_York", "language": "en"}
    assert browser.post("/own/", told).status_code == 302
    assert "(America/New_York)" in words(browser.get("/cases/"))
    assert "(Europe/Amsterdam)" in words(desk.browser("anna").get("/cases/"))
    assert acts(desk)[-1] == "person.settled"


def test_one_reads_in_ones_own_language_whatever_the_browser_asks_for(desk):
    browser = desk.browser("officer-all")
    browser.post("/own/", {"zone": "", "language": "nl"})
    assert (
        '<html lang="nl">'
        in browser.get("/own/", headers={"Accept-Language": "de"}).content.decode()
    )
    assert (
        '<html lang="de">'
        in desk.browser("anna").get("/own/", headers={"Accept-Language": "de"}).content.decode()
    )


@pytest.mark.parametrize("told", [{"zone": "Mars/Base"}, {"language": "tlh"}, {"zone": "../etc"}])
def test_what_is_no_zone_or_language_is_not_kept(desk, told):
    assert desk.browser("anna").post("/own/", told).status_code == 200
    assert (member("anna").zone, member("anna").language) == ("", "")


def test_somebody_is_added_with_a_role_and_a_link_that_lets_them_in_once(desk):
    told = {"name": "zoe", "full_name": "Zoe", "role": "helpdesk", "organisation": "brand"}
    shown = words(desk.browser("anna").post("/settings/", told))
    (link,) = re.findall(r"http://testserver(/welcome/\S+/)", shown)
    assert member("zoe").grants == (Grant(Role.HELPDESK, "brand"),)
    assert Client().post(link, {"password": "correct horse battery"}).status_code == 302
    assert Client().post(link, {"password": "correct horse battery"}).status_code == 410
    assert acts(desk)[-3:] == ["person.added", "person.invited", "person.let-in"]
    again = desk.browser("anna").post("/settings/", told)
    assert "there is somebody of that name" in words(again)


@pytest.mark.parametrize("told", [{"name": "Zoe!"}, {"role": "king"}, {"organisation": "none"}])
def test_who_cannot_be_added_is_not(desk, told):
    whole = {"name": "zoe", "full_name": "Zoe", "role": "helpdesk", "organisation": "brand"} | told
    assert desk.browser("anna").post("/settings/", whole).status_code == 200
    assert "zoe" not in {one.name for one in members()}


def test_who_leaves_acts_no_more_and_the_last_one_stays(desk):
    browser = desk.browser("anna")
    assert browser.post("/settings/people/helpdesk-all/", {"do": "retire"}).status_code == 302
    assert not member("helpdesk-all").active
    for name in ("postmaster-all", "officer-all"):
        browser.post(f"/settings/people/{name}/", {"do": "retire"})
    assert browser.post("/settings/people/anna/", {"do": "retire"}).status_code == 200
    assert member("anna").active


def test_a_role_for_one_organisation_manages_nobody_of_others(desk):
    browser = desk.browser("officer-brand")
    page = words(browser.get("/settings/"))
    assert "reader-brand" in page
    assert "reader-home" not in page
    assert browser.post("/settings/people/reader-home/", {"do": "retire"}).status_code == 404
    assert browser.post("/settings/people/reader-brand/", {"do": "retire"}).status_code == 403
    assert member("reader-brand").active
    before = acts(desk)
    browser.get("/settings/people/reader-brand/")
    assert acts(desk) == before


def test_pages_of_allauth_have_the_frame_of_the_console(desk):
    browser = desk.browser("anna")
    Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    for address in ("/account/factors/", "/account/sessions/"):
        page = browser.get(address)
        assert (page.status_code, b'class="rail"' in page.content) == (200, True)


def test_a_role_that_can_do_what_one_cannot_is_not_given(desk):
    told = {"name": "puppet", "full_name": "P", "role": "officer", "organisation": ""}
    assert desk.browser("postmaster-all").post("/settings/", told).status_code == 200
    assert "puppet" not in {one.name for one in members()}


def test_who_has_a_password_is_invited_anew_by_the_command_line_alone(desk):
    user = get_user_model().objects.get_by_natural_key("officer-all")
    browser = desk.browser("anna")
    assert b'value="invite"' in browser.get("/settings/people/officer-all/").content
    user.set_password("correct horse battery")
    user.save()
    page = browser.get("/settings/people/officer-all/")
    assert b'value="invite"' not in page.content
    assert b"postwarden person invite officer-all" in page.content
    answer = browser.post("/settings/people/officer-all/", {"do": "invite"})
    assert (answer.status_code, b"/welcome/" in answer.content) == (403, False)
    assert not tied("anna", "officer-all")
