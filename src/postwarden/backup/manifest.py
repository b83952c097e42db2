"""What a backup says of itself: its pieces with their hashes, and the secrets it needs."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import NamedTuple

from postwarden.backup.errors import BadBackup
from postwarden.vocabulary import Moment

NAME = "manifest.json"
FORMAT = 1
SETTINGS, DATABASE = "postwarden.toml", "database"
STATE, QUARANTINE, EVIDENCE = "state", "quarantine", "evidence"
PLACES = (QUARANTINE, EVIDENCE, STATE)
SECRETS = ("keys/wrapping.key", "keys/signing.key")
"""Below the state's folder; they open what the database has sealed, and are kept apart from it."""


class Piece(NamedTuple):
    """A file of a backup: its path in it, bytes, and SHA-256 (hexadecimal)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's manifest.

    Attributes:
        at: when the database was copied.
        version: of Postwarden.
        database: kind of the database.
        pieces: all files but the manifest.
        secrets: SHA-256 of the secrets that are kept apart, by path below the state's folder.
        without: places that were left out.
    """

    at: Moment
    version: str
    database: str
    pieces: tuple[Piece, ...]
    secrets: dict[str, str]
    without: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """Give it for `write_json`."""
        told = asdict(self) | {"format": FORMAT, "pieces": [list(one) for one in self.pieces]}
        return {**told, "without": list(self.without)}


def read(folder: str) -> Manifest:
    """Read a backup's manifest; raise `BadBackup`."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        if told.pop("format") != FORMAT:
            raise BadBackup(f"{path}: is of another format; use the release that made it")
        pieces = tuple(
            Piece(str(p), int(size), str(digest)) for p, size, digest in told.pop("pieces")
        )
        found = Manifest(pieces=pieces, without=tuple(told.pop("without")), **told)
    except FileNotFoundError:
        raise BadBackup(f"{folder}: is no backup: it has no {NAME}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadBackup(f"{path}: cannot be read: {error}") from error
    if any(os.path.isabs(p) or ".." in p.split("/") for p, _, _ in found.pieces):
        raise BadBackup(f"{path}: names files outside the backup")
    return found


def check(folder: str, manifest: Manifest) -> None:
    """Compare every file with the manifest; raise `BadBackup` with all that differ."""
    named = {one.path: one for one in manifest.pieces}
    there = set(files(folder)) - {NAME}
    wrong = [f"{path}: is missing" for path in sorted(named.keys() - there)]
    wrong += [f"{path}: is not of this backup" for path in sorted(there - named.keys())]
    for path in sorted(there & named.keys()):
        size, digest = measured(os.path.join(folder, path))
        if size != named[path].size:
            wrong.append(f"{path}: has {size} bytes, not {named[path].size}")
        elif digest != named[path].sha256:
            wrong.append(f"{path}: was changed")
    if wrong:
        raise BadBackup(
            "\n".join([f"{folder}: is not as it was made; nothing was put back", *wrong])
        )


def files(folder: str) -> Iterator[str]:
    """Give the paths of all files below a folder, relative to it; none where it is not there."""
    for place, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(place, name), folder)


def measured(path: str) -> tuple[int, str]:
    """Give bytes and SHA-256 of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return os.fstat(file.fileno()).st_size, digest
