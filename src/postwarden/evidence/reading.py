"""What a snapshot says of one account, for a page: read with little memory, and at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from postwarden.evidence.engine import Engine
from postwarden.evidence.lookup import addresses
from postwarden.evidence.manifest import Manifest
from postwarden.evidence.snapshots import finished, latest
from postwarden.sources.service import CopyRecord, DirectoryRecord, GapRecord, SpanRecord
from postwarden.vocabulary import Moment

_MEMORY = "256MB"
_MOST = 500


class Addresses(NamedTuple):
    """The addresses that lead to an account, as a snapshot's directories have them.

    Attributes:
        snapshot: its name.
        taken: when it was.
        found: by address and time; at most 500.
    """

    snapshot: str
    taken: Moment
    found: tuple[DirectoryRecord, ...]


class Copies(NamedTuple):
    """Copies of one message in one account; no word of it is among what is known of them."""

    snapshot: str
    taken: Moment
    found: tuple[CopyRecord, ...]


def copies_of(root: str, account: str, message_id: str) -> Copies | None:
    """Give the copies with a Message-ID in an account by the newest snapshot; None where there is none.

    Takes and raises as `addresses_of`; at most 500 are given, by folder and file.
    """
    with _newest(root) as opened:
        if opened is None:
            return None
        newest, engine = opened
        rows = engine.tables["copies"]
        own = rows.filter(rows.account == account, rows.message_id == message_id)
        ordered = own.filter(own.state == "read").order_by("folder", "file")
        found = tuple(engine.records(ordered.limit(_MOST), CopyRecord))
        return Copies(newest.name, newest.taken, found)


def addresses_of(root: str, account: str) -> Addresses | None:
    """Give the addresses that lead to an account by the newest snapshot; None where there is none.

    Args:
        root: the folder of snapshots.
        account: in normal form.

    Raises:
        BrokenSnapshot: its directory cannot be read.
    """
    every = finished(root)
    if not every:
        return None
    newest = every[-1]
    found = sorted(addresses(os.path.join(root, newest.name), account), key=_place)
    return Addresses(newest.name, newest.taken, tuple(found[:_MOST]))


def _place(one: DirectoryRecord) -> tuple[object, ...]:
    return one.address, one.valid_from is None, one.valid_from or 0, one.directory


@contextmanager
def _newest(root: str) -> Iterator[tuple[Manifest, Engine] | None]:
    every = finished(root)
    if not every:
        yield None
        return
    with Engine(os.path.join(root, every[-1].name), _MEMORY, threads=1) as engine:
        yield every[-1], engine


class Coverage(NamedTuple):
    """What the logs of a snapshot cover, and where they say nothing although they should.

    Attributes:
        manifest: of the snapshot.
        spans: by server, host and time; at most 500.
        gaps: likewise.
        problems: what could not be read, how often by code.
    """

    manifest: Manifest
    spans: tuple[SpanRecord, ...]
    gaps: tuple[GapRecord, ...]
    problems: dict[str, int]


def coverage_of(root: str, name: str) -> Coverage:
    """Give what a snapshot covers.

    Raises:
        NoSnapshot: there is none of that name.
        BrokenSnapshot: it cannot be read.
    """
    manifest = latest(root, name)
    with Engine(os.path.join(root, manifest.name), _MEMORY, threads=1) as engine:
        spans = engine.tables["spans"].order_by("server", "host", "first", "file").limit(_MOST)
        gaps = engine.tables["gaps"].order_by("server", "host", "since").limit(_MOST)
        problems = engine.tables["problems"]
        counted = problems.group_by("code").agg(many=problems.count()).order_by("code")
        return Coverage(
            manifest,
            tuple(engine.records(spans, SpanRecord)),
            tuple(engine.records(gaps, GapRecord)),
            {row["code"]: row["many"] for row in engine.table(counted).to_pylist()},
        )
