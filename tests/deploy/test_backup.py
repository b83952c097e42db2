"""Backups of a state with cases, holds and objects, on both databases, and what is refused."""

import itertools
import json
import os
import re
import shutil
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from typer.testing import CliRunner

from people.conftest import NOW, Records
from postwarden.backup.service import BadBackup, NoRoom, NotHere, make, put_back
from postwarden.cases import service as cases
from postwarden.cli.app import app
from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.holds.file import projection_file
from postwarden.holds.service import Wish
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member
from postwarden.state.service import StateSettings
from postwarden.wiring import hold_desk, ledger
from servers.databases import url

HELD = "hold1@example.net"
LATER = "hold2@example.net"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    place = tmp_path_factory.mktemp("provider") / "tree"
    simulate("demo", place, accounts=8, messages=1)
    return place


def settings(tree, place, state):
    """Write the settings of an installation whose folders are all in one place."""
    place.mkdir(exist_ok=True)
    text = (tree / "postwarden.toml").read_text()
    sections = [f'[state]\npath = "{place}/state"']
    if state.url:
        sections[0] += f'\nurl = "{state.url}"'
    sections += [f'[{name}]\npath = "{place}/{name}"' for name in ("holds", "quarantine")]
    assert '[evidence]\npath = "' in text
    text = re.sub(r'\[evidence\]\npath = ".*"', f'[evidence]\npath = "{place}/evidence"', text)
    file = tree / f"{place.parent.name}-{place.name}.toml"
    file.write_text("\n".join([text, *sections, ""]))
    return load(str(file))


def _hold(configuration, account, case=""):
    desk = hold_desk(configuration)
    planned = desk.hold(Wish((account,), case, "to look at it"), member("anna"), NOW)
    desk.carry(planned.plan.hash, lambda: NOW)
    return desk


@pytest.fixture
def installation(tree, state, tmp_path):
    """Give an installation with a case, a hold that its servers know, objects, and a snapshot."""
    configuration = settings(tree, tmp_path / "here", state)
    if state.url is None:
        shutil.move(state.path, configuration.state.path)
    ledger(configuration)
    add("anna", "Anna", (Grant(Role.POSTMASTER, EVERYWHERE),), "anna", Records(), NOW)
    names = tuple(one.name for one in configuration.organisations.every)
    desk = hold_desk(configuration)
    opening = cases.Opening(cases.Kind.MISDELIVERY, "mail astray", names)
    case = cases.open_case(desk.desk, member("anna"), opening, now=NOW)
    _hold(configuration, HELD, case.reference)
    desk.desk.ledger.sequence(NOW)
    for place, name in (
        ("quarantine", "2026-0001/ab/abc.age"),
        ("evidence", "20261122T000000Z/x.parquet"),
    ):
        path = tmp_path / "here" / place / name
        path.parent.mkdir(parents=True, mode=0o700)
        path.write_bytes(os.urandom(5_000))
    return configuration


@pytest.fixture
def keys(installation, tmp_path):
    shutil.copytree(Path(installation.state.path) / "keys", tmp_path / "kept")
    return str(tmp_path / "kept")


@pytest.fixture
def made(installation, keys, tmp_path):
    folder = str(tmp_path / "backup")
    make(installation, folder, NOW, evidence=True)
    return folder


@pytest.fixture
def elsewhere(tree, state, tmp_path, request):
    """Give the settings of a host where nothing is, with an empty database of the same kind."""
    there = StateSettings("")
    if state.url is not None:
        port = request.getfixturevalue("upgraded_postgresql")
        name = f"there{os.urandom(4).hex()}"
        with psycopg.connect(url(port, "postgres"), autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name}")
        there = StateSettings("", url(port, name))
    yield settings(tree, tmp_path / "there", there)
    connections.close_all()
    if there.url is not None:
        with psycopg.connect(url(port, "postgres"), autocommit=True) as session:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)")


def tree_of(folder):
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in Path(folder).rglob("*")
        if one.is_file()
    }


