"""What the services write of themselves: lines that programs and people can read, with nobody's name in them."""

import json
import logging
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.request import Request, urlopen

import pytest
from django.db import connections, transaction
from prometheus_client.parser import text_string_to_metric_families

from api.conftest import token_of
from people.conftest import NOW, Records
from postwarden.drills.simulated import simulate
from postwarden.ledger.service import Entry, Ledger
from postwarden.lines import Lines, Style, nameless
from postwarden.people.service import EVERYWHERE, Grant, Permission, Role, add
from postwarden.state.service import StateSettings, open_state

NAME = "hold1@example.net"
LEDGER = "example.net/postwarden"
START = (sys.executable, "-c", "from postwarden.cli.app import main; main()")
TEXT_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+ (info|warning|error|critical) (\w+) ([a-z-]+)( .*)?")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def installation(upgraded_sqlite, tmp_path):
    """The settings of an installation one of whose anchors cannot be written, at a place with a name in it."""
    simulate("demo", tmp_path / "tree", accounts=8, messages=1)
    shutil.copytree(upgraded_sqlite, tmp_path / "state")
    open_state(StateSettings(str(tmp_path / "state")))
    with transaction.atomic():
        Ledger(str(tmp_path / "state"), LEDGER).append([Entry("test", "anna")], NOW)
        add("anna", "Anna", [Grant(Role.POSTMASTER, EVERYWHERE)], "anna", Records(), NOW)
    connections.close_all()
    file = tmp_path / "tree" / "postwarden.toml"
    port = free_port()

    def written(style):
        sections = {
            "state": {"path": tmp_path / "state"},
            "holds": {"path": tmp_path / "holds", "policy": f"127.0.0.1:{port}"},
            "logging": {"format": style},
            "ledger": {"name": LEDGER, "interval_seconds": 1},
            "[ledger.anchors]": {"file": f"/dev/null/{NAME}/heads"},
        }
        for name, keys in sections.items():
            lines = [
                f"[{name}]",
                *(f"{key} = {json.dumps(one, default=str)}" for key, one in keys.items()),
            ]
            file.write_text("\n".join([file.read_text(), *lines, ""]))
        return str(file), port

    return written


