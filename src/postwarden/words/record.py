"""Sentences about the record: whether it is still what was written."""

from collections.abc import Iterable, Sequence

from postwarden.ledger.service import Fault, Outside, Stamp, Verification
from postwarden.vocabulary import counted, rfc3339, said

_MOST = 10
_SENTENCES = {
    "entry": said("was changed after it was written"),
    "payload": said("has sealed facts that were changed"),
    "missing": said("is missing"),
    "surplus": said("is covered by no tree head, though heads are signed with their entries"),
    "key": said("has lost the key of its facts, and no entry says that it was erased"),
    "head": said(
        "does not fit a signed tree head: it, or one up to the last one named, was changed"
    ),
    "anchor": said("what an anchor holds is no tree head of this ledger"),
}


def verified(found: Verification) -> list[str]:
    """Say what was found; the first bad entry comes first."""
    lines: list[str] = [_fault(fault) for fault in found.faults[:_MOST]]
    if len(found.faults) > len(lines):
        lines.append(said("… and {n} more.", n=len(found.faults) - len(lines)))
    if not found.faults:
        lines.append(said("All {n} entries are as they were written.", n=found.entries))
    if found.erased:
        lines.append(said("{n} payloads were erased on record; their proofs hold.", n=found.erased))
    if found.tail:
        lines.append(
            said(
                "Not anchored yet: the last {n} entries. Whoever is root here could still rewrite"
                " them; nothing outside would show it.",
                n=found.tail,
            )
        )
    return lines


def anchors(outside: Outside) -> list[str]:
    """Say what anchors no longer hold, and which were not asked."""
    lines: list[str] = []
    for name, lost in outside.lost.items():
        first = min(lost)
        lines.append(
            counted(
                "BAD: {name} no longer holds {n} tree head written there, the first one of {first}"
                " entries at {at}",
                "BAD: {name} no longer holds {n} tree heads written there, the first one of {first}"
                " entries at {at}",
                len(lost),
                name=name,
                first=first,
                at=rfc3339(lost[first]),
            )
        )
    lines += [said("Not asked: {trouble}", trouble=trouble) for trouble in outside.away]
    return lines + [
        said(
            "Not asked: {name}: heads were written there; postwarden.toml does not name it any more.",
            name=name,
        )
        for name in outside.unnamed
    ]


def stamps(given: Sequence[Stamp]) -> list[str]:
    """Say what stamps prove: that what the head covers is as old as that, or older."""
    lines: list[str] = [
        said(
            "BAD: the time stamp of the first {n} entries proves nothing: {why}",
            n=one.size,
            why=one.why,
        )
        for one in given
        if one.at is None
    ]
    proven = [(one.size, one.at) for one in given if one.at is not None]
    if proven:
        size, at = max(proven)
        lines.append(
            said(
                "Time-stamped: the first {n} entries were there as they are at {at} ({stamps} stamps"
                " in all).",
                n=size,
                at=rfc3339(at),
                stamps=len(proven),
            )
        )
    return lines


def faults(found: Sequence[str], of: str) -> Iterable[str]:
    """Say what else is bad, the first few, and how much more there is of it."""
    lines = [f"BAD: {fault}" for fault in found[:_MOST]]
    return [*lines, *([f"… and {len(found) - _MOST} more of {of}."] if len(found) > _MOST else [])]


def _fault(fault: Fault) -> str:
    if fault.code == "anchor":
        return said("BAD: {what}", what=_SENTENCES[fault.code])
    place = (
        said("entry {first}", first=fault.first)
        if fault.first == fault.last
        else said(
            "entry {first} (or a later one, up to {last})", first=fault.first, last=fault.last
        )
    )
    return said("BAD: {place} {what}", place=place, what=_SENTENCES[fault.code])
