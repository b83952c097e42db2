"""Making a backup while the installation works."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version

from postwarden.backup.errors import NoRoom
from postwarden.backup.manifest import (
    DATABASE,
    EVIDENCE,
    NAME,
    QUARANTINE,
    SECRETS,
    SETTINGS,
    STATE,
    Manifest,
    Piece,
    files,
    measured,
)
from postwarden.configuration import Configuration
from postwarden.durable.service import PARTIAL, sync_folder, write_json
from postwarden.state.service import copy_out, kind
from postwarden.vocabulary import Moment

_ELSEWHERE = ("keys/", "static/", "console.secret", "postwarden.sqlite")
_PASSING = (PARTIAL, ".lock", "-journal")


def make(configuration: Configuration, folder: str, now: Moment, *, evidence: bool) -> Manifest:
    """Write a backup into a new folder, mode 0700.

    The database is copied first, at one moment; objects and snapshots after it, so that all it knows is
    there. Files that came later stay out of it, and what was removed meanwhile at the end of its time is
    missing in it.

    Crash promise: `folder` is the whole backup, or is not there.

    Raises:
        NoRoom: there is something of this name.
        StateError: the database cannot be copied.
        OSError: it cannot be written; nothing has the folder's name.
    """
    if os.path.lexists(folder):
        raise NoRoom(f"{folder}: is there already; name a folder that is not")
    partial = f"{folder.rstrip('/')}{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    os.mkdir(partial, 0o700)
    copy_out(configuration.state, os.path.join(partial, DATABASE))
    _copy(configuration.file, os.path.join(partial, SETTINGS))
    for place, path in _wanted(configuration, evidence=evidence):
        with suppress(FileNotFoundError):  # its time was over since
            _copy(path, os.path.join(partial, place))
    manifest = Manifest(
        at=now,
        version=version("postwarden"),
        database=kind(configuration.state),
        pieces=tuple(_pieces(partial)),
        secrets=_secrets(configuration.state.path),
        without=() if evidence else (EVIDENCE,),
    )
    write_json(os.path.join(partial, NAME), manifest.document())
    for place, _, _ in os.walk(partial):
        sync_folder(place)
    os.rename(partial, folder)
    sync_folder(os.path.dirname(os.path.abspath(folder)))
    return manifest


def secrets(configuration: Configuration) -> list[str]:
    """Name the files that no backup has, and that have to be kept elsewhere."""
    found = [os.path.join(configuration.state.path, name) for name in SECRETS]
    found += [one.password_file for one in configuration.relocation.backends]
    if configuration.doctor is not None:
        found.append(configuration.doctor.password_file)
    return found


def _wanted(configuration: Configuration, *, evidence: bool) -> Iterator[tuple[str, str]]:
    """Give what is copied beside the database, as path in the backup and path here."""
    state = configuration.state.path
    for name in files(state):
        if not name.startswith(_ELSEWHERE) and not name.endswith(_PASSING):
            yield os.path.join(STATE, name), os.path.join(state, name)
    folders = {QUARANTINE: configuration.quarantine.path}
    if evidence:
        folders[EVIDENCE] = configuration.evidence.path
    for place, folder in folders.items():
        for name in files(folder):
            if not name.endswith(_PASSING):
                yield os.path.join(place, name), os.path.join(folder, name)


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as read:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        with open(target, "wb", opener=_private) as written:
            shutil.copyfileobj(read, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _pieces(folder: str) -> Iterator[Piece]:
    for name in sorted(files(folder)):
        yield Piece(name, *measured(os.path.join(folder, name)))


def _secrets(state: str) -> dict[str, str]:
    return {name: measured(os.path.join(state, name))[1] for name in SECRETS}
