"""Opening the state: new, old, by several at once, and where it cannot be opened."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections

from postwarden.state.service import StateMissing, StateSettings, open_state

ROOMS = ["vocabulary", "durable", "state", "people", "ledger"]
OPEN = "import sys; from postwarden.state.service import *; open_state(StateSettings(sys.argv[1]))"


def pragma(name):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


def test_a_new_state_is_made_for_its_owner_alone(tmp_path):
    open_state(StateSettings(str(tmp_path / "state")))
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert connection.introspection.table_names()
    files = list((tmp_path / "state").glob("postwarden.sqlite*"))
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    connections.close_all()


def test_what_is_committed_on_sqlite_is_on_disk(on_sqlite):
    assert (pragma("journal_mode"), pragma("synchronous"), pragma("secure_delete")) == ("wal", 2, 1)


def test_tables_are_as_the_models_say(state):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_table_refers_to_one_of_a_later_room():
    order = {f"postwarden.{room}": place for place, room in enumerate(ROOMS)}
    referred = [
        (order[model._meta.app_config.name], order[field.related_model._meta.app_config.name])
        for model in apps.get_models()
        if model._meta.app_config.name in order
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete
    ]
    assert referred
    assert [pair for pair in referred if pair[0] < pair[1]] == []


def test_several_that_open_a_new_state_at_once_all_succeed(tmp_path):
    command = [sys.executable, "-W", "error", "-c", OPEN, str(tmp_path / "state")]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, check=False), range(3)))
    assert [one.returncode for one in done] == [0, 0, 0]


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateMissing, match=r"file/state: Not a directory; \[state\] path names it"):
        open_state(StateSettings(str(tmp_path / "file" / "state")))


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path):
    file = tmp_path / "postwarden.sqlite"
    file.write_text("something else entirely, of somebody else")
    with pytest.raises(StateMissing, match=r"postwarden\.sqlite: is no database of Postwarden"):
        open_state(StateSettings(str(tmp_path)))
    connections.close_all()
    assert file.read_text().startswith("something else")


def test_a_server_that_is_away_is_named_without_its_password(tmp_path):
    url = "postgresql://mail:s3cret@127.0.0.1:1/desk"
    with pytest.raises(StateMissing, match=r"PostgreSQL database desk at 127\.0\.0\.1") as caught:
        open_state(StateSettings(str(tmp_path), url))
    assert "s3cret" not in str(caught.value)
    assert os.listdir(tmp_path) == []
