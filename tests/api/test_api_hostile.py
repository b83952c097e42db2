"""What nobody means is refused, and is no fault of the program."""

import json

import pytest
from django.test import Client, RequestFactory

from api.conftest import token_of
from postwarden.api.problems import ProblemMiddleware
from postwarden.cases.service import picture
from postwarden.people.service import Permission, bearer, member
from postwarden.rooms import present

TEXTS = (
    ("/cases/{}/timeline", {"at": "2026-11-20T00:00:00Z", "text": "\ud800 x"}),
    ("/cases/{}/timeline", {"at": "2026-11-20T00:00:00Z", "text": "x", "account": "\udfff"}),
    ("/cases", {"kind": "outage", "title": "\ud800", "organisations": ["home"]}),
    ("/holds", {"accounts": ["a\ud800@example.net"], "reason": "r", "case": None}),
)


@pytest.mark.parametrize(("path", "body"), TEXTS)
def test_half_a_character_is_refused(program, desk, path, body):
    assert program().post(path.format(desk.case), json.dumps(body)).status_code == 422


def test_nothing_has_a_nul_in_its_address(program, desk):
    assert program().get("/cases/%00").status_code == 404
    client = Client(raise_request_exception=False)
    assert client.post("/welcome/%00.x/", {"password": "x"}).status_code == 404
    assert desk.browser("anna").get("/cases/%00/").status_code == 404


def test_who_looked_at_an_account_is_not_for_a_token_without_the_ledger(desk):
    who = bearer(token_of("officer-all", [Permission.CASE_READ]), present())
    room = desk.holds.desk
    assert picture(room, who, "hold1@example.net", present()).looked is None
    assert picture(room, member("officer-all"), "hold1@example.net", present()).looked is not None


def test_a_nul_is_answered_before_anything_is_asked():
    def fails(_):
        raise AssertionError

    answer = ProblemMiddleware(fails)(RequestFactory().post("/welcome/%00.x/"))
    assert answer.status_code == 404