@contextmanager
def service(*words):
    """Run one; give it, and what gives its lines up to one that has some words in it."""
    process = subprocess.Popen(
        [*START, *map(str, words)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    lines, rest = [], bytearray()

    def heard(wanted=None, times=1, seconds=40):
        end = time.monotonic() + seconds
        while wanted is None or sum(wanted in one for one in lines) < times:
            if not select.select([process.stderr], [], [], max(0, end - time.monotonic()))[0]:
                pytest.fail(f"{wanted} was not said: {lines}")
            read = os.read(process.stderr.fileno(), 65_536)
            if not read:
                assert wanted is None, lines
                return lines
            rest.extend(read)
            *whole, last = rest.split(b"\n")
            lines.extend(one.decode() for one in whole)
            rest[:] = last
        return lines

    try:
        yield process, heard
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def asks(port, words):
    with closing(socket.create_connection(("127.0.0.1", port), 30)) as client:
        client.sendall(words)
        while client.recv(65_536):
            pass


def ended(process, heard):
    process.terminate()
    told = heard()
    assert process.wait(30) in (0, -signal.SIGTERM)
    return told


def test_the_worker_tells_what_goes_wrong_and_of_nobody(installation):
    file, _ = installation("json")
    with service("worker", "-c", file) as (process, heard):
        heard("trouble")
        told = ended(process, heard)
    assert NAME not in "".join(told)
    lines = [json.loads(one) for one in told]
    trouble = next(one for one in lines if one["event"] == "trouble")
    assert trouble.keys() == {
        "time", "level", "process", "event", "chore", "error", "text", "again_seconds"
    }  # fmt: skip
    assert (trouble["process"], trouble["level"]) == ("worker", "warning")
    assert trouble["again_seconds"] >= 1
    assert "…" in trouble["text"]
    assert (lines[0]["event"], lines[-1]["event"]) == ("started", "stopped")


def test_the_policy_server_tells_what_is_no_request_without_its_words(installation):
    file, port = installation("text")
    with service("policy", "-c", file) as (process, heard):
        heard("started")
        for _ in range(400):
            try:
                asks(port, f"NONSENSE {NAME}\r\n\r\n".encode())
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        heard("Invalid HTTP request")
        told = [TEXT_LINE.fullmatch(one).groups() for one in ended(process, heard)]
    assert [one[:3] for one in told] == [
        ("info", "policy", "started"),
        ("warning", "policy", "said"),
    ]
    assert told[1][3] == ' by="uvicorn.error" text="Invalid HTTP request received."'


def figures(port, given):
    """Give how many requests there were, by route, and which process tells so."""
    headers = {"Authorization": f"Bearer {given}"}
    with urlopen(
        Request(f"http://127.0.0.1:{port}/metrics", headers=headers), timeout=30
    ) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            one.labels["route"]: one.value
            for family in families
            for one in family.samples
            if one.name == "postwarden_request_seconds_count"
        }


def test_the_console_s_processes_write_one_kind_of_line_and_count_together(installation):
    file, port = installation("json")
    given = token_of("anna", (Permission.METRICS_READ,))
    connections.close_all()
    words = ("--insecure", "--workers", "2", "--port", port)
    with service("serve", *words, "-c", file) as (process, heard):
        heard("Booting worker", times=2)
        for _ in range(12):
            asks(port, b"GET /health/live HTTP/1.0\r\n\r\n")
        assert {figures(port, given)["health-live"] for _ in range(6)} == {12}
        asks(port, f"GET /helpdesk/?q={NAME} HTTP/1.0\r\nUser-Agent: {NAME}\r\n\r\n".encode())
        asks(port, f"GET / HTTP/1.0\r\nX-{NAME}: x\r\n\r\n".encode())
        asks(port, f"NONSENSE {NAME}\r\n\r\n".encode())
        heard("Invalid request")
        told = [json.loads(one) for one in ended(process, heard)]
    assert {one["process"] for one in told} == {"console"}
    assert {one["event"] for one in told} == {"said", "request"}
    request = next(one for one in told if one.get("route") == "helpdesk")
    assert (request["route"], request["status"]) == ("helpdesk", 302)
    assert NAME not in json.dumps(told)


@pytest.mark.parametrize("style", Style)
def test_a_fault_is_told_by_its_kind_and_place_without_its_words(style):
    try:
        int(f"{NAME}\nis not\x1b[2J what it was")
    except ValueError as error:
        record = logging.LogRecord(
            "django.request", logging.ERROR, __file__, 1, "%s: %s", ("Internal Server Error", NAME),
            (ValueError, error, error.__traceback__),
        )  # fmt: skip
    line = Lines("console", style).format(record)
    assert NAME not in line
    assert line.isprintable()
    assert " fault " in line or '"event": "fault"' in line
    assert "ValueError" in line
    assert "test_lines.py" in line
    assert "is not" not in line


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (f"no mailbox of {NAME}; scan again", "no mailbox of … scan again"),
        ('key (account)=("odd one"@example.net) exists', "key (account)=(… exists"),
        ("the host is away\nDETAIL: of Ivy", "the host is away"),
    ],
)
def test_a_sentence_loses_its_addresses(sentence, told):
    assert nameless(sentence) == told


def test_what_a_library_says_in_words_of_its_own_loses_its_addresses_too():
    record = logging.LogRecord(
        "third", logging.WARNING, __file__, 1, f"no box for {NAME}", (), None
    )
    line = Lines("worker", Style.JSON).format(record)
    assert NAME not in line
    assert "no box for …" in json.loads(line)["text"]
