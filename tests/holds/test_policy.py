"""The policy server's answers, and the settings that lead Dovecot and Postfix to it."""

import asyncio
import json

import pytest

from postwarden.holds.file import connect, make_projection, projection_file
from postwarden.holds.settings import HoldSettings
from postwarden.holds.setup import dovecot, postfix
from postwarden.holds.silence import end_silence, silence
from postwarden.policy import application

EVA = "eva@example.net"


@pytest.fixture
def folder(tmp_path):
    make_projection(str(tmp_path))
    database = connect(projection_file(str(tmp_path)))
    database.execute("INSERT INTO holds VALUES (?, ?)", [EVA, "on hold"])
    database.close()
    return str(tmp_path)


def ask(folder, method, target, body=b"", key=None, headers=()):
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    scope["headers"] = list(headers)
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    asyncio.run(application(HoldSettings(folder, key=key))(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def login(account):
    return json.dumps({"login": account, "protocol": "imap"}).encode()


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        (EVA, {"status": -1, "msg": "on hold"}),
        ("EVA@Example.NET", {"status": -1, "msg": "on hold"}),
        ("finn@example.net", {"status": 0, "msg": ""}),
    ],
)
def test_held_accounts_are_refused_with_the_reason(folder, account, answer):
    assert ask(folder, "POST", "/?command=allow", login(account)) == (200, answer)


def test_a_report_is_taken(folder):
    assert ask(folder, "POST", "/?command=report", b"{}") == (200, {"status": 0, "msg": ""})


def test_webmails_can_ask(folder):
    found = ask(folder, "GET", f"/held?account={EVA}")
    assert found == (200, {"held": True, "reason": "on hold"})
    assert ask(folder, "GET", "/held?account=x")[1]["held"] is False


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"login": 1}', b"\xff", b"[" * 60_000])
def test_what_is_no_request_is_no_allowance(folder, body):
    assert ask(folder, "POST", "/?command=allow", body)[0] == 400


def test_a_long_request_is_refused(folder):
    assert ask(folder, "POST", "/?command=allow", b"x" * 70_000)[0] == 413


def test_what_cannot_be_read_is_a_failure_and_no_allowance(tmp_path):
    assert ask(str(tmp_path), "POST", "/?command=allow", login(EVA))[0] == 503


def test_with_a_key_only_who_shows_it_is_answered(folder):
    shown = [(b"authorization", b"Bearer k")]
    assert ask(folder, "POST", "/?command=allow", login(EVA), key="k")[0] == 401
    assert ask(folder, "POST", "/?command=allow", login(EVA), key="k", headers=shown)[0] == 200


def test_dovecot_2_3_and_2_4_get_their_own_language():
    settings = HoldSettings("/srv/holds", port=11_800, key="k")
    old, new = dovecot(settings, "2.3.19.1 (x)", "n"), dovecot(settings, "2.4.1", "n")
    for texts in (old, new):
        assert "auth_policy_server_url = http://127.0.0.1:11800/\n" in texts.main
        assert "Authorization: Bearer k\n" in texts.main
        assert texts.main.count("{") == texts.main.count("}")
    assert "connect = /srv/holds/holds.sqlite" in old.query
    assert "untested" in new.main
    assert "%u" not in new.main


def test_postfix_keeps_its_restrictions_and_asks_first():
    settings = HoldSettings("/srv/holds")
    at_end = "check_policy_service { inet:127.0.0.1:10023, timeout=10s }, permit"
    once = postfix(settings, "reject_unknown_sender_domain", at_end, "$virtual_alias_maps")
    first, end, proxied = (line.partition(" = ")[2] for line in once.main.splitlines())
    assert first.startswith("check_sasl_access proxy:sqlite:/srv/holds/")
    assert first.endswith(", reject_unknown_sender_domain")
    assert end == f"{first.partition(', ')[0]}, {at_end}"
    assert postfix(settings, first, end, proxied) == once


def test_about_a_marked_account_there_is_no_answer(folder):
    silence(folder, EVA)
    sent, dropped = [], []

    async def receive():
        return {"type": "http.request", "body": login(EVA)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"command=allow"}
    scope["headers"] = []
    scope["extensions"] = {"postwarden.drop": {"drop": lambda: dropped.append(True)}}
    asyncio.run(application(HoldSettings(folder))(scope, receive, send))
    assert (sent, dropped) == ([], [True])
    other = ask(folder, "POST", "/?command=allow", login("finn@example.net"))
    assert other == (200, {"status": 0, "msg": ""})
    assert ask(folder, "GET", f"/held?account={EVA}")[1]["held"] is True
    end_silence(folder)
    assert ask(folder, "POST", "/?command=allow", login(EVA))[1]["status"] == -1
