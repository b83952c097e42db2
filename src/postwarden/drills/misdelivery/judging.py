"""What an examination found, held against the truth (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from postwarden.drills.misdelivery.stock import without_comment
from postwarden.drills.misdelivery.stores import Stored
from postwarden.drills.misdelivery.truth import Act, Copy, How, Truth

Key = tuple[str, str, str | None]
_WRONG = ("misdelivered", "crossed")
_GONE = None
_CUT = "..."


class Kind(StrEnum):
    """What was particular about a wrong copy; one may be of several kinds."""

    PLAIN = "plain"  # none of the others
    PARKED = "parked"
    SECOND_HAND = "second-hand"
    MOVED = "moved"
    COPIED = "copied"
    OPENED = "opened"
    DOWNLOADED = "downloaded"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Count:
    """How many wrong copies of a kind there are or were, and how many of them were found."""

    kind: Kind
    true: int
    found: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an act that holders did to wrong copies which were found.

    Attributes:
        act: what they did.
        done: to so many copies.
        told: of so many it was said.
        denied: of so many it was said that they did not; of the rest, that it is not known.
    """

    act: Act
    done: int
    told: int
    denied: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A wrong copy that was not called so.

    Attributes:
        letter: name in the stock.
        account: the holder.
        folder: where it lies; None: it is gone.
        verdict: what it was called instead; None: nothing was said of it.
        reasons: codes of the reasons for that verdict.
    """

    letter: str
    account: str
    folder: str | None
    verdict: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accused:
    """A copy called wrong that is not, or that never was; `letter` is None for mail not of the drill."""

    letter: str | None
    account: str
    folder: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """An examination against the truth.

    Attributes:
        true: wrong copies that there are, or were until their holder deleted them.
        found: so many of them were called wrong.
        kinds: the same by kind.
        missed: those that were not.
        accused: what was called wrong and is not.
        wrong_owners: copies rightly called wrong whose owners were named wrongly.
        else_meant: copies that came for a recipient who is another, to an account that the message was
            meant for by a further recipient; they may be called either.
        told: what was said of the holders' acts.
    """

    true: int
    found: int
    kinds: tuple[Count, ...]
    missed: tuple[Missed, ...]
    accused: tuple[Accused, ...]
    wrong_owners: int
    else_meant: int
    told: tuple[Told, ...]


def judge(
    truth: Truth, findings: Iterable[Mapping[str, Any]], stored: Iterable[Stored] = ()
) -> Findings:
    """Hold findings against the truth.

    Args:
        truth: of every copy.
        findings: as `examine --format jsonl` prints them.
        stored: what lay in the mailboxes; a finding that names a file is about the message in it, whatever
            other Message-ID that has besides.
    """
    files = {(one.account, one.folder, one.file): one.message_id for one in stored}
    said: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in findings:
        folder = _GONE if finding["gone"] else finding["folder"]
        file = (finding["file"] or "").rpartition("/")[2]
        place = (finding["account"], finding["folder"], file)
        named = files.get(place, finding["message_id"])
        name = _known(truth, without_comment(named or "") or "")
        said[finding["account"], name, folder].append(finding)
    wrong = [one for one in truth.copies if not one.belongs and not one.else_meant]
    pairs, missed = _paired(wrong, said)
    counts = Counter(kind for one in wrong for kind in kinds(one))
    found = Counter(kind for one, _ in pairs for kind in kinds(one))
    return Findings(
        true=len(wrong),
        found=len(pairs),
        kinds=tuple(Count(kind, counts[kind], found[kind]) for kind in Kind),
        missed=tuple(missed),
        accused=_accused(truth, said, Counter(_place(one) for one in wrong)),
        wrong_owners=sum(set(one.owners) != set(told["rightful"]) for one, told in pairs),
        else_meant=sum(one.else_meant for one in truth.copies),
        told=_told(pairs),
    )


def _known(truth: Truth, message_id: str) -> str:
    """Give a Message-ID whole that Dovecot's log cut short: there, of a deleted copy, it stands alone."""
    if message_id in truth.names or not message_id.endswith(_CUT):
        return message_id
    whole = [one for one in truth.names if one.startswith(message_id.removesuffix(_CUT))]
    return whole[0] if len(whole) == 1 else message_id


def kinds(copy: Copy) -> tuple[Kind, ...]:
    """Say what is particular about a copy."""
    by_act = {
        Act.MOVED: Kind.MOVED,
        Act.OPENED: Kind.OPENED,
        Act.DOWNLOADED: Kind.DOWNLOADED,
    }
    by_way = {
        How.PARKED: Kind.PARKED,
        How.REDIRECTED: Kind.SECOND_HAND,
        How.COPIED: Kind.COPIED,
    }
    found = {by_act[act] for act in copy.acts if act in by_act}
    found |= {by_way[copy.how]} if copy.how in by_way else set()
    found |= {Kind.DELETED} if copy.gone else set()
    return tuple(sorted(found)) or (Kind.PLAIN,)


def _place(copy: Copy) -> Key:
    return copy.account, copy.message_id, _GONE if copy.gone else copy.folder


def _paired(
    wrong: Sequence[Copy], said: Mapping[Key, Sequence[Mapping[str, Any]]]
) -> tuple[list[tuple[Copy, Mapping[str, Any]]], list[Missed]]:
    """Give each wrong copy a finding of its place that calls it so, as far as there are any."""
    left = {key: [one for one in some if one["verdict"] in _WRONG] for key, some in said.items()}
    pairs, missed = [], []
    for one in wrong:
        place = _place(one)
        if left.get(place):
            pairs.append((one, left[place].pop(0)))
            continue
        others = [told for told in said.get(place, ()) if told["verdict"] not in _WRONG]
        verdict = others[0]["verdict"] if others else None
        reasons = tuple(reason["code"] for reason in others[0]["reasons"]) if others else ()
        missed.append(Missed(one.letter, one.account, place[2], verdict, reasons))
    return pairs, missed


def _accused(
    truth: Truth, said: Mapping[Key, Sequence[Mapping[str, Any]]], true: Counter[Key]
) -> tuple[Accused, ...]:
    """Give a row for each copy called wrong beyond those that are, or may be called either."""
    either = Counter(_place(one) for one in truth.copies if one.else_meant)
    found = []
    for place, some in said.items():
        account, name, folder = place
        more = sum(one["verdict"] in _WRONG for one in some) - true[place] - either[place]
        found += [Accused(truth.names.get(name), account, folder)] * max(0, more)
    return tuple(sorted(found, key=lambda one: (one.account, one.letter or "", one.folder or "")))


def _told(pairs: Sequence[tuple[Copy, Mapping[str, Any]]]) -> tuple[Told, ...]:
    found = []
    for act in (Act.OPENED, Act.DOWNLOADED, Act.MOVED, Act.COPIED, Act.REDIRECTED, Act.ANSWERED):
        values = [_said_of(act, told) for one, told in pairs if act in one.acts]
        found.append(Told(act, len(values), values.count(True), values.count(False)))
    return tuple(found)


def _said_of(act: Act, told: Mapping[str, Any]) -> bool | None:
    if act is Act.OPENED:
        value = told["opened"]
    else:
        value = told["exposure"]["forwarded" if act is Act.REDIRECTED else act.value]
    return None if value is None else bool(value)
