"""What a plan says of one copy, as an act of custody and back (pure)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postwarden.custody.service import Act, Kind
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why

INBOX = "INBOX"
BY_LMTP = "lmtp:"
"""Instead of a store: the account is reached by LMTP alone, which changes header and date."""
_TWIN = "twin"
BY_FILTER = ""
"""Instead of a folder: where the owner's own filter files it."""


class Goal(NamedTuple):
    """A rightful account that is to get the message, and the store of its mailbox."""

    account: str
    store: str


class Repair(NamedTuple):
    """What is to be done about one copy.

    Attributes:
        copy: which one.
        store: whose it lies in.
        size: in bytes, as evidence knew it.
        goals: who gets it.
        kept: rightful accounts that have, or had, their own.
        folder: where it arrives; `BY_FILTER`: where each owner's filter says.
        clean: without what its trace says of the wrong holder.
        message: its Message-ID, "" where it has none.
        queue: id of the queue file it was delivered from; "" where it is not known.
        why: it is left, and for this reason; None: something is done.
        stays: it is right where it lies and stays there; only those get it who were left out.
        twin: of one that the server delivered twice: the other one, of the same holder, which stays.
        ways: by store, the name of the route that what is planned goes by.
    """

    copy: Wanted
    store: str
    size: int
    goals: tuple[Goal, ...] = ()
    kept: tuple[str, ...] = ()
    folder: str = INBOX
    clean: bool = False
    message: str = ""
    queue: str = ""
    why: Why | None = None
    stays: bool = False
    twin: Wanted | None = None
    ways: tuple[tuple[str, str], ...] = ()


def act_of(repair: Repair) -> Act:
    """Give the act that a plan has for it: equal repairs give equal acts."""
    return Act(_kind(repair), repair.copy.account, tuple(_details(repair)))


def _kind(repair: Repair) -> Kind:
    if repair.why is not None:
        return Kind.KEEP if repair.why is Why.HOLDERS_TOO else Kind.LEAVE
    if repair.stays:
        return Kind.DELIVER
    return Kind.RELOCATE if repair.twin is None else Kind.DEDUPLICATE


def _details(repair: Repair) -> Iterator[tuple[str, str]]:
    copy = repair.copy
    yield from (("finding", copy.id), ("store", repair.store))
    yield from _place(copy, "")
    yield from (("header", copy.header_hash), ("size", str(repair.size)))
    if repair.stays:
        yield "copy", "stays"
    if repair.twin is not None:
        yield _TWIN, repair.twin.id
        yield from _place(repair.twin, f"{_TWIN}-")
    if repair.message:
        yield "message", repair.message
    if repair.queue:
        yield "queue", repair.queue
    if repair.why is not None:
        yield "left", repair.why.value
    for goal in repair.goals:
        yield from (("deliver", goal.account), ("in", goal.store))
    yield from (("has-own", account) for account in repair.kept)
    if repair.goals:
        yield "arrives", repair.folder
        yield "trace", "clean" if repair.clean else "as-is"
    for store, way in repair.ways:
        yield from (("store-of-way", store), ("by", way))


def _place(copy: Wanted, prefix: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{prefix}folder", copy.folder), (f"{prefix}file", copy.file))
    if copy.guid is not None:
        yield f"{prefix}guid", copy.guid
    if copy.uid is not None:
        yield f"{prefix}uid", str(copy.uid)


def repair_of(act: Act) -> Repair:
    """Read an act; raises `LookupError` or `ValueError` where it is none of ours."""
    one = dict(act.details)
    copy = _wanted(act, one["finding"], "")
    goals = zip(_all(act, "deliver"), _all(act, "in"), strict=True)
    return Repair(
        copy=copy,
        store=one["store"],
        size=int(one["size"]),
        goals=tuple(Goal(*goal) for goal in goals),
        kept=tuple(_all(act, "has-own")),
        folder=one.get("arrives", INBOX),
        clean=one.get("trace") == "clean",
        message=one.get("message", ""),
        queue=one.get("queue", ""),
        why=Why(one["left"]) if "left" in one else None,
        stays=one.get("copy") == "stays",
        twin=_wanted(act, one[_TWIN], f"{_TWIN}-") if _TWIN in one else None,
        ways=ways_of(act),
    )


def ways_of(act: Act) -> tuple[tuple[str, str], ...]:
    """Read, by store, the name of the route that an act goes by."""
    return tuple(zip(_all(act, "store-of-way"), _all(act, "by"), strict=True))


def _wanted(act: Act, name: str, prefix: str) -> Wanted:
    one = dict(act.details)
    uid = one.get(f"{prefix}uid")
    return Wanted(
        id=name,
        account=act.subject,
        folder=one[f"{prefix}folder"],
        file=one[f"{prefix}file"],
        guid=one.get(f"{prefix}guid"),
        uid=None if uid is None else int(uid),
        header_hash=one["header"],
    )


def _all(act: Act, name: str) -> Iterable[str]:
    return (value for key, value in act.details if key == name)
