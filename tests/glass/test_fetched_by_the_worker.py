"""One message of a real mailbox, fetched by the worker's own process; whoever waits has no way to the stores."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from django.db import connections

from glass.conftest import Glasses
from needed import skip_without_servers
from postwarden.configuration import load
from postwarden.glass.service import Refusal, Refused, Stage
from postwarden.people.service import member
from postwarden.rooms import present
from postwarden.wiring import case_desk
from relocation import rigs
from relocation.rigs import HOST, KEY, PASSWORD, STAGING

MAIL = b"From: a@shop.test\r\nSubject: hello\r\nMessage-ID: <1@shop.test>\r\n\r\ngood morning\r\n"
START = (sys.executable, "-c", "from postwarden.cli.app import main; main()")
TEXT = """
[provider]
name = "P"
domains = ["example.net", "example.test"]
hosts = ["mx1.example.test"]
[[directories]]
accounts = {{ format = "csv", path = "accounts.csv" }}
[[organisations]]
name = "home"
full_name = "Example Mail"
domains = ["example.net", "example.test"]
[[organisations]]
name = "brand"
full_name = "Brand Mail"
domains = ["brand.test"]
[ledger]
name = "example.net/postwarden"
[state]
path = "{state}"
[holds]
path = "{state}/holds"
[[stores]]
name = "main"
driver = "maildir"
path = "{root}/vmail/{{domain}}/{{local}}/Maildir"
"""
BACKEND = """
[[relocation.backends]]
name = "b1"
stores = ["main"]
url = "{url}"
api_key = "{key}"
imap = "imap://{host}:{port}"
account = "{staging}"
password_file = "staging.password"
"""


@pytest.fixture(scope="module")
def rig():
    skip_without_servers()
    with rigs.running("maildir") as one:
        yield one


def until(true, seconds=40):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(params=["dovecot", "files"])
def opened(request, rig, on_sqlite, tmp_path):
    """A message in a real mailbox, which one may read whom another let; and where the configuration is."""
    rig.fresh()
    text = TEXT.format(state=on_sqlite.path, root=rig.root)
    if request.param == "dovecot":
        ways = {"url": rig.url, "key": KEY, "host": HOST, "port": rig.ports.imap}
        text += BACKEND.format(**ways, staging=STAGING)
    (tmp_path / "staging.password").write_text(f"{PASSWORD}\n")
    (tmp_path / "staging.password").chmod(0o600)
    file = tmp_path / "postwarden.toml"
    file.write_text(text)
    configuration = load(str(file))
    glasses = Glasses(on_sqlite, tmp_path, case_desk(configuration))
    glasses.book.now = present() - 60_000_000
    return glasses, glasses.grant(glasses.ask(copy=rig.put(MAIL))), str(file)


@contextmanager
def worker(file):
    connections.close_all()
    with subprocess.Popen([*START, "worker", "-c", file], stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def stage(glasses, glass):
    glasses.book.now = present()
    return glasses.readings.one(glass.asked.hash, member("ben"), present()).stage


@pytest.mark.servers
def test_it_is_fetched_by_the_worker_and_shown_also_where_that_was_killed_meanwhile(opened):
    glasses, glass, file = opened
    secret = glasses.begin(glass)
    with worker(file):
        until(lambda: stage(glasses, glass) is not Stage.WAITING)
    assert stage(glasses, glass) is Stage.READY
    assert glasses.show(glass, secret).text.strip() == "good morning"
    with pytest.raises(Refused) as told:
        glasses.show(glass, secret)
    assert told.value.refusal is Refusal.NOTHING_WAITS
    acts = ["asked", "granted", "opening", "fetched", "opened"]
    assert glasses.acts() == [f"glass.{one}" for one in acts]
    assert glasses.read_of == []
