"""What nobody means is refused, and is no fault of the program."""

import json

import pytest
from django.http import Http404
from django.test import Client, RequestFactory

from api.conftest import token_of
from console.conftest import HELD
from postwarden import vouching
from postwarden.cases.service import picture
from postwarden.console.gate import DeskMiddleware
from postwarden.holds.service import Wish
from postwarden.people.service import NotAllowed, Permission, bearer, member
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


def test_a_nul_is_answered_before_anything_is_asked(desk):
    def fails(_):
        raise AssertionError

    with pytest.raises(Http404):
        DeskMiddleware(fails)(RequestFactory().post("/welcome/%00.x/"))


def test_the_ledger_s_name_for_somebody_who_works_here_is_no_account(desk):
    for name in ("identity anna", " IDENTITY anna"):
        with pytest.raises(NotAllowed):
            picture(desk.holds.desk, member("officer-all"), name, present())


def test_the_ledger_is_checked_once_at_a_time_up_to_a_size_and_on_record(
    program, desk, monkeypatch
):
    asks, book = program("officer-all"), desk.holds.desk.ledger
    assert asks.get("/ledger/verification").status_code == 200
    assert [one.act for one in book.entries()].count("ledger.verified") == 1
    with vouching.one_at_a_time(desk.configuration.state.path):
        busy = asks.get("/ledger/verification")
    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    book.sequence(present())
    monkeypatch.setattr(vouching, "LARGEST", 0)
    assert asks.get("/ledger/verification").status_code == 409
    assert [one.act for one in book.entries()].count("ledger.verified") == 1


def test_who_read_the_ledger_or_a_timeline_is_on_record(program, desk):
    for path in ("/ledger", f"/cases/{desk.case}/timeline"):
        assert program("officer-all").get(path).status_code == 200
    read = [one for one in desk.holds.desk.ledger.entries() if one.act == "api.read"]
    assert [one.facts["detail"]["route"] for one in read] == ["list-entries", "list-timeline"]


def test_a_signature_is_text_that_can_be_kept(program, desk):
    wish = Wish(HELD, desk.case, "test")
    plan = desk.holds.hold(wish, member("anna"), desk.now).plan.hash
    for odd in ("\ud800", "a\0b"):
        told = {"expires": "2026-11-20T09:00:00Z", "signature": odd}
        answer = program("officer-all").post(f"/plans/{plan}/approvals", told)
        assert answer.status_code == 422
