"""Sessions: each is made as somebody signs in, nobody can guess it, and it ends with them."""

import re
import secrets
import time
from math import log2

import pytest
from allauth.mfa.totp.internal import auth as codes
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

COOKIE = "__Host-sessionid"
PASSWORD = "correct horse battery"
HELPDESK = "helpdesk-home"


@pytest.fixture
def password(desk):
    user = get_user_model().objects.get_by_natural_key(HELPDESK)
    user.set_password(PASSWORD)
    user.save()


@pytest.fixture
def drawn(monkeypatch):
    """What the system's source of randomness gave, and out of how many."""
    given, choice = [], secrets.choice

    def watched(among):
        given.append((choice(among), len(set(among))))
        return given[-1][0]

    monkeypatch.setattr(secrets, "choice", watched)
    return given


def is_somebody(browser):
    """Tell whether the console knows who it is; it asks them for a second factor then, not for their name."""
    return not browser.get("/")["Location"].startswith("/account/login/")


def sign_in(browser):
    told = {"login": HELPDESK, "password": PASSWORD}
    assert browser.post("/account/login/", told).status_code == 302
    return browser.cookies[COOKIE].value


@pytest.mark.usefixtures("password")
def test_a_session_is_drawn_anew_and_nobody_can_guess_it(drawn):
    one, other = sign_in(Client()), sign_in(Client())
    assert one != other
    text = "".join(letter for letter, _ in drawn)
    for key in (one, other):
        at = text.index(key)
        assert sum(log2(among) for _, among in drawn[at : at + len(key)]) >= 128


@pytest.mark.usefixtures("password")
def test_who_signs_in_leaves_the_session_before_behind():
    browser = Client()
    before = sign_in(browser)
    browser.logout()
    browser.cookies[COOKIE] = before
    assert not is_somebody(browser)
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    browser.cookies[COOKIE] = planted
    after = sign_in(browser)
    assert after not in (before, planted)
    assert not Session.objects.filter(session_key__in=(before, planted)).exists()


@pytest.mark.usefixtures("password")
def test_who_signs_out_ended_the_session():
    browser = Client()
    key = sign_in(browser)
    assert is_somebody(browser)
    browser.post("/account/logout/")
    assert not Session.objects.filter(session_key=key).exists()
    browser.cookies[COOKIE] = key
    assert not is_somebody(browser)


def signed_in():
    browser = Client()
    sign_in(browser)
    return browser


@pytest.mark.usefixtures("password")
def test_a_session_ends_after_ten_hours_whatever_is_done_in_it(monkeypatch):
    browser, began = signed_in(), time.time()
    for hours in range(1, 10):
        monkeypatch.setattr(time, "time", lambda at=hours: began + at * 3600)
        assert is_somebody(browser)
    monkeypatch.setattr(time, "time", lambda: began + 10 * 3600 + 60)
    assert not is_somebody(browser)
    assert "Your time here was up" in browser.get("/account/login/").content.decode()


@pytest.mark.parametrize("still", [False, True], ids=("nothing", "live"))
@pytest.mark.usefixtures("password")
def test_a_session_ends_two_hours_after_the_last_page(monkeypatch, still):
    browser, began = signed_in(), time.time()
    for minutes in range(15, 120, 15):
        monkeypatch.setattr(time, "time", lambda at=minutes: began + at * 60)
        if still:
            browser.get("/work/1/live/")  # a part that brings itself up to date, whoever is there
    monkeypatch.setattr(time, "time", lambda: began + 121 * 60)
    assert not is_somebody(browser)


@pytest.mark.usefixtures("password")
def test_who_shows_again_that_it_is_they_has_a_new_session_and_the_old_one_is_nobodys():
    browser = Client()
    before = sign_in(browser)
    assert browser.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert browser.cookies[COOKIE].value != before
    assert is_somebody(browser)
    assert UserSession.objects.get().session_key == browser.cookies[COOKIE].value
    browser.cookies[COOKIE] = before
    assert not is_somebody(browser)


@pytest.mark.usefixtures("password")
def test_a_factor_that_is_added_ends_the_sessions_elsewhere():
    here, elsewhere = signed_in(), signed_in()
    page = here.get("/account/factors/totp/activate/").content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]
    at = next(iter(codes.yield_hotp_counters_from_time()))
    told = {"code": codes.format_hotp_value(codes.hotp_value(secret, at))}
    assert here.post("/account/factors/totp/activate/", told).status_code == 302
    assert not is_somebody(elsewhere)
    assert here.get("/").status_code == 200


@pytest.mark.usefixtures("password")
def test_ones_sessions_are_listed_and_ended_by_who_shows_that_it_is_they():
    here, elsewhere = signed_in(), signed_in()
    page = here.get("/account/sessions/").content.decode()
    assert page.count("127.0.0.1") == 2
    answer = here.post("/account/sessions/")
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert is_somebody(elsewhere)
    here.post("/account/reauthenticate/", {"password": PASSWORD})
    assert here.post("/account/sessions/").status_code == 302
    assert not is_somebody(elsewhere)
    assert is_somebody(here)


@pytest.mark.usefixtures("password")
def test_who_signs_out_leaves_nothing_in_the_browser():
    told = signed_in().post("/account/logout/")["Clear-Site-Data"]
    assert told == '"cache", "cookies", "storage"'
