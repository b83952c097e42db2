"""Sentences about the record: whether it is still what was written."""

from collections.abc import Iterable, Sequence

from postwarden.ledger.service import Fault, Outside, Stamp, Verification
from postwarden.vocabulary import rfc3339

_MOST = 10
_SENTENCES = {
    "entry": "was changed after it was written",
    "payload": "has sealed facts that were changed",
    "missing": "is missing",
    "surplus": "is covered by no tree head, though heads are signed with their entries",
    "key": "has lost the key of its facts, and no entry says that it was erased",
    "head": "does not fit a signed tree head: it, or one up to the last one named, was changed",
    "anchor": "what an anchor holds is no tree head of this ledger",
}


def verified(found: Verification) -> list[str]:
    """Say what was found; the first bad entry comes first."""
    lines = [_fault(fault) for fault in found.faults[:_MOST]]
    if len(found.faults) > len(lines):
        lines.append(f"… and {len(found.faults) - len(lines)} more.")
    if not found.faults:
        lines.append(f"All {found.entries} entries are as they were written.")
    if found.erased:
        lines.append(f"{found.erased} payloads were erased on record; their proofs hold.")
    if found.tail:
        lines.append(
            f"Not anchored yet: the last {found.tail} entries. Whoever is root here could still"
            " rewrite them; nothing outside would show it."
        )
    return lines


def anchors(outside: Outside) -> list[str]:
    """Say what anchors no longer hold, and which were not asked."""
    lines = []
    for name, lost in outside.lost.items():
        first, count = min(lost), f"{len(lost)} tree head{'' if len(lost) == 1 else 's'}"
        lines.append(
            f"BAD: {name} no longer holds {count} written there, the first one of {first} entries at"
            f" {rfc3339(lost[first])}"
        )
    lines += [f"Not asked: {trouble}" for trouble in outside.away]
    return lines + [
        f"Not asked: {name}: heads were written there; postwarden.toml does not name it any more."
        for name in outside.unnamed
    ]


def stamps(given: Sequence[Stamp]) -> list[str]:
    """Say what stamps prove: that what the head covers is as old as that, or older."""
    lines = [
        f"BAD: the time stamp of the first {one.size} entries proves nothing: {one.why}"
        for one in given
        if one.at is None
    ]
    proven = [(one.size, one.at) for one in given if one.at is not None]
    if proven:
        size, at = max(proven)
        lines.append(
            f"Time-stamped: the first {size} entries were there as they are at {rfc3339(at)}"
            f" ({len(proven)} stamps in all)."
        )
    return lines


def faults(found: Sequence[str], of: str) -> Iterable[str]:
    """Say what else is bad, the first few, and how much more there is of it."""
    lines = [f"BAD: {fault}" for fault in found[:_MOST]]
    return [*lines, *([f"… and {len(found) - _MOST} more of {of}."] if len(found) > _MOST else [])]


def _fault(fault: Fault) -> str:
    if fault.code == "anchor":
        return f"BAD: {_SENTENCES[fault.code]}"
    place = (
        f"entry {fault.first}"
        if fault.first == fault.last
        else f"entry {fault.first} (or a later one, up to {fault.last})"
    )
    return f"BAD: {place} {_SENTENCES[fault.code]}"
