"""What a plan says of one copy, as an act of custody and back (pure)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postwarden.custody.service import Act, Kind
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why

INBOX = "INBOX"
BY_LMTP = "lmtp:"
"""Instead of a store: the account is reached by LMTP alone, which changes header and date."""
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
        why: it is left, and for this reason; None: it is taken away.
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


def act_of(repair: Repair) -> Act:
    """Give the act that a plan has for it: equal repairs give equal acts."""
    kind = Kind.RELOCATE if repair.why is None else Kind.LEAVE
    return Act(kind, repair.copy.account, tuple(_details(repair)))


def _details(repair: Repair) -> Iterator[tuple[str, str]]:
    copy = repair.copy
    yield from (("finding", copy.id), ("store", repair.store))
    yield from (("folder", copy.folder), ("file", copy.file))
    if copy.guid is not None:
        yield "guid", copy.guid
    if copy.uid is not None:
        yield "uid", str(copy.uid)
    yield from (("header", copy.header_hash), ("size", str(repair.size)))
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


def repair_of(act: Act) -> Repair:
    """Read an act; raises `LookupError` or `ValueError` where it is none of ours."""
    one = dict(act.details)
    copy = Wanted(
        id=one["finding"],
        account=act.subject,
        folder=one["folder"],
        file=one["file"],
        guid=one.get("guid"),
        uid=int(one["uid"]) if "uid" in one else None,
        header_hash=one["header"],
    )
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
    )


def _all(act: Act, name: str) -> Iterable[str]:
    return (value for key, value in act.details if key == name)
