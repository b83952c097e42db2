"""A state of its own for each test: on SQLite, and on a real PostgreSQL."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import wraps
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from hypothesis import settings as drawn

from postwarden.console.settings import settings
from postwarden.state import database
from postwarden.state.service import StateSettings, open_state, set_up
from servers.databases import postgresql, url

# Hundreds of processes are started, and some images say to compile everything anew in each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes is the machine's to say: several test processes share two cores.
drawn.register_profile("postwarden", deadline=None)
drawn.load_profile("postwarden")
# With the console, before any test imports a module with models; passwords are not the tests' to slow down.
_QUICK = {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}
set_up(settings(tempfile.mkdtemp(), secure=True) | _QUICK)

_NUMBERS = count()


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty state with all its tables, to copy."""
    folder = tmp_path_factory.mktemp("upgraded")
    open_state(StateSettings(str(folder)))
    connections.close_all()
    return folder


@pytest.fixture(scope="session")
def upgraded_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a PostgreSQL whose database "upgraded" has all tables, to copy."""
    with postgresql() as database:
        with psycopg.connect(url(database.port, "postgres"), autocommit=True) as session:
            session.execute("CREATE DATABASE upgraded")
        folder = tmp_path_factory.mktemp("on-postgresql")
        open_state(StateSettings(str(folder), url(database.port, "upgraded")))
        connections.close_all()
        yield database.port


@pytest.fixture(scope="session", autouse=True)
def _new_states_are_copies(upgraded_sqlite: Path) -> Iterator[None]:
    """Every step of upgrading is done once a test process; tests/state is about doing them."""

    step_by_step = database._upgrade

    @wraps(step_by_step)
    def upgrade(settings: StateSettings) -> None:
        file = Path(settings.path, database.FILE)
        if settings.url is None and file.stat().st_size == 0:
            shutil.copyfile(upgraded_sqlite / database.FILE, file)
        step_by_step(settings)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "_upgrade", upgrade)
        yield


@pytest.fixture
def on_sqlite(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[StateSettings]:
    """An opened, empty state on SQLite."""
    shutil.copytree(upgraded_sqlite, tmp_path / "state")
    settings = StateSettings(str(tmp_path / "state"))
    open_state(settings)
    yield settings
    connections.close_all()


@pytest.fixture
def on_postgresql(upgraded_postgresql: int, tmp_path: Path) -> Iterator[StateSettings]:
    """An opened, empty state on PostgreSQL."""
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(url(upgraded_postgresql, "postgres"), autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE upgraded")
    settings = StateSettings(str(tmp_path / "state"), url(upgraded_postgresql, name))
    open_state(settings)
    yield settings
    connections.close_all()
    with psycopg.connect(url(upgraded_postgresql, "postgres"), autocommit=True) as session:
        session.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest) -> StateSettings:
    """An opened, empty state, on SQLite and on PostgreSQL."""
    found: StateSettings = request.getfixturevalue(f"on_{request.param}")
    return found
