"""States that earlier versions made, opened by this one: nothing of them is lost or other than it was.

`tools/keep_state.py` keeps them, one before each release; beside each lies what it held when it was made.
"""

import json
import os
import re
import shutil
import tarfile

import psycopg
import pytest
from django.core.cache import cache
from django.db import connections
from django.test import override_settings
from typer.testing import CliRunner

from console.conftest import Desk, _collected  # noqa: F401  # the fixture
from postwarden.backup.service import make, put_back
from postwarden.cases import service as cases
from postwarden.cli.app import app
from postwarden.configuration import load
from postwarden.console.settings import CONFIGURATION
from postwarden.custody.quarantine.identities import identities_in
from postwarden.people.service import member, members
from postwarden.rooms import opened, present
from postwarden.state.service import StateSettings, copy_in
from servers.databases import url
from tools.keep_state import DUMP, KEPT, facts, rows

STATES = sorted(KEPT.glob("*.tar.xz"))
UPGRADES = "SELECT count(*) FROM django_migrations"
SAME = ("people", "accounts", "copies", "quarantine", "plans", "findings", "reports")


@pytest.fixture(params=STATES, ids=lambda one: one.name.removesuffix(".tar.xz"))
def kept(request, tmp_path):
    """Give a kept state as it was, where its database is, and what it held when it was made."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    told = json.loads((tmp_path / "kept.json").read_text())
    dump, at = tmp_path / "state" / DUMP, None
    if dump.exists():
        at = _restored(request.getfixturevalue("upgraded_postgresql"), dump)
        file = tmp_path / "postwarden.toml"
        file.write_text(re.sub(r'(?m)^url = "postgresql:.*"$', f'url = "{at}"', file.read_text()))
    assert [list(one) for one in rows(tmp_path, at, UPGRADES)] == told["upgrades"]
    yield tmp_path, at, told
    connections.close_all()


def _restored(port, dump):
    """Put a dump into a database of its own; it ends with the server."""
    name = f"kept{os.urandom(4).hex()}"
    with psycopg.connect(url(port, "postgres"), autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")
    at = url(port, name)
    copy_in(StateSettings("", at), str(dump), "")
    return at


def counted(file):
    """Give how many steps of upgrade a kept state has seen."""
    with tarfile.open(file) as archive:
        return json.load(archive.extractfile("kept.json"))["upgrades"][0][0]


def test_some_are_kept_of_versions_with_other_tables_and_they_are_small():
    assert len({counted(one) for one in STATES}) >= 2
    assert max(one.stat().st_size for one in STATES) < 300_000


def people_and_cases(rooms, told):
    anna = member("anna")
    assert [[one.name, one.full_name] for one in members()] == told["people"]
    (case,) = cases.some_cases(anna, cases.Asked()).rows
    assert [[case.reference, case.stage, case.title]] == told["cases"]
    file = cases.case_file(anna, case.reference)
    accounts = [[case.reference, *one] for one in file.case.accounts.items()]
    assert sorted(accounts) == told["accounts"]
    assert [one.account for one in file.reports] == [one for (one,) in told["reports"]]
    assert len(file.timeline) == told["timeline"][0][0]
    found = cases.findings(rooms.desk, anna, case.reference, cases.Asked()).rows
    assert sorted([one.finding, one.account, one.verdict] for one in found) == told["findings"]


def holds_plans_and_quarantine(rooms, told, folder):
    assert sorted([one.account] for one in rooms.holds.held()) == told["held"]
    plans = sorted([one.hash, one.stage] for one in rooms.holds.plans.every())
    assert plans == told["plans"]
    assert {stage for _, stage in plans} == {"done", "frozen"}
    case, box = told["cases"][0][0], rooms.repairs.quarantine
    stored = sorted([one.name, one.sha256, one.size] for one in box.held([case]))
    assert stored == told["quarantine"]
    unlocked = box.unlock(case, identities_in(str(folder / "quarantine.key")))
    assert all(b"\nMessage-ID:" in unlocked.read(name).content for name, _, _ in stored)


def pages(configuration, told):
    case = told["cases"][0][0]
    plan = next(one for one, stage in told["plans"] if stage == "frozen")
    with override_settings(**{CONFIGURATION: configuration, "SECRET_KEY": "a secret of tests"}):
        cache.clear()
        browser = Desk(configuration).browser("anna")
        for page in (
            "/",
            f"/cases/{case}/",
            f"/cases/{case}/findings/",
            f"/plans/{plan}/",
        ):
            assert browser.get(page).status_code == 200, page
        assert Desk(configuration).browser("dora").get("/ledger/").status_code == 200
        assert "mail astray" in browser.get("/cases/").content.decode()


def test_what_an_earlier_version_kept_is_what_this_one_finds_and_goes_on_with(kept):
    folder, at, told = kept
    configuration = load(str(folder / "postwarden.toml"))
    rooms = opened(configuration)
    people_and_cases(rooms, told)
    holds_plans_and_quarantine(rooms, told, folder)
    verified = rooms.ledger.verify([])
    assert (verified.faults, verified.entries) == ((), told["entries"][0][0])
    assert [[one.note] for one in reversed(rooms.ledger.heads(99))] == told["heads"]
    now = facts(folder, at)
    assert {name: now[name] for name in SAME} == {name: told[name] for name in SAME}
    pages(configuration, told)

    case = told["cases"][0][0]
    cases.add_task(rooms.desk, member("anna"), case, "look after the upgrade", present())
    assert rooms.ledger.sequence(present()) > 0
    notes = [one.note for one in reversed(rooms.ledger.heads(99))]
    assert [[one] for one in notes[:-1]] == told["heads"]
    verified = CliRunner().invoke(app, ["verify", "-c", configuration.file])
    assert verified.exit_code == 0, verified.output


def test_a_backup_brings_a_case_with_its_repair_and_quarantine_back(tmp_path):
    """The newest kept state, opened, backed up, and put back on a host where nothing is."""
    here, there, folder = (tmp_path / name for name in ("here", "there", "backup"))
    whole = [one for one in STATES if "postgresql" not in one.name]
    with tarfile.open(max(whole, key=counted)) as archive:
        archive.extractall(here, filter="data")
    told = json.loads((here / "kept.json").read_text())
    configuration = load(str(here / "postwarden.toml"))
    heads = opened(configuration).ledger.heads(99)
    connections.close_all()
    make(configuration, str(folder), present(), evidence=True)
    there.mkdir()
    shutil.copy(here / "postwarden.toml", there)
    shutil.copy(here / "quarantine.key", there)
    shutil.move(here / "state" / "keys", tmp_path / "keys")
    shutil.rmtree(here)

    elsewhere = load(str(there / "postwarden.toml"))
    put_back(elsewhere, str(folder), str(tmp_path / "keys"))
    rooms = opened(elsewhere)
    people_and_cases(rooms, told)
    holds_plans_and_quarantine(rooms, told, there)
    now = facts(there, None)
    assert {name: now[name] for name in SAME} == {name: told[name] for name in SAME}
    assert rooms.ledger.heads(99) == heads
    verified = CliRunner().invoke(app, ["verify", "-c", elsewhere.file])
    assert verified.exit_code == 0, verified.output
    connections.close_all()
