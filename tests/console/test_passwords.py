"""Passwords and other factors: what is taken, as it was written, and once."""

import re
import secrets
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as codes
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from people.conftest import Records
from postwarden.console.passwords import NoNamesOfHere
from postwarden.people.service import invite

PASSWORD = "Correct horse battery \U0001f40e"
OTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def user(desk):
    user = get_user_model().objects.get_by_natural_key("anna")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(password, browser=None):
    told = {"login": "anna", "password": password}
    return (browser or Client()).post("/account/login/", told)


def came_in(answer):
    return answer.status_code == 302


def factor(browser, code):
    return came_in(browser.post("/account/factors/authenticate/", {"code": code}))


def code(at):
    return codes.format_hotp_value(codes.hotp_value(OTP, at))


@pytest.fixture
def app(user):
    """A user whose second factor is an app."""
    codes.TOTP.activate(user, OTP)
    return user


@pytest.mark.usefixtures("user")
def test_a_password_counts_as_it_was_written_and_for_ever(monkeypatch):
    for other in (PASSWORD.lower(), PASSWORD[:-1], f" {PASSWORD}", f"{PASSWORD} "):
        assert not came_in(sign_in(other))
    later = time.time() + 10 * 365 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    answer = sign_in(PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_long_passwords_and_those_of_one_kind_of_character_are_taken(desk):
    for long in ("correct horse battery staple " * 20, "abcdefghijk" + "lmnop" * 5):
        given = invite("anna", "anna", Records(), time.time_ns() // 1_000)
        assert came_in(Client().post(f"/welcome/{given}/", {"password": long}))
        assert came_in(sign_in(long))
        assert not came_in(sign_in(long[:-1]))


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "qwertyuiop[]",
        "Example Mail-2026!",
        "example.net/2026",
        "POSTWARDEN-POSTWARDEN",
        "brand.test.2026",
    ],
)
def test_what_is_easily_guessed_is_refused(desk, password):
    given = invite("anna", "anna", Records(), time.time_ns() // 1_000)
    assert Client().post(f"/welcome/{given}/", {"password": password}).status_code == 200
    assert not came_in(sign_in(password))


def test_names_of_here_do_not_count_but_do_not_harm(desk):
    check = NoNamesOfHere()
    check.validate("Example Mail keeps my letters")
    with pytest.raises(ValidationError, match="Names of this provider"):
        check.validate("Example Mail 2026")


def test_passwords_are_changed_by_who_knows_the_one_before(user):
    browser = Client()
    sign_in(PASSWORD, browser)
    new = "another horse and its battery"

    def changed(old):
        told = {"oldpassword": old, "password1": new, "password2": new}
        browser.post("/account/password/change/", told)
        user.refresh_from_db()
        return user.check_password(new)

    page = browser.get("/account/password/change/").content.decode()
    assert len(re.findall(r'type="password"', page)) == 3
    assert not changed("not the one before")
    assert changed(PASSWORD)


def test_nothing_keeps_anybody_from_pasting_or_looking(desk):
    for place in ("/account/login/",):
        page = Client().get(place).content.decode()
        assert re.findall(r'<input[^>]*type="password"[^>]*>', page)
        assert "onpaste" not in page
        assert 'autocomplete="off"' not in re.findall(r'<input[^>]*name="password"[^>]*>', page)[0]


def test_a_new_link_sets_a_password_and_leaves_the_second_factor(app):
    given = invite("anna", "anna", Records(), time.time_ns() // 1_000)
    new = "another horse and its battery"
    assert came_in(Client().post(f"/welcome/{given}/", {"password": new}))
    browser = Client()
    assert sign_in(new, browser)["Location"] == "/account/factors/authenticate/"
    assert browser.get("/")["Location"].startswith("/account/login/")


@pytest.mark.usefixtures("app")
def test_a_code_counts_once_and_for_half_a_minute(monkeypatch):
    now = time.time() // 30 * 30 + 1
    monkeypatch.setattr(time, "time", lambda: now)
    one, other, late = Client(), Client(), Client()
    for browser in (one, other, late):
        sign_in(PASSWORD, browser)
    at = int(now) // 30
    assert factor(one, code(at))
    assert not factor(other, code(at))
    assert not factor(other, code(at - 1))
    assert not factor(other, code(at + 1))
    monkeypatch.setattr(time, "time", lambda: now + 30)
    assert not factor(late, code(at))
    assert factor(late, code(at + 1))


def test_a_recovery_code_counts_once_and_nobody_can_guess_it(app):
    given = RecoveryCodes.activate(app).get_unused_codes()
    assert len(given) == len(set(given)) == 10
    assert all(re.fullmatch(r"\d{8}|[0-9a-f]{8}", one) for one in given)  # 26 bits or more
    one, other = Client(), Client()
    for browser in (one, other):
        sign_in(PASSWORD, browser)
    assert factor(one, given[0])
    assert not factor(other, given[0])
    assert factor(other, given[1])


def test_secrets_of_factors_are_drawn_from_the_systems_randomness(user, monkeypatch):
    drawn, choice, many = [], secrets.token_bytes, secrets.token_hex
    monkeypatch.setattr(secrets, "token_bytes", lambda n: drawn.append(choice(n)) or drawn[-1])
    monkeypatch.setattr(secrets, "token_hex", lambda n: drawn.append(many(n)) or drawn[-1])
    secret = codes.generate_totp_secret()
    assert len(drawn[0]) == 20
    assert secret == codes.base64.b32encode(drawn[0]).decode()
    RecoveryCodes.activate(user)
    assert len(drawn[-1]) >= 20
