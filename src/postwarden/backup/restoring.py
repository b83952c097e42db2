"""Putting a backup back where no installation is."""

import os
import shutil
from collections.abc import Iterator

from postwarden.backup.errors import NotHere
from postwarden.backup.manifest import (
    DATABASE,
    EVIDENCE,
    PLACES,
    QUARANTINE,
    SECRETS,
    STATE,
    Manifest,
    check,
    files,
    measured,
    read,
)
from postwarden.configuration import Configuration
from postwarden.durable.service import (
    PARTIAL,
    file_mode,
    make_folder,
    sync_folder,
)
from postwarden.state.service import POSTGRESQL, SQLITE, copy_in, is_empty, kind


def put_back(configuration: Configuration, folder: str, keys: str) -> Manifest:
    """Put a backup back into the places that the settings name.

    Args:
        configuration: of the installation that is to be; its places are empty.
        folder: of the backup.
        keys: folder of the secrets that were kept apart: wrapping.key and signing.key.

    Crash promise: until it returns there is no state, and given again it goes on; what lies in a place by
    then is compared with the backup, not written again. The database comes last.

    Raises:
        BadBackup: the backup is not whole; nothing was put back.
        NotHere: something is in the way, or the secrets are others; nothing was put back.
        StateError: the database cannot be written; given again, it goes on.
        OSError: likewise.
    """
    manifest = read(folder)
    _check_kind(configuration, manifest)
    check(folder, manifest)
    _check_secrets(keys, manifest)
    targets = {
        QUARANTINE: configuration.quarantine.path,
        EVIDENCE: configuration.evidence.path,
        STATE: configuration.state.path,
    }
    missing = [place for place in PLACES if not _is_done(manifest, place, targets[place])]
    for place in missing:
        _check_empty(targets[place])
    if not is_empty(configuration.state):
        raise NotHere("the database has tables already; nothing was put back: name an empty one")
    for place in missing:
        _place(configuration, folder, manifest, place, targets[place], keys)
    if kind(configuration.state) == POSTGRESQL:
        copy_in(configuration.state, os.path.join(folder, DATABASE), configuration.state.path)
    return manifest


def _check_kind(configuration: Configuration, manifest: Manifest) -> None:
    here = kind(configuration.state)
    if manifest.database != here:
        raise NotHere(
            f"the backup is of {manifest.database}, [state] names {here}; nothing was put back"
        )


def _check_secrets(keys: str, manifest: Manifest) -> None:
    """Refuse other secrets than those that the backup was sealed with."""
    for name, digest in manifest.secrets.items():
        path = os.path.join(keys, os.path.basename(name))
        if not os.path.exists(path):
            raise NotHere(
                f"{path}: is missing; nothing was put back. No backup has it: it is kept apart"
            )
        if measured(path)[1] != digest:
            raise NotHere(f"{path}: is not the secret of this backup; nothing was put back")


def _check_empty(target: str) -> None:
    if os.path.isdir(target) and os.listdir(target):
        raise NotHere(f"{target}: holds something already; nothing was put back")


def _below(manifest: Manifest, place: str) -> Iterator[tuple[str, str]]:
    """Give path below the place, and hash, of its files."""
    for path, _, digest in manifest.pieces:
        if path.startswith(f"{place}/"):
            yield path.removeprefix(f"{place}/"), digest


def _is_done(manifest: Manifest, place: str, target: str) -> bool:
    """Tell whether a place is as an earlier call left it; the state with its keys, before its database."""
    wanted = dict(_below(manifest, place))
    if place == STATE:
        if manifest.database == SQLITE:
            return False
        wanted |= manifest.secrets
    there = {name: measured(os.path.join(target, name))[1] for name in files(target)}
    return bool(wanted) and there == wanted


def _place(
    configuration: Configuration,
    folder: str,
    manifest: Manifest,
    place: str,
    target: str,
    keys: str,
) -> None:
    """Make a place beside its name, then give it the name, in place of an empty folder of this name."""
    make_folder(os.path.dirname(target))
    there = os.stat(target) if os.path.isdir(target) else None
    partial = f"{target}{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    make_folder(partial)
    if there is not None:
        os.chown(partial, there.st_uid, there.st_gid)
        os.chmod(partial, there.st_mode & 0o7777)
    for name, _ in _below(manifest, place):
        _copy(os.path.join(folder, place, name), os.path.join(partial, name))
    if place == STATE:
        for name in SECRETS:
            _copy(os.path.join(keys, os.path.basename(name)), os.path.join(partial, name))
        if manifest.database == SQLITE:
            copy_in(configuration.state, os.path.join(folder, DATABASE), partial)
    for one, _, names in os.walk(partial):
        if there is not None:
            for each in (one, *(os.path.join(one, name) for name in names)):
                os.chown(each, there.st_uid, there.st_gid)
        sync_folder(one)
    os.rename(partial, target)
    sync_folder(os.path.dirname(target))


def _copy(source: str, target: str) -> None:
    make_folder(os.path.dirname(target))
    above = os.path.dirname(target)
    with open(source, "rb") as read_from:
        descriptor = os.open(
            target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, file_mode(above)
        )
        with open(descriptor, "wb") as written:
            shutil.copyfileobj(read_from, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
