"""One's own tokens in the console, and what programs can do with them."""

import re

from django.test import Client

from postwarden.people.service import Permission, bearer, tokens
from postwarden.rooms import present

FORM = {"label": "nightly", "scope": ["cases:case:read"], "days": "30"}


def test_a_token_is_shown_once_and_lets_its_owner_in(desk):
    browser = desk.browser("anna")
    answer = browser.post("/tokens/", FORM)
    given = re.search(r"pwt_[\w-]+", answer.content.decode())[0]
    who = bearer(given, present())
    assert (who.name, who.scope) == ("anna", {Permission.CASE_READ})
    assert given not in browser.get("/tokens/").content.decode()
    assert [one.label for one in tokens("anna")] == ["nightly"]
    headers = {"Authorization": f"Bearer {given}"}
    assert Client().get("/api/v1/cases", headers=headers).status_code == 200
    assert browser.post("/tokens/revoke/", {"label": "nightly"}).status_code == 302
    assert Client().get("/api/v1/cases", headers=headers).status_code == 401


def test_what_cannot_be_is_said_in_the_form(desk):
    browser = desk.browser("reader-home")
    for told in ({"scope": []}, {"scope": ["cases:case:edit"]}, {"days": "0"}, {"days": "1000"},
                 {"label": ""}, {"label": "a\0b"}, {"label": "<b>"}):  # fmt: skip
        answer = browser.post("/tokens/", FORM | told)
        assert (answer.status_code, b"errorlist" in answer.content) == (200, True), told
    assert tokens("reader-home") == []
    assert browser.post("/tokens/revoke/", {"label": "none"}).status_code == 409


def test_every_route_is_shown_with_what_it_needs(desk):
    text = desk.browser("reader-home").get("/programs/").content.decode()
    for told in ("POST /api/v1/plans/{plan}/approvals", "custody:plan:approve", "Idempotency-Key"):
        assert told in text
