"""Opening the database, on SQLite and PostgreSQL alike."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from threading import local
from types import MappingProxyType
from typing import Any

import django
from django.apps import apps
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.dispatch import receiver

from postwarden.durable.service import LockedElsewhereError, file_mode, locked_file, make_folder
from postwarden.state import project
from postwarden.state.errors import StateBusy, StateFailed, StateMissing
from postwarden.state.remembering import forget_all
from postwarden.state.settings import StateSettings

_bound: StateSettings | None = None
_UPGRADE = 0x706F7374  # key of the advisory lock
FILE = "postwarden.sqlite"
_WAIT = 30  # seconds that a writer waits for another one
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
_STAYS = {"CONN_MAX_AGE": None}
"""A served process keeps its connections from one request to the next; to open one takes milliseconds."""
_LOOKED_AFTER = {"CONN_HEALTH_CHECKS": True}
"""A server may have ended a connection meanwhile."""
_NAMED = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def is_there(settings: StateSettings) -> bool:
    """Tell whether there is a state to open, without making one; one by URL is taken to be there."""
    return settings.url is not None or os.path.exists(os.path.join(settings.path, FILE))


def open_state(settings: StateSettings) -> None:
    """Bind this process to the state, make it where it is not, and bring its tables up to date.

    Promise: of several processes that open an old state one upgrades it, in a transaction for each
    step; the others wait. Opening again, also another state, is allowed.

    Raises:
        StateMissing: the directory cannot be made or the database cannot be reached.
        StateBusy: another process has been upgrading for too long.
    """
    try:
        make_folder(settings.path)
    except OSError as error:
        raise StateMissing(f"{settings.path}: {error.strerror}; [state] path names it") from error
    set_up()
    bind(settings)
    try:
        if connection.vendor == "sqlite":
            mode = file_mode(settings.path)
            os.close(os.open(_database(settings)["NAME"], os.O_RDWR | os.O_CREAT, mode))
        _upgrade(settings)
    except OperationalError as error:
        raise StateMissing(f"{_shown(settings)}: {str(error).strip()}") from error
    except DatabaseError as error:
        raise StateMissing(f"{_shown(settings)}: is no database of Postwarden ({error})") from error


def bind(settings: StateSettings) -> None:
    """Let Django's default connection lead to this state; open connections are closed."""
    global _bound  # noqa: PLW0603  # as Django's connections, of which there is one set a process
    _bound = settings
    forget_all()
    connections.close_all()
    connections.settings = connections.configure_settings({"default": _database(settings)})
    del connections["default"]


def bound() -> StateSettings:
    """Give the state that this process is bound to, for another process to `bind`.

    Raises:
        StateMissing: it is bound to none.
    """
    if _bound is None:
        raise StateMissing("no state is open")
    return _bound


def follow() -> None:
    """Leave a database whose file is no longer there, or is another one by now: the next question opens anew.

    Who keeps a connection would go on writing into a file that was moved away.
    """
    if connection.vendor == "sqlite" and connection.connection is not None:
        name = connection.settings_dict["NAME"]
        if _file(str(name)) != getattr(_OPENED, "file", None):
            connection.close()


_OPENED = local()
"""Which file this thread's connection has open."""


@receiver(connection_created)
def _opened(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.vendor == "sqlite":
        _OPENED.file = _file(str(connection.settings_dict["NAME"]))


def _file(name: str) -> tuple[int, int] | None:
    try:
        there = os.stat(name)
    except OSError:
        return None
    return there.st_dev, there.st_ino


def failure(error: Exception) -> StateFailed | None:
    """Give the sentence for a failure of the database (disk full, I/O error, locked, server gone).

    Args:
        error: whatever was raised; None is given for a fault of another kind.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    told = str(error).strip().partition("\n")[0]
    return StateFailed(
        f"the database failed: {told}; the step under way was done whole or not at all. Mend the cause"
        " and give the command again: what is done already is not done twice"
    )


def drop_old_writes() -> None:
    """Empty SQLite's log of writes, which still holds what was just erased; outside a transaction."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def set_up(more: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Set Django up; before it, no module with models can be imported. Doing it again is allowed.

    Args:
        more: settings of a shell that does more with Django than keep a state; only the first call's count.
    """
    if not project_settings.configured:
        named = {name: getattr(project, name) for name in dir(project) if name.isupper()}
        project_settings.configure(**named | dict(more))
        django.setup()


def _upgrade(settings: StateSettings) -> None:
    """Bring the tables up to date; processes of one host wait here, those of others in the database."""
    deadline = time.monotonic() + _WAIT
    while _is_behind():
        try:
            with locked_file(os.path.join(settings.path, "upgrade.lock")), _alone_in_database():
                call_command("migrate", verbosity=0, interactive=False)
        except LockedElsewhereError as error:
            if time.monotonic() > deadline:
                raise StateBusy(
                    f"{settings.path}: another process is upgrading it; try again later"
                ) from error
            time.sleep(0.1)


@contextmanager
def _alone_in_database() -> Iterator[None]:
    """Hold PostgreSQL's lock of upgrades (pg_advisory_lock); SQLite's file is of one host alone."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_UPGRADE])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_UPGRADE])


def _is_behind() -> bool:
    """Tell whether a step of this release is missing; all of them are only loaded where one may be."""
    if _every_step() <= MigrationRecorder(connection).applied_migrations().keys():
        return False
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@cache
def _every_step() -> frozenset[tuple[str, str]]:
    """Name the migrations there are, by the files of the applications."""
    found = set[tuple[str, str]]()
    for one in apps.get_app_configs():
        with suppress(FileNotFoundError):
            names = os.listdir(os.path.join(one.path, "migrations"))
            steps = [name for name in names if name.endswith(".py") and not name.startswith("_")]
            found |= {(one.label, name.removesuffix(".py")) for name in steps}
    return frozenset(found)


def _database(settings: StateSettings) -> dict[str, Any]:
    if settings.url is None:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(settings.path, FILE),
            **_STAYS,
            "OPTIONS": {
                "timeout": _WAIT,
                "transaction_mode": "IMMEDIATE",
                "init_command": _PRAGMAS,
            },
        }
    told = parts(settings.url)
    named = {_NAMED[key]: value for key, value in told.items() if key in _NAMED}
    options = {key: value for key, value in told.items() if key not in _NAMED}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        **_STAYS,
        **_LOOKED_AFTER,
        "OPTIONS": options,
    }


def _shown(settings: StateSettings) -> str:
    """Name the database without its password."""
    if settings.url is None:
        return os.path.join(settings.path, FILE)
    told = parts(settings.url)
    return f"PostgreSQL database {told.get('dbname', '')} at {told.get('host', 'this host')}"


def parts(url: str) -> dict[str, Any]:
    """Split a connection URI (libpq section 34.1.1.2) into its parameters."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  # slow to load, seldom needed

    return dict(conninfo_to_dict(url))
