"""What browsers are told with every answer, and what they keep."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import ParseException

import postwarden.console
from postwarden.console.settings import settings

PLACES = ("/", "/account/login/", "/api/v1/cases", "/health/live", "/no/such/page")


def told(name, state, *, secure=True):
    return settings(str(state), secure=secure)[name]


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_tells_browsers_what_not_to_do(desk, place):
    for browser in (desk.browser("anna"), Client(raise_request_exception=False)):
        answer = browser.get(place)
        assert answer["X-Content-Type-Options"] == "nosniff", place
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_cookies_are_for_this_host_by_https_alone(desk):
    user = get_user_model().objects.get_by_natural_key("anna")
    user.set_password("correct horse battery")
    user.save()
    client = Client()
    client.get("/account/login/", secure=True)
    told_them = {"login": "anna", "password": "correct horse battery"}
    assert client.post("/account/login/", told_them, secure=True).status_code == 302
    assert {*client.cookies} == {"__Host-csrftoken", "__Host-sessionid"}
    for one in client.cookies.values():
        assert (one["secure"], one["httponly"], one["domain"], one["path"]) == (True, True, "", "/")
        assert one["samesite"] in ("Lax", "Strict")


def test_on_localhost_without_https_browsers_take_the_cookies_all_the_same(tmp_path):
    for name in ("SESSION_COOKIE", "CSRF_COOKIE"):
        assert not told(f"{name}_SECURE", tmp_path, secure=False)
        assert not told(f"{name}_NAME", tmp_path, secure=False).startswith("__")


def test_browsers_are_told_to_come_by_https_alone(desk, tmp_path):
    year = 365 * 24 * 3_600
    assert told("SECURE_HSTS_SECONDS", tmp_path) >= year
    with override_settings(SECURE_HSTS_SECONDS=year):
        answer = Client().get("/account/login/", secure=True)
    assert answer["Strict-Transport-Security"] == f"max-age={year}"


def test_no_other_site_is_let_in(desk):
    for place in PLACES:
        answer = desk.browser("anna").get(place, headers={"origin": "https://other.test"})
        assert "Access-Control-Allow-Origin" not in answer


def test_no_page_asks_another_host_for_anything(desk):
    for place in ("/", "/cases/", "/settings/", "/account/login/"):
        page = desk.browser("anna").get(place).content.decode()
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []


def test_scripts_keep_nothing_in_the_browser():
    scripts = [*(Path(postwarden.console.__file__).parent / "static" / "console").glob("*.js")]
    assert scripts
    for one in scripts:
        assert re.findall(r"(?:local|session)Storage|indexedDB|\bcaches\b", one.read_text()) == []


UNCLEAR = [
    b"Content-Length: 4\r\nTransfer-Encoding: chunked",
    b"Content-Length: 4\r\nContent-Length: 5",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Content-Length : 4",
    b"Content-Length: +4",
    b"Accept: a\nContent-Length: 4",
]


@pytest.mark.parametrize("unclear", UNCLEAR)
def test_where_a_request_ends_is_never_guessed(unclear):
    def body(headers):
        words = b"POST / HTTP/1.1\r\nHost: desk.example\r\n" + headers + b"\r\n\r\nabcd"
        return next(RequestParser(Config(), iter([words]), ("127.0.0.1", 1))).body.read()

    assert body(b"Content-Length: 4") == b"abcd"
    with pytest.raises(ParseException):
        body(unclear)
