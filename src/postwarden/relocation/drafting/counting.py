"""Accounting for each copy that an examination saw (pure)."""

from collections.abc import Iterable

from postwarden.relocation.accounting import Counted, Seen
from postwarden.relocation.acts import Repair
from postwarden.verdicts.service import Finding, Verdict

_RIGHT = (Verdict.RIGHTFUL, Verdict.OWN)
_WAYS = ("downloaded", "forwarded", "answered", "copied")
"""Fields of `Exposure`: by these, copies are where no repair reaches."""


def count(seen: Seen, findings: Iterable[Finding], repairs: Iterable[Repair]) -> Counted:
    """Account for each copy that an examination of everything in the window gave.

    Raises:
        ValueError: one is neither right nor planned for, or stands twice.
    """
    found = {one.id: one for one in findings}
    planned = sorted(one.copy.id for one in repairs)
    about = {
        name
        for name, one in found.items()
        if name in {*planned} and (one.leaves_out or one.duplicate_of is not None)
    }
    right = sorted(
        name for name, one in found.items() if one.verdict in _RIGHT and name not in about
    )
    settled = sorted(name for name, one in found.items() if one.settled)
    counted = sorted({*right, *settled, *planned})
    if len(counted) != len(right) + len(settled) + len(planned) or not found.keys() <= set(counted):
        raise ValueError("a copy is not accounted for once")
    ways = {way: sum(_went(found[name], way) for name in planned) for way in _WAYS}
    left_by = {way: many for way, many in ways.items() if many}
    return Counted(seen, tuple(right), tuple(settled), tuple(planned), left_by)


def _went(finding: Finding, way: str) -> bool:
    return finding.wrong and getattr(finding.exposure, way) is True
