"""The way in."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from console.conftest import addresses
from people.conftest import Records
from postwarden.console.firstly import token
from postwarden.console.settings import settings
from postwarden.people.service import Role, invite, member, members

PASSWORD = "correct horse battery"


def first(given, **told):
    form = {"name": "anna", "full_name": "Anna Example", "role": "postmaster", "password": PASSWORD}
    return Client().post(f"/set-up/{given}/", form | told)


def test_the_first_person_comes_by_the_link_that_was_printed(bare):
    answer = first(token("a secret of tests"))
    assert answer.status_code == 302
    anna = member("anna")
    assert [one.role for one in anna.grants] == [Role.POSTMASTER]
    signed = Client().post("/account/login/", {"login": "anna", "password": PASSWORD})
    assert (signed.status_code, signed["Location"]) == (302, "/")
    assert [one.act for one in bare.holds.desk.ledger.entries()] == [
        "person.added",
        "person.signed-in",
    ]


@pytest.mark.parametrize("given", ["x", "", token("another secret")])
def test_another_link_sets_nothing_up(bare, given):
    assert first(given or "-").status_code == 410
    assert members() == []


def test_the_link_is_nobodys_once_somebody_works_here(desk):
    before = members()
    assert first(token("a secret of tests"), name="eve").status_code == 410
    assert members() == before


@pytest.mark.parametrize(
    "told",
    [
        {"name": "Anna Example"},
        {"name": "postwarden"},
        {"password": "short"},
        {"password": "password1234"},
        {"role": "helpdesk"},
        {"full_name": ""},
    ],
)
def test_what_cannot_be_is_told_in_the_form(bare, told):
    answer = first(token("a secret of tests"), **told)
    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    assert members() == []


def test_a_one_time_link_sets_a_password(desk):
    given = invite("helpdesk-home", "anna", Records(), now())
    page = Client().get(f"/welcome/{given}/")
    assert (page.status_code, b"helpdesk-home" in page.content) == (200, True)
    assert Client().post(f"/welcome/{given}/", {"password": "short"}).status_code == 200
    assert Client().post(f"/welcome/{given}/", {"password": PASSWORD}).status_code == 302
    again = Client().post(f"/welcome/{given}/", {"password": "another long password"})
    assert again.status_code == 410
    signed = Client().post("/account/login/", {"login": "helpdesk-home", "password": PASSWORD})
    assert signed.status_code == 302


def test_after_some_wrong_passwords_nobody_may_try_on(desk):
    answers = [
        Client().post("/account/login/", {"login": "anna", "password": f"wrong {n}"}).status_code
        for n in range(12)
    ]
    assert answers[0] == 200
    assert (
        429 in answers
        or b"Too many"
        in Client().post("/account/login/", {"login": "anna", "password": "x"}).content
    )


def test_who_guesses_from_outside_keeps_nobody_else_from_signing_in(desk):
    given = invite("helpdesk-home", "anna", Records(), now())
    Client().post(f"/welcome/{given}/", {"password": PASSWORD})

    def signing_in(name, password, told):
        words = {"login": name, "password": password}
        return Client().post("/account/login/", words, HTTP_X_FORWARDED_FOR=told)

    guesses = [signing_in(f"guess{n}", "x" * 12, f"10.0.0.{n}, 198.51.100.1") for n in range(12)]
    assert b"Too many" in guesses[-1].content  # what they say of themselves counts for nothing
    signed = signing_in("helpdesk-home", PASSWORD, "198.51.100.2")
    assert signed.status_code == 302


def now():
    return time.time_ns() // 1_000


def test_failed_sign_ins_are_counted_for_all_processes_of_the_console(desk):
    Client().post("/account/login/", {"login": "anna", "password": "wrong"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM console_cache WHERE cache_key LIKE '%login%'")
        assert cursor.fetchone()[0] >= 1


def test_of_borrowed_pages_there_are_those_that_send_no_mail(tmp_path):
    borrowed = {route for route, _ in addresses(get_resolver().url_patterns) if "account/" in route}
    below = {route for route in borrowed if not route.startswith("account/factors/")}
    assert below == {
        "account/login/",
        "account/logout/",
        "account/inactive/",
        "account/signup/",
        "account/reauthenticate/",
        "account/password/change/",
        "account/password/set/",
        "account/sessions/",
    }
    sent = settings(str(tmp_path), secure=True)["EMAIL_BACKEND"]
    assert sent == "django.core.mail.backends.dummy.EmailBackend"


def test_a_lost_password_is_asked_of_people_and_of_no_page(desk):
    page = Client().get("/account/login/").content.decode()
    assert "Whoever manages people here can give you a link" in page
    assert "Forgot" not in page
    asked = Client().post("/account/password/reset/", {"email": "somebody@example.org"})
    assert asked.status_code == 404