def run(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def held(configuration):
    return {one.account for one in hold_desk(configuration, carries=False).held()}


def test_what_was_backed_up_is_what_comes_back(installation, elsewhere, keys, tmp_path):
    folder = tmp_path / "backup"
    done = run("backup", folder, "-c", installation.file)
    assert done.exit_code == 0, done.output
    assert "wrapping.key" in done.output
    entries = ledger(installation).verify([]).entries

    back = run("restore-backup", folder, "--keys", keys, "-c", elsewhere.file)
    assert back.exit_code == 0, back.output
    found = ledger(elsewhere).verify([])
    assert (found.entries, found.faults) == (entries, ())
    assert held(elsewhere) == {HELD}
    for place in ("quarantine", "evidence"):
        assert tree_of(tmp_path / "there" / place) == tree_of(tmp_path / "here" / place) != {}


def test_no_secret_is_in_a_backup(installation, made):
    kept = [one.read_bytes().strip() for one in (Path(installation.state.path) / "keys").iterdir()]
    assert len(kept) == 2
    for name, content in tree_of(made).items():
        assert not any(secret in content for secret in kept), name
        assert (Path(made) / name).stat().st_mode & 0o077 == 0


def test_what_others_write_meanwhile_is_whole_or_absent(installation, elsewhere, keys, tmp_path):
    """A writer in the midst of a transaction neither waits for a backup nor is half in it."""
    connection = connections["default"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE people_identity SET full_name = 'Nobody'")
        make(installation, str(tmp_path / "backup"), NOW, evidence=False)
        cursor.execute("COMMIT")
    put_back(elsewhere, str(tmp_path / "backup"), keys)
    ledger(elsewhere)
    assert member("anna").full_name == "Anna"


@pytest.mark.parametrize(
    "fault", ["truncated", "changed", "missing", "foreign", "manifest", "outside"]
)
def test_a_backup_that_is_not_as_it_was_made_is_refused(fault, on_sqlite, tree, tmp_path):
    configuration = settings(tree, tmp_path / "here", on_sqlite)
    shutil.move(on_sqlite.path, configuration.state.path)
    ledger(configuration)
    folder = tmp_path / "backup"
    make(configuration, str(folder), NOW, evidence=True)
    database, manifest = folder / "database", folder / "manifest.json"
    if fault == "truncated":
        os.truncate(database, database.stat().st_size - 1)
    elif fault == "changed":
        with database.open("r+b") as file:
            file.seek(200)
            file.write(b"\xff")
    elif fault == "missing":
        (folder / "postwarden.toml").unlink()
    elif fault == "foreign":
        (folder / "more").write_text("more")
    elif fault == "manifest":
        manifest.write_text(manifest.read_text()[:-20])
    else:
        told = json.loads(manifest.read_text())
        told["pieces"].append(["../outside", 1, "0"])
        manifest.write_text(json.dumps(told))
    there = settings(tree, tmp_path / "there", StateSettings(""))
    with pytest.raises(BadBackup):
        put_back(there, str(folder), f"{configuration.state.path}/keys")
    assert list((tmp_path / "there").iterdir()) == []


def test_nothing_that_is_there_is_overwritten(installation, made, keys, tmp_path):
    before = tree_of(tmp_path / "here")
    with pytest.raises(NotHere, match="nothing was put back"):
        put_back(installation, made, keys)
    with pytest.raises(NoRoom):
        make(installation, made, NOW, evidence=True)
    assert tree_of(tmp_path / "here").keys() == before.keys()
    assert held(installation) == {HELD}


def test_other_secrets_are_refused_before_anything_is_written(made, elsewhere, keys, tmp_path):
    (Path(keys) / "wrapping.key").write_text("another\n")
    with pytest.raises(NotHere, match="not the secret of this backup"):
        put_back(elsewhere, made, keys)
    (Path(keys) / "wrapping.key").unlink()
    with pytest.raises(NotHere, match="is missing"):
        put_back(elsewhere, made, keys)
    assert list((tmp_path / "there").iterdir()) == []


def test_a_backup_of_another_kind_of_database_is_refused(installation, made, keys, tree, tmp_path):
    other = None if installation.state.url else "postgresql://nobody@127.0.0.1:1/none"
    there = settings(tree, tmp_path / "other", StateSettings("", other))
    with pytest.raises(NotHere, match="the backup is of"):
        put_back(there, made, keys)


def test_what_came_later_is_said(installation, made, elsewhere, keys, tmp_path):
    """This host still refuses an account that the backup knows nothing of; an anchor has a longer ledger."""
    anchor = tmp_path / "anchored"
    with Path(elsewhere.file).open("a") as file:
        file.write(f'[ledger]\nanchors = [{{ file = "{anchor}" }}]\n')
    desk = _hold(installation, LATER)
    desk.desk.ledger.sequence(NOW)
    from postwarden.ledger.service import FileAnchor  # noqa: PLC0415  # after set_up

    desk.desk.ledger.anchor(FileAnchor(str(anchor)), NOW)
    Path(elsewhere.holds.path).mkdir()
    shutil.copy(projection_file(installation.holds.path), elsewhere.holds.path)
    back = run("restore-backup", made, "--keys", keys, "-c", elsewhere.file)
    assert back.exit_code == 1, back.output
    assert f"  {LATER}" in back.output
    assert f"  {HELD}" not in back.output
    assert "entries were recorded after this backup" in back.output


def killed(at, function, *words, **named):
    """Do something in a process that ends at the call number `at` of those that reach the disk."""
    child = os.fork()
    if child == 0:
        left = itertools.count(at, -1)

        def counted(real):
            def call(*given, **more):
                if next(left) <= 0:
                    os._exit(9)
                return real(*given, **more)

            return call

        for name in ("fsync", "rename", "mkdir"):
            setattr(os, name, counted(getattr(os, name)))
        try:
            function(*words, **named)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("at", range(0, 28, 3))
def test_a_killed_restore_is_given_again(on_sqlite, tree, tmp_path, at):
    configuration = settings(tree, tmp_path / "here", on_sqlite)
    shutil.move(on_sqlite.path, configuration.state.path)
    ledger(configuration)
    path = tmp_path / "here" / "quarantine" / "2026-0001" / "abc.age"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sealed")
    keys, folder = f"{configuration.state.path}/keys", str(tmp_path / "backup")
    connections.close_all()
    if killed(at, make, configuration, folder, NOW, evidence=True):
        assert not os.path.exists(folder)
    if not os.path.exists(folder):
        make(configuration, folder, NOW, evidence=True)
    there = settings(tree, tmp_path / "there", StateSettings(""))
    if killed(at, put_back, there, folder, keys):
        assert not os.path.exists(there.state.path)
        put_back(there, folder, keys)
    assert ledger(there).verify([]).faults == ()
    assert tree_of(there.quarantine.path) == {"2026-0001/abc.age": b"sealed"}
    connections.close_all()
