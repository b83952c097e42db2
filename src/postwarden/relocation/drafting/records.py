"""What the ledger says that repairs did, for examinations that come after."""

from collections.abc import Iterator
from typing import Any

from postwarden.ledger.service import Ledger, Told, Wanted
from postwarden.relocation.rules import Outcome, Sent
from postwarden.verdicts.service import Citation, Repairs

_TOOK = (Outcome.RELOCATED, Outcome.REMOVED)
_GAVE = (Sent.ARRIVED, Sent.TAKEN)


def repairs(ledger: Ledger) -> Repairs:
    """Read what arrived and what was removed; nothing of accounts whose facts were erased."""
    arrived: dict[tuple[str, str], Citation] = {}
    removed: dict[tuple[str, ...], Citation] = {}
    for person, citation, (_, sent, _, guid) in _told(ledger, "copy.delivered"):
        if sent in _GAVE:
            arrived[person, guid] = citation
    for person, citation, copy in _told(ledger, "copy.ended"):
        _, outcome, *_, guid, message, queue = copy
        if outcome in _TOOK:
            if guid:
                removed[person, guid] = citation
            if queue:
                removed[person, message, queue] = citation
    return Repairs(arrived, removed)


def _told(ledger: Ledger, act: str) -> Iterator[tuple[str, Citation, list[Any]]]:
    """Give whom each copy of these entries is about, where it stands, and what is said of it."""
    for one in ledger.entries(Wanted(act=act)):
        for copy in _copies(one):
            yield one.facts["person"], Citation(_place(one), 0), copy


def _copies(one: Told) -> list[list[Any]]:
    return list(one.facts.get("detail", {}).get("copies", ())) if "person" in one.facts else []


def _place(one: Told) -> str:
    where = "not yet placed" if one.place is None else f"entry {one.place}"
    return f"ledger, {where}"
