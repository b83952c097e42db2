"""Entries of the ledger as lines and documents."""

import json
from typing import Any

from postwarden.cli.output.hostile import visible
from postwarden.ledger.service import Told
from postwarden.vocabulary import rfc3339

_LONGEST = 300  # characters of a text on a line


def line(one: Told) -> str:
    """Give an entry as one line: place, time, act, who, on what, and why."""
    facts = one.facts
    told = [
        f"{'-' if one.place is None else one.place}",
        rfc3339(one.at),
        one.act,
        facts.get("actor", "?"),
        f"case {one.case}" if one.case else "",
        facts.get("person", ""),
        f"plan {facts['plan'][:12]}" if "plan" in facts else "",
        _cut(facts.get("why", "")),
        _cut(json.dumps(facts["detail"], ensure_ascii=False)) if "detail" in facts else "",
        "(erased)" if one.erased else "",
        "(changed: run `postwarden verify`)" if one.changed else "",
    ]
    return "  ".join(visible(str(part)) for part in told if part)


def as_document(one: Told) -> dict[str, Any]:
    """Give an entry for programs; what cannot be read is not there."""
    return {
        "entry": one.place,
        "at": rfc3339(one.at),
        "act": one.act,
        "case": one.case or None,
        **one.facts,
        "erased": one.erased,
        "changed": one.changed,
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
