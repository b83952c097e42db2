"""docs/how-to/use-the-api.md, run as it stands against a served desk."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from api.conftest import token_of
from people.conftest import KeyFile, Records
from postwarden.hooks.rules import headers
from postwarden.people.service import challenge, enrol

PAGE = (Path(__file__).parents[2] / "docs/how-to/use-the-api.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language):
    return [text for kind, text in BLOCK.findall(PAGE) if kind == language]


@pytest.fixture
def served(desk, tmp_path):
    """The environment of a program beside a served desk."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key = KeyFile(tmp_path)
    signature = key.sign(challenge("officer-all", key.public))
    enrol("officer-all", key.public, signature, "officer-all", Records(), desk.now)
    program = [sys.executable, "-c", "from postwarden.cli import main; main()"]
    words = [
        "serve",
        "--insecure",
        "--port",
        str(port),
        "--workers",
        "1",
        "-c",
        desk.configuration.file,
    ]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([*program, *words], stdout=log, stderr=log)
    try:
        base = f"http://127.0.0.1:{port}"
        ready(base, server)
        yield os.environ | {
            "DESK": base,
            "TOKEN": token_of("anna"),
            "APPROVER_TOKEN": token_of("officer-all"),
            "APPROVER_KEY": str(key.path),
        }
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def ready(base, server):
    deadline = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{base}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the desk is not served")


def run(words, given, served, folder):
    return subprocess.run(
        words, input=given, text=True, env=served, cwd=folder, capture_output=True, check=False
    )


def test_the_lines_of_the_page_do_what_it_says(served, desk, tmp_path):
    done = run(["bash", "-eu", "-o", "pipefail"], "\n".join(blocks("sh")), served, tmp_path)
    assert done.returncode == 0, done.stderr
    for told in ('"sound":true', "postwarden_cases{", '"status": "pass"', '"state":"suspected"'):
        assert told in done.stdout, told
    [plan] = desk.holds.plans.every()
    assert [one.approver for one in plan.approvals] == ["officer-all"]
    client = run([sys.executable, "-"], blocks("python")[0], served, tmp_path)
    assert client.returncode == 0, client.stderr
    assert [line.split()[1:] for line in client.stdout.splitlines()] == [
        ["waiting"],
        ["Mailboxes", "away"],
        ["Mail", "astray"],
        ["mail", "astray"],
    ]


def test_the_check_of_signatures_knows_ours():
    known = {}
    exec(blocks("python")[1], known)  # the page's own function
    secret = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    told = dict(headers(secret, "postwarden-1-7", 1_795_000_000_000_000, b"{}"))
    assert known["is_ours"](secret, told, b"{}", lambda: 1_795_000_060)
    assert not known["is_ours"](secret, told, b"{ }", lambda: 1_795_000_060)
    assert not known["is_ours"](secret, told, b"{}", lambda: 1_795_000_400)
    assert not known["is_ours"](secret[:-4] + "AAAA", told, b"{}", lambda: 1_795_000_060)
