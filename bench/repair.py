"""Repairs on real mailboxes, beside moving the same copies by bare commands of doveadm."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bench.astray import Office, Stored, office
from bench.provider import measured
from bench.rows import Row, at_least, at_most
from postwarden.drills.lab.service import MissingServers, Store
from postwarden.relocation.service import content_hash
from postwarden.servers.dovecot.api import Answer, Asked, Failure
from postwarden.servers.dovecot.stored import uid_set

_COPIES, _FEWER, _PAIRS = 5_000, 1_000, 50
_SMALL, _FEW_PAIRS = 20, 4
_MOST_OF_BARE, _MOST_GROWTH = 0.5, 1.1
_BYTES_AT_ONCE = 16 * 1024 * 1024  # of messages in an answer


class Ran(NamedTuple):
    """What `postwarden plan run` took."""

    seconds: float
    mebibytes: float
    arrived: int


def repair(*, small: bool) -> Iterator[Row]:
    """Move copies by doveadm, then repair equal ones, by each route; small: on Maildirs alone."""
    try:
        for store in (Store.MAILDIR,) if small else Store:
            with office(store, _FEW_PAIRS if small else _PAIRS) as there:
                yield from _on(there, _SMALL if small else _COPIES)
    except MissingServers as error:
        print(f"repair: not measured: {error}", file=sys.stderr)


def _on(there: Office, copies: int) -> Iterator[Row]:
    ways = ["dovecot", "maildir"] if there.lab.store is Store.MAILDIR else ["dovecot"]
    for way in ways:
        what = f"repair: {there.lab.store}, {copies:,}"
        bare = copies / _timed(lambda some: _moved(there, some), there.fill(copies))
        read = copies / _timed(lambda some: _moved_reading(there, some), there.fill(copies))
        many = _ran(there, way, copies)
        rate = copies / many.seconds
        yield Row(f"{what}, doveadm fetch + copy + fetch + expunge by UID", bare, "copies/s")
        yield Row(f"{what}, the same with the bytes fetched", read, "copies/s")
        what += f", route {way}"
        yield Row(f"{what}, moved", many.arrived, "copies", f"= {copies:,}", many.arrived == copies)
        yield Row(f"{what}, plan run", rate, "copies/s")
        yield at_least(f"{what}, of doveadm with bytes", rate / read, "x", _MOST_OF_BARE)
        yield at_least(f"{what}, of doveadm by UID", rate / bare, "x", _MOST_OF_BARE)
        yield Row(f"{what}, resident memory at most", many.mebibytes, "MiB")
        if copies > _FEWER:
            growth = many.mebibytes / _ran(there, way, _FEWER).mebibytes
            yield at_most(f"{what}, memory, of that for {_FEWER:,}", growth, "x", _MOST_GROWTH)


def _timed(work: Callable[[Sequence[Stored]], None], some: Sequence[Stored]) -> float:
    began = time.perf_counter()
    work(some)
    return time.perf_counter() - began


def _ran(there: Office, way: str, count: int) -> Ran:
    """Run an approved plan in a process of its own, from its start to its end."""
    some = there.fill(count)
    plan = there.approved(some)
    config = there.through_dovecot if way == "dovecot" else there.lab.config
    took = measured(there.lab, "plan", "run", plan, config=config)
    return Ran(*took, there.arrived())


def _moved(there: Office, some: Sequence[Stored]) -> None:
    """Find, copy, look whether it is there, and expunge: in four requests for all accounts."""
    found = there.ask(_fetches(some, ["uid", "guid", "size.virtual"]))
    there.ask(_copies(some))
    came = there.ask([_all_of(one, ["uid", "guid", "size.virtual"]) for one in _owners(some)])
    if _sizes(found) != _sizes(came):
        raise RuntimeError("doveadm copy: not all arrived")
    there.ask(_expunges(some))


def _moved_reading(there: Office, some: Sequence[Stored]) -> None:
    """The same, reading and comparing the bytes before and after; accounts of 16 MiB in a request."""
    found: list[str] = []
    came: list[str] = []
    for few in _portions(some):
        found += _hashes(there.ask(_fetches(few, ["uid", "text"])))
    there.ask(_copies(some))
    for few in _portions(some):
        came += _hashes(there.ask([_all_of(one, ["uid", "text"]) for one in _owners(few)]))
    if sorted(found) != sorted(came):
        raise RuntimeError("doveadm copy: not all arrived as they were")
    there.ask(_expunges(some))


def _by_holder(some: Sequence[Stored]) -> dict[tuple[str, str], list[Stored]]:
    found: dict[tuple[str, str], list[Stored]] = {}
    for one in some:
        found.setdefault((one.pair.holder, one.pair.owner), []).append(one)
    return found


def _portions(some: Sequence[Stored]) -> Iterator[list[Stored]]:
    portion: list[Stored] = []
    for theirs in _by_holder(some).values():
        portion += theirs
        if sum(len(one.content) for one in portion) > _BYTES_AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _owners(some: Sequence[Stored]) -> list[str]:
    return [owner for _, owner in _by_holder(some)]


def _query(some: Sequence[Stored]) -> list[str]:
    return ["mailbox", "INBOX", "uid", uid_set(one.uid for one in some)]


def _fetches(some: Sequence[Stored], fields: list[str]) -> list[Asked]:
    return [
        ("fetch", {"user": holder, "field": fields, "query": _query(theirs)})
        for (holder, _), theirs in _by_holder(some).items()
    ]


def _all_of(account: str, fields: list[str]) -> Asked:
    query = ["mailbox", "INBOX", "all"]
    return "fetch", {"user": account, "field": fields, "query": query}


def _copies(some: Sequence[Stored]) -> list[Asked]:
    return [
        (
            "copy",
            {
                "user": owner,
                "destinationMailbox": "INBOX",
                "sourceType": "user",
                "sourceUser": holder,
                "query": _query(theirs),
            },
        )
        for (holder, owner), theirs in _by_holder(some).items()
    ]


def _expunges(some: Sequence[Stored]) -> list[Asked]:
    return [
        ("expunge", {"user": holder, "query": _query(theirs)})
        for (holder, _), theirs in _by_holder(some).items()
    ]


def _sizes(answers: Sequence[Answer]) -> list[str]:
    return sorted(row["size.virtual"] for row in _rows(answers))


def _hashes(answers: Sequence[Answer]) -> list[str]:
    return [content_hash(row["text"].encode()) for row in _rows(answers)]


def _rows(answers: Sequence[Answer]) -> Iterator[dict[str, str]]:
    for answer in answers:
        if not isinstance(answer, Failure):
            yield from answer
