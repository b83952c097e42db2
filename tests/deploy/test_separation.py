"""The console, the worker and the policy server as three users of this machine, with one folder of each kind."""

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from django.db import connections

import postwarden
from needed import lacking
from people.conftest import NOW, Records
from postwarden.cases import service as cases
from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.holds.service import Wish
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member
from postwarden.wiring import hold_desk

WEB, WORKER, POLICY = 60_101, 60_102, 60_103
SHARED, HOLDS = 60_110, 60_111
HELD = "hold1@example.net"
KEY = "the key of doveadm"
SETTINGS = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": os.pathsep.join(
        [sysconfig.get_path("purelib"), str(Path(postwarden.__file__).parents[1])]
    ),
}
POSTWARDEN = "from postwarden.cli.app import main; main()"
ASKS = """
import sys
from postwarden.configuration import load
from postwarden.state.service import set_up
from postwarden.wiring import mail_control
set_up()
print(mail_control(load(sys.argv[1])).sessions())
"""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


class Doveadm(BaseHTTPRequestHandler):
    """Answers every command with nothing, and keeps the keys it was shown."""

    def do_POST(self):
        self.server.keys.append(self.headers["Authorization"])
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told = json.dumps([["doveadmResponse", [], tag] for _, _, tag in asked]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_):
        pass


