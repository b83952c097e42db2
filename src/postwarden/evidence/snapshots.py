"""Snapshot folders: begin, resume, finish, open, list, merge and expire them.

A snapshot being taken has no manifest and holds a lock while its scan runs; a crash leaves it so, and
the next scan of the same scope resumes it. Expiry removes intent and manifest first, so that a crash
while removing leaves what the next expiry removes.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow.parquet as pq

from postwarden.durable.service import LockedElsewhereError, folder_mode, locked_file, make_folder
from postwarden.evidence.engine import TABLES
from postwarden.evidence.errors import BrokenSnapshot, NoSnapshot, SnapshotBusy
from postwarden.evidence.manifest import Manifest, Part
from postwarden.evidence.settings import MANIFEST
from postwarden.vocabulary import Moment, rfc3339, said

INTENT = "intent.json"
_NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?")


def new_name(root: str, now: Moment) -> str:
    """Give the name of a new snapshot, after its time; a second one of that second gets a number."""
    stem = rfc3339(now - now % 1_000_000).replace("-", "").replace(":", "")
    name, number = stem, 2
    while os.path.exists(os.path.join(root, name)):
        name, number = f"{stem}-{number}", number + 1
    return name


def create(root: str, name: str) -> str:
    """Make the folder of a snapshot, for its owner alone (mode 0700), and give its path."""
    make_folder(root)
    folder = os.path.join(root, name)
    os.mkdir(folder, mode=folder_mode(root))
    for table in TABLES:
        os.mkdir(os.path.join(folder, table), mode=folder_mode(folder))
    return folder


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Hold the snapshot while it is written; raise `SnapshotBusy` when somebody else does."""
    try:
        with locked_file(os.path.join(folder, "lock")):
            yield
    except LockedElsewhereError:
        raise SnapshotBusy(
            said("{folder}: another scan writes it; wait for it or stop it", folder=folder)
        ) from None


def parts_of(folder: str) -> Iterator[Part]:
    """Give every part with its rows and hash, in order of name."""
    for name in _part_names(folder):
        path = os.path.join(folder, name)
        yield Part(name, pq.read_metadata(path).num_rows, _sha256(path))


def _part_names(folder: str) -> Iterator[str]:
    for table in TABLES:
        place = os.path.join(folder, table)
        for file in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            if file.endswith(".parquet"):
                yield f"{table}/{file}"


def _sha256(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: str) -> Manifest:
    """Read a finished snapshot's manifest; raise `NoSnapshot` or `BrokenSnapshot`."""
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as stream:
            return Manifest.from_json(stream.read(), path)
    except FileNotFoundError:
        raise NoSnapshot(
            said("{folder}: holds no finished snapshot; run `postwarden scan`", folder=folder)
        ) from None


def check_parts(folder: str, manifest: Manifest) -> None:
    """Raise `BrokenSnapshot` unless every part is there, and no other, each with its hash."""
    named = {part.name: part.sha256 for part in manifest.parts}
    there = {name: _sha256(os.path.join(folder, name)) for name in _part_names(folder)}
    for name in sorted(named.keys() | there.keys()):
        if named.get(name) != there.get(name):
            raise BrokenSnapshot(
                said(
                    "{folder}: {name} is not the part its manifest names; scan again",
                    folder=folder,
                    name=name,
                )
            )


def finished(root: str) -> list[Manifest]:
    """List the finished snapshots, oldest first; damaged ones are left out."""
    found = []
    for name in sorted(os.listdir(root)) if os.path.isdir(root) else ():
        try:
            found.append(read_manifest(os.path.join(root, name)))
        except (NoSnapshot, BrokenSnapshot, NotADirectoryError):
            continue
    return sorted(found, key=lambda manifest: (manifest.taken, manifest.name))


def read_intent(folder: str) -> dict[str, Any] | None:
    """Give what a snapshot was begun for; None when it does not say, or is damaged."""
    try:
        with open(os.path.join(folder, INTENT), encoding="utf-8") as stream:
            document = json.load(stream)
    except (FileNotFoundError, ValueError):
        return None
    known = isinstance(document, dict) and {"taken", "expires", "intent"} <= document.keys()
    return document if known else None


def unfinished(root: str) -> list[str]:
    """List the names of snapshots that were begun and not finished."""
    names = sorted(os.listdir(root)) if os.path.isdir(root) else []
    return [
        name
        for name in names
        if os.path.isfile(os.path.join(root, name, INTENT))
        and not os.path.exists(os.path.join(root, name, MANIFEST))
    ]


def latest(root: str, name: str | None = None) -> Manifest:
    """Give the snapshot of that name, or the newest; raise `NoSnapshot` when there is none."""
    if name is not None:
        return read_manifest(os.path.join(root, os.path.basename(name)))
    every = finished(root)
    if not every:
        raise NoSnapshot(
            said("{root}: holds no finished snapshot; run `postwarden scan` first", root=root)
        )
    return every[-1]


def check(root: str, name: str) -> Manifest:
    """Give a snapshot's manifest after comparing every part with it; raises `BrokenSnapshot`."""
    manifest = latest(root, name)
    check_parts(os.path.join(root, manifest.name), manifest)
    return manifest


def expire(root: str, now: Moment, names: Sequence[str] = ()) -> list[str]:
    """Remove snapshots whose time is over, and those named; give the names removed.

    Unfinished snapshots end with the time they were begun for; what a crash left of an earlier
    removal is removed too. Folders that are not named like snapshots are left alone.
    """
    removed = []
    for name in sorted(os.listdir(root)) if os.path.isdir(root) else ():
        folder = os.path.join(root, name)
        if not _NAME.fullmatch(name) or not os.path.isdir(folder):
            continue
        if name in names or _expires(folder) <= now:
            with locked(folder):
                for file in (INTENT, MANIFEST):
                    with suppress(FileNotFoundError):
                        os.unlink(os.path.join(folder, file))
                shutil.rmtree(folder)
            removed.append(name)
    return removed


def _expires(folder: str) -> Moment:
    """Give when a snapshot's time is over; 0 for one that cannot say so, such as the rest of a removal."""
    try:
        return read_manifest(folder).expires
    except (NoSnapshot, BrokenSnapshot):
        intent = read_intent(folder)
        return 0 if intent is None else int(intent["expires"])
