"""Sessions: each is made as somebody signs in, nobody can guess it, and it ends with them."""

import secrets
from math import log2

import pytest
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
