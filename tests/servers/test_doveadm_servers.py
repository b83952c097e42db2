"""doveadm by command and by API, against a private Dovecot with mdbox."""

import os
import shutil
import smtplib
import socket
import subprocess
import time

import httpx
import pytest

from needed import lacking
from postwarden.servers.doveadm import DoveadmServer
from postwarden.sources.doveadm import read_server_mailbox, server_mailboxes
from postwarden.sources.errors import (
    AmbiguousSourceError,
    PermanentSourceError,
    TemporarySourceError,
)
from postwarden.sources.maildir.template import Mailbox
from postwarden.sources.records import CopyRecord, ProblemRecord
from postwarden.sources.settings import StoreSettings
from postwarden.vocabulary import Provider

PROVIDER = Provider("Example", frozenset({"example.test"}), frozenset({"store1.example.test"}))
KEY = "key for a test"
CONFIGURATION = """\
base_dir = {root}/run
state_dir = {root}/state
instance_name = postwarden-{lmtp}
protocols = lmtp
listen = 127.0.0.1
ssl = no
hostname = store1.example.test
import_environment = DOVECOT_HOSTNAME=store1.example.test
log_path = {root}/dovecot.log
first_valid_uid = 1
mail_uid = 65534
mail_gid = 65534
mail_home = {root}/mail/%n
mail_location = mdbox:~/mdbox
doveadm_api_key = {key}
passdb {{
  driver = passwd-file
  args = {root}/users
}}
userdb {{
  driver = passwd-file
  args = {root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service doveadm {{
  inet_listener http {{
    port = {http}
  }}
}}
"""
pytestmark = pytest.mark.servers


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory):
    if shutil.which("dovecot") is None or os.geteuid() != 0:
        lacking("needs Debian's dovecot-lmtpd and root")
    root = tmp_path_factory.mktemp("dovecot")
    ports = {"lmtp": free_port(), "http": free_port()}
    for place in (root, *root.parents):
        if place.stat().st_uid == os.geteuid() and not place.stat().st_mode & 0o001:
            place.chmod(0o755)
    (root / "mail").mkdir()
    os.chown(root / "mail", 65534, 65534)
    (root / "users").write_text("u1@example.test:{PLAIN}x::::::\nu2@example.test:{PLAIN}x::::::\n")
    configuration = root / "dovecot.conf"
    configuration.write_text(CONFIGURATION.format(root=root, key=KEY, **ports))
    process = subprocess.Popen(
        ["dovecot", "-F", "-c", str(configuration)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(ports["lmtp"])
        wait_for(ports["http"])
        deliver(ports["lmtp"])
        yield (
            StoreSettings("s", "doveadm", command=("doveadm", "-c", str(configuration))),
            StoreSettings(
                "s", "doveadm", url=f"http://127.0.0.1:{ports['http']}/doveadm/v1", api_key=KEY
            ),
        )
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port):
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def deliver(port):
    with smtplib.LMTP("127.0.0.1", port, local_hostname="mx1.example.test") as lmtp:
        text = b"Message-ID: <%d@x.test>\r\nFrom: J\xf6rg <a@x.test>\r\nX: %s\r\n\r\nbody\r\n"
        for number in range(3):
            lmtp.sendmail("a@x.test", ["u1@example.test"], text % (number, b"y" * 400))


@pytest.fixture(params=["command", "api"])
def store(dovecot, request):
    return dovecot[request.param == "api"]


def test_messages_become_copies(store):
    server = DoveadmServer(seconds=20)
    listed = list(server_mailboxes(store, server))
    assert isinstance(listed[0], ProblemRecord)
    assert listed[0].code == "doveadm-writes-indexes"
    assert sorted(box.account for box in listed[1:]) == ["u1@example.test", "u2@example.test"]
    box = next(box for box in listed[1:] if box.account == "u1@example.test")
    found = list(read_server_mailbox(store, box, PROVIDER, server))
    copies = [one for one in found if isinstance(one, CopyRecord)]
    assert [copy.message_id for copy in copies] == ["<0@x.test>", "<1@x.test>", "<2@x.test>"]
    assert [copy.file for copy in copies] == ["uid=1", "uid=2", "uid=3"]
    first = copies[0]
    assert (first.folder, first.flags, first.state) == ("INBOX", "", "read")
    assert (first.delivered_to, first.received_for) == ("u1@example.test", "u1@example.test")
    assert first.hops == 1
    assert first.lmtp_id
    assert first.guid
    assert first.size > 500
    assert abs(first.internal_date - first.received_at) < 60_000_000
    assert "J\ufffdrg" in first.from_
    assert [one.code for one in found if isinstance(one, ProblemRecord)] == ["doveadm-8-bit"]
    other = next(box for box in listed[1:] if box.account == "u2@example.test")
    assert list(read_server_mailbox(store, other, PROVIDER, server)) == []


@pytest.mark.parametrize("account", ["nobody@example.test", "*", "u?@example.test"])
def test_accounts_that_are_none(store, account):
    box = Mailbox("s", account, account)
    with pytest.raises(PermanentSourceError, match=r"no such account|pattern"):
        list(read_server_mailbox(store, box, PROVIDER, DoveadmServer(seconds=20)))


def test_refusals(dovecot):
    server = DoveadmServer(seconds=20)
    api = dovecot[1]
    wrong = StoreSettings("s", "doveadm", url=api.url, api_key="wrong")
    with pytest.raises(PermanentSourceError, match="refused the key"):
        list(server.accounts(wrong))
    elsewhere = StoreSettings("s", "doveadm", url=api.url + "/none", api_key=KEY)
    with pytest.raises(PermanentSourceError, match="status 404"):
        list(server.accounts(elsewhere))
    down = StoreSettings("s", "doveadm", url=f"http://127.0.0.1:{free_port()}/", api_key=KEY)
    with pytest.raises(TemporarySourceError):
        list(server.accounts(down))


def script(tmp_path, text):
    place = tmp_path / "doveadm"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return StoreSettings("s", "doveadm", command=(str(place),))


@pytest.mark.parametrize(
    ("text", "raised"),
    [
        ("exit 75", TemporarySourceError),
        ("exit 77", PermanentSourceError),
        ('printf \'[{"uid":"1"},{"uid\'', AmbiguousSourceError),
        ('printf \'[{"uid":"1"}]\'; exit 75', AmbiguousSourceError),
        ("exec sleep 30", TemporarySourceError),
    ],
)
def test_commands_that_fail(tmp_path, text, raised):
    box = Mailbox("s", "u@example.test", "u@example.test")
    with pytest.raises(raised):
        list(read_server_mailbox(script(tmp_path, text), box, PROVIDER, DoveadmServer(seconds=0.5)))


def test_commands_that_are_none():
    with pytest.raises(PermanentSourceError, match="cannot be run"):
        list(DoveadmServer().accounts(StoreSettings("s", "doveadm", command=("/no/doveadm",))))
    with pytest.raises(PermanentSourceError, match="set command"):
        list(DoveadmServer().accounts(StoreSettings("s", "doveadm")))


def test_an_api_that_stops_half_way(monkeypatch):
    def answer(_request):
        def body():
            yield b'[["doveadmResponse",[{"uid":"1","hdr":"To: x\\n\\n"},{"u'
            raise httpx.ReadTimeout("late")

        return httpx.Response(200, content=body())

    real = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **_: real(transport=httpx.MockTransport(answer)))
    store = StoreSettings("s", "doveadm", url="http://127.0.0.1:1/", api_key="k")
    with pytest.raises(AmbiguousSourceError):
        list(DoveadmServer().messages(store, "u@example.test", ["uid"]))