@pytest.fixture
def doveadm():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Doveadm)
    server.keys = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def place():
    folder = Path(tempfile.mkdtemp(prefix="postwarden-users-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def folder(path, mode, owner, group):
    path.mkdir(exist_ok=True)
    os.chown(path, owner, group)
    path.chmod(mode)


@pytest.fixture
def installation(place, doveadm, upgraded_sqlite):
    """Give the settings of an installation as deploy/tmpfiles.conf has its folders, with an account on hold."""
    simulate("demo", place / "tree", accounts=8, messages=1)
    file = place / "tree" / "postwarden.toml"
    file.write_text(
        f"""{file.read_text()}
[state]
path = "{place}/state"
[holds]
path = "{place}/holds"
policy = "127.0.0.1:{free_port()}"
[[holds.dovecot]]
url = "http://127.0.0.1:{doveadm.server_port}/doveadm/v1"
api_key_file = "{place}/doveadm.key"
"""
    )
    (place / "doveadm.key").write_text(f"{KEY}\n")
    (place / "doveadm.key").chmod(0o600)
    folder(place / "state", 0o2770, WORKER, SHARED)
    folder(place / "holds", 0o2750, WORKER, HOLDS)
    for one in upgraded_sqlite.glob("postwarden.sqlite*"):
        shutil.copy(one, place / "state")
        os.chown(place / "state" / one.name, WORKER, SHARED)
        (place / "state" / one.name).chmod(0o660)
    before = os.umask(0o007)
    try:
        configuration = load(str(file))
        _hold(configuration)
    finally:
        os.umask(before)
        connections.close_all()
    return configuration


def _hold(configuration):
    desk = hold_desk(configuration, carries=False)
    add("anna", "Anna", (Grant(Role.POSTMASTER, EVERYWHERE),), "anna", Records(), NOW)
    opening = cases.Opening(
        cases.Kind.MISDELIVERY,
        "mail astray",
        tuple(one.name for one in configuration.organisations.every),
    )
    case = cases.open_case(desk.desk, member("anna"), opening, now=NOW)
    who, wish = member("anna"), Wish((HELD,), case.reference, "to look at it")
    desk.hold(wish, who, NOW)


def interpreter():
    """Give a Python of this version that other users may run: ours may lie in somebody's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for one in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with suppress(OSError):
            tried = subprocess.run(
                [one, "-c", "import postwarden"], env=SETTINGS, user=WEB, check=False
            )
            if tried.returncode == 0:
                return one
    return lacking(f"no {version} that other users may run")


class Users:
    """Starts processes of the three users, and ends them."""

    def __init__(self, credentials):
        self.credentials, self.started = credentials, []
        self.python = interpreter()

    def run(self, user, *words, groups=(SHARED,), credentials=None, code=POSTWARDEN):
        settings = dict(SETTINGS)
        if credentials:
            settings["CREDENTIALS_DIRECTORY"] = str(credentials)
        process = subprocess.Popen(
            [self.python, "-c", code, *map(str, words)],
            user=user,
            group=groups[0],
            extra_groups=groups[1:],
            umask=0o007,
            cwd="/",
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def end(self):
        for one in self.started:
            one.terminate()
        return [one.communicate(timeout=60)[0] for one in self.started]


@pytest.fixture
def users(place):
    credentials = place / "credentials"
    folder(credentials, 0o500, WORKER, WORKER)
    (credentials / "doveadm.key").write_text(f"{KEY}\n")
    os.chown(credentials / "doveadm.key", WORKER, WORKER)
    (credentials / "doveadm.key").chmod(0o400)
    found = Users(credentials)
    yield found
    found.end()


def answered(url, process, data=None):
    """Give status and body once it answers; fail with what the process said where it ended."""
    for _ in range(400):
        try:
            headers = {"Content-Type": "application/json"} if data else {}
            with urlopen(Request(url, data, headers), timeout=60) as answer:
                return answer.status, answer.read().decode()
        except URLError as error:
            if process.poll() is not None:
                pytest.fail(process.stdout.read())
            if getattr(error, "code", None):
                return error.code, error.read().decode()
            time.sleep(0.05)
    return pytest.fail(f"{url} does not answer")


def until(true, process):
    for _ in range(400):
        if true():
            return
        if process.poll() is not None:
            pytest.fail(process.stdout.read())
        time.sleep(0.05)
    pytest.fail("it did not happen")


def test_each_does_its_work_as_a_user_of_its_own(installation, users, doveadm, place):
    file, port = installation.file, free_port()
    worker = users.run(
        WORKER, "worker", "-c", file, groups=(SHARED, HOLDS), credentials=users.credentials
    )
    web = users.run(WEB, "serve", "--insecure", "--port", port, "--workers", 1, "-c", file)
    until(lambda: doveadm.keys, worker)
    until((place / "holds" / "holds.sqlite").exists, worker)
    shown = base64.b64encode(KEY.encode()).decode()
    assert set(doveadm.keys) == {f"X-Dovecot-API {shown}"}

    base = f"http://127.0.0.1:{port}"
    status, told = answered(f"{base}/health/ready", web)
    assert status == 200, told
    status, page = answered(f"{base}/account/login/", web)
    assert status == 200
    assert "<form" in page

    asked = len(doveadm.keys)
    tried = users.run(WEB, file, code=ASKS)
    told = tried.communicate(timeout=60)[0]
    assert tried.returncode != 0
    assert "this process cannot read the key" in told
    assert KEY not in told
    assert len([one for one in doveadm.keys[asked:] if shown not in one]) == 0

    policy = users.run(POLICY, "policy", "-c", file, groups=(HOLDS,))
    holds = installation.holds
    question = json.dumps({"login": HELD, "protocol": "imap"}).encode()
    status, told = answered(f"http://127.0.0.1:{holds.port}/?command=allow", policy, question)
    assert (status, json.loads(told)["status"]) == (200, -1)
    for one in users.started:
        if one is not tried:
            assert one.poll() is None

    made = [one for one in (place / "state").rglob("*") if "static" not in one.parts]
    assert {one.stat().st_gid for one in made} == {SHARED}
    assert {one.name for one in made if one.stat().st_mode & 0o007} == set()
    owners = {one.stat().st_uid for one in made}
    assert owners <= {0, WORKER, WEB}
    assert WEB in owners


def test_neither_the_policy_server_nor_a_stranger_reads_the_state(installation, users, place):
    read = "import sys; print(open(sys.argv[1], 'rb').read(15))"
    files = [one for one in (place / "state").rglob("*") if one.is_file()]
    assert len(files) >= 3
    for file, (user, groups) in itertools.product(
        files[:3], [(POLICY, (HOLDS,)), (65_000, (65_000,))]
    ):
        process = users.run(user, file, groups=groups, code=read)
        assert "PermissionError" in process.communicate(timeout=60)[0], file
