"""A plan as a diff: of each act from where, to whom, which message, by what way, and why."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from postwarden.cases.service import Found
from postwarden.console.speaking import told as spoken
from postwarden.custody.service import Act, Kind
from postwarden.relocation.service import Repair, repair_of
from postwarden.vocabulary import Moment, from_rfc3339
from postwarden.words.acts import act_lines
from postwarden.words.repairs import arrival_told, way_told, why_told

_HOLDING = {Kind.HOLD: "hold", Kind.RELEASE: "release", Kind.RELEASE_PROVEN: "release"}
_OF_COPIES = frozenset({Kind.RELOCATE, Kind.DELIVER, Kind.DEDUPLICATE, Kind.KEEP, Kind.LEAVE})


class Goes(NamedTuple):
    """Whom a message goes to, where it arrives there, and by what way."""

    account: str
    arrives: str
    way: str


class Change(NamedTuple):
    """An act as a row.

    Attributes:
        sign: "move", "remove", "keep", "leave", "hold", "release" or "other".
        account: where the copy lies, or whose logins it is about.
        folder: of the copy.
        goes: whom the message goes to.
        has: those who have, or had, their own.
        message: its Message-ID.
        at: when it was delivered, where the case knows.
        way: by which the copy is removed.
        why: it is left; "" for what is done.
        finding: id of the copy; "" where there is none.
        known: the case knows the finding.
        lines: the act in words, where it has no columns of its own.
    """

    sign: str
    account: str
    folder: str = ""
    goes: tuple[Goes, ...] = ()
    has: tuple[str, ...] = ()
    message: str = ""
    at: Moment | None = None
    way: str = ""
    why: str = ""
    finding: str = ""
    known: bool = False
    lines: tuple[str, ...] = ()


def findings_of(acts: Sequence[Act]) -> list[str]:
    """Give the ids of the findings that acts are about."""
    return [dict(act.details)["finding"] for act in acts if act.kind in _OF_COPIES]


def changes(acts: Sequence[Act], found: Mapping[str, Found]) -> list[Change]:
    """Give rows for acts.

    Args:
        acts: of one plan.
        found: what the case knows of their copies, by id.
    """
    return [_change(act, found) for act in acts]


def _change(act: Act, found: Mapping[str, Found]) -> Change:
    if act.kind in _HOLDING:
        return Change(_HOLDING[act.kind], act.subject)
    if act.kind not in _OF_COPIES:
        return Change("other", act.subject, lines=tuple(map(spoken, act_lines(act))))
    repair = repair_of(act)
    known = found.get(repair.copy.id)
    return Change(
        sign=_sign(repair),
        account=repair.copy.account,
        folder=repair.copy.folder,
        goes=tuple(
            Goes(
                one.account, spoken(arrival_told(repair, one)), spoken(way_told(repair, one.store))
            )
            for one in repair.goals
        ),
        has=repair.kept,
        message=repair.message,
        at=None if known is None else _delivered(known),
        way=spoken(way_told(repair, repair.store)),
        why="" if repair.why is None else spoken(why_told(repair.why)),
        finding=repair.copy.id,
        known=known is not None,
    )


def _sign(repair: Repair) -> str:
    if repair.why is not None:
        return "leave"
    if repair.stays:
        return "keep"
    return "move" if repair.goals else "remove"


def _delivered(found: Found) -> Moment | None:
    told = found.facts["delivered_at"] or found.facts["accepted_at"]
    return None if told is None else from_rfc3339(told)
