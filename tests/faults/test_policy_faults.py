"""Clients that behave badly, against the policy server as a process: each cell, and everybody else."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest

from postwarden.holds.file import connect, make_projection, projection_file

EVA, FINN = "eva@example.net", "finn@example.net"
KEY = "Bearer k"
SERVE = """
import sys
from postwarden.holds.settings import HoldSettings
from postwarden.policy import serve
serve(HoldSettings(sys.argv[1], port=int(sys.argv[2]), key="k"))
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("policy"))
    make_projection(folder)
    with closing(connect(projection_file(folder))) as database:
        database.execute("INSERT INTO holds VALUES (?, ?)", [EVA, "on hold"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", SERVE, folder, str(port)]) as server:
        try:
            deadline = time.monotonic() + 30
            while not answers(port):
                assert time.monotonic() < deadline
                assert server.poll() is None
            yield port
        finally:
            server.terminate()


def answers(port):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            time.sleep(0.02)
            return False
    return True


def request(account, key=KEY, version="1.1", target="/?command=allow"):
    body = json.dumps({"login": account}).encode()
    head = f"POST {target} HTTP/{version}\r\nHost: x\r\nAuthorization: {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def exchange(port, *pieces, answers):
    """Send pieces, one by one; give what came back once there are so many answers, or it ended.

    Where no answer is wanted the client ends first.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.01)
        if not answers:
            client.shutdown(socket.SHUT_WR)
        told = b""
        while not answers or told.count(b"}") < answers:
            more = client.recv(65_536)
            told += more
            if not more:
                break
        return told


def statuses(told):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", told)]


def held_is_refused_and_others_are_not(port):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with closing(client):
        for account, status in ((EVA, -1), (FINN, 0)):
            client.request(
                "POST",
                "/?command=allow",
                json.dumps({"login": account}),
                {"Authorization": KEY},
            )
            answer = client.getresponse()
            assert (answer.status, json.loads(answer.read())["status"]) == (200, status)


CELLS = {
    "garbage": ([os.urandom(512).replace(b"\r", b"x")], [400]),
    "TLS": ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200], [400]),
    "half a head": ([request(EVA)[:30]], []),
    "half a body": ([request(EVA)[:-5]], []),
    "a length that is none": ([request(EVA).replace(b"Length: 2", b"Length: -2")], [400]),
    "two lengths": ([request(EVA).replace(b"Host: x", b"Content-Length: 3")], [400]),
    "oversize": ([request("x" * 70_000)], [413]),
    "wrong key": ([request(EVA, key="Bearer wrong")], [401]),
    "no key": ([request(EVA).replace(b"Authorization", b"Other")], [401]),
    "HTTP/1.0": ([request(EVA, version="1.0")], [200]),
    "unknown command": ([request(EVA, target="/?command=destroy")], [404]),
    "no command": ([request(EVA, target="/")], [404]),
    "another method": ([request(EVA).replace(b"POST", b"PUT", 1)], [404]),
    "no JSON": ([request(EVA).replace(b'{"login"', b"[[[login")], [400]),
    "not UTF-8": ([request(EVA).replace(b"eva", b"e\xffa")], [400]),
    "pipelined": ([request(EVA) + request(FINN) + request(EVA)], [200, 200, 200]),
    "in pieces": ([request(EVA)[at : at + 40] for at in range(0, 200, 40)], [200]),
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_client_that_behaves_badly_is_told_and_no_other_suffers(port, cell):
    pieces, wanted = CELLS[cell]
    told = exchange(port, *pieces, answers=len(wanted))
    assert statuses(told) == wanted
    if cell not in ("HTTP/1.0", "pipelined", "in pieces"):
        assert b'"status": 0' not in told, "nothing of this is an allowance"
    held_is_refused_and_others_are_not(port)


def test_pipelined_answers_keep_their_order(port):
    told = exchange(port, request(EVA) + request(FINN) + request(EVA), answers=3)
    found = [json.loads(part[part.index(b"{") :].split(b"HTTP")[0])["status"]
             for part in told.split(b"\r\n\r\n")[1:]]  # fmt: skip
    assert found == [-1, 0, -1]


def test_two_hundred_that_say_nothing_keep_nobody_waiting(port):
    idle = [socket.create_connection(("127.0.0.1", port), timeout=2) for _ in range(200)]
    try:
        for number, client in enumerate(idle):
            client.sendall(request(EVA)[: number % 90])
        began = time.monotonic()
        held_is_refused_and_others_are_not(port)
        assert time.monotonic() - began < 2
    finally:
        for client in idle:
            client.close()


def test_a_head_without_end_is_not_kept(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"POST /?command=allow HTTP/1.1\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"X-Filler: " + b"a" * 64_000_000)
    held_is_refused_and_others_are_not(port)
