"""A writer of the servers' file killed within its transaction: what Postfix and the policy server say."""

import asyncio
import json
import os
import subprocess

import pytest

from crash import tracing
from crash.acts import ACCOUNTS, BEFORE
from crash.machine import GROUP, in_memory, machine
from postwarden.holds.settings import HoldSettings
from postwarden.holds.setup import postfix
from postwarden.policy import application
from servers.databases import program

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user"),
]
NEW = ACCOUNTS[0]
WITHIN = {"nothing written yet": 4, "half written": 2, "all written": 1, "about to end": 0}


@pytest.fixture(scope="module")
def prepared():
    """A machine that others can look into, and the calls of a hold up to the end of its transaction."""
    program("strace")
    with in_memory() as root, machine(root) as made:
        made.fresh("settled", "hot")
        made.run("hold", "hot", tracing.watching())
        calls = tracing.calls_of(made.traced())
        journal = tracing.calls_of(made.traced(), naming="holds.sqlite-journal")
        last = next(call for call in journal if call.name == "unlink")
        yield made, calls[: calls.index(last) + 1]


@pytest.fixture(params=WITHIN)
def folder(prepared, request):
    """The folder of a servers' file whose writer was killed while it brought the first holds."""
    machine, calls = prepared
    machine.fresh("settled", "hot")
    machine.run("hold", "hot", tracing.injecting(calls[-1 - WITHIN[request.param]], "KILL"))
    folder = machine.root / "hot" / "holds"
    os.chown(folder / "holds.sqlite-journal", -1, GROUP)
    texts = postfix(HoldSettings(str(folder)), "", "", "")
    (folder / texts.query_file).write_text(texts.query)
    (folder / "main.cf").write_text("compatibility_level = 3.6\n")
    return folder


def postmap(folder, account):
    """Ask as Postfix does, which may read the file and not write to it: status and answer."""
    table = f"sqlite:{folder / postfix(HoldSettings(str(folder)), '', '', '').query_file}"
    plain = ["setpriv", "--reuid=nobody", f"--regid={GROUP}", "--clear-groups"]
    words = [*plain, program("postmap"), "-c", str(folder), "-q", account, table]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def policy(folder, account):
    """Ask the policy server's application whether an account is held."""
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"command=allow"}
    scope["headers"], sent = [], []

    async def receive():
        return {"type": "http.request", "body": json.dumps({"login": account}).encode()}

    async def send(message):
        sent.append(message)

    asyncio.run(application(HoldSettings(str(folder)))(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])["status"]


def test_nobody_is_told_what_was_half_written(prepared, folder):
    assert (folder / "holds.sqlite-journal").exists()
    for account in (BEFORE, NEW):
        status, answer, trouble = postmap(folder, account)
        assert (status, answer) == (1, "")
        assert "fatal" in trouble  # Postfix puts the client off until the file is whole again
    assert policy(folder, BEFORE) == (200, -1)
    assert policy(folder, NEW) == (200, 0)
    assert not (folder / "holds.sqlite-journal").exists()
    assert postmap(folder, BEFORE)[:2] == (0, "HOLD the account is on hold")
    assert postmap(folder, NEW)[:2] == (1, "")
    prepared[0].run("work", "hot")
    assert postmap(folder, NEW)[:2] == (0, "HOLD the account is on hold")
