"""What the ledger says that repairs did, for examinations that come after."""

from collections.abc import Iterator
from typing import Any

from postwarden.ledger.service import Ledger, Told, Wanted
from postwarden.relocation.rules import Outcome, Sent
from postwarden.verdicts.service import Citation, Repairs

_TOOK = (Outcome.RELOCATED, Outcome.REMOVED)
_GAVE = (Sent.ARRIVED, Sent.TAKEN)


def repairs(ledger: Ledger) -> Repairs:
    """Read what arrived, was removed or left as its holder's; nothing of accounts whose facts were erased."""
    arrived: dict[tuple[str, str], Citation] = {}
    got: list[tuple[str, str]] = []
    removed: dict[tuple[str, ...], Citation] = {}
    messages: dict[str, tuple[str, str]] = {}
    kept: dict[tuple[str, str], Citation] = {}
    for person, citation, (finding, sent, _, guid) in _told(ledger, "copy.delivered"):
        if sent in _GAVE:
            arrived[person, guid] = citation
            got.append((person, finding))
    for person, citation, copy in _told(ledger, "copy.ended"):
        finding, outcome, *_, guid, message, queue = copy
        if message or queue:
            messages[finding] = message, queue
        if outcome in _TOOK:
            if guid:
                removed[person, guid] = citation
            if queue:
                removed[person, message, queue] = citation
    for person, citation, (finding, guid) in _told(ledger, "copy.kept"):
        kept[person, guid or finding] = citation
    given = frozenset((who, *messages[one]) for who, one in got if one in messages)
    return Repairs(arrived, removed, kept, given)


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
