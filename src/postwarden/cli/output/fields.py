"""One finding as the flat facts that programs read: the same names and order in jsonl and csv."""

from typing import Any

from postwarden.cli.output.times import machine
from postwarden.verdicts.service import Citation, Finding, Reason
from postwarden.words.verdicts import sentence

EXPOSURE = ("downloaded", "answered", "forwarded", "copied", "moved", "listed")
_HEADER = "header "


def fields(finding: Finding) -> dict[str, Any]:
    """Give the finding as JSON values; times are RFC 3339 in UTC, None is not known."""
    seen = finding.exposure
    return {
        "account": finding.account,
        "copy": finding.id,
        "store": finding.store,
        "folder": finding.folder,
        "file": finding.file,
        "message_id": finding.message_id,
        "verdict": finding.verdict.value,
        "rightful": list(finding.rightful),
        "original_recipient": finding.original_recipient,
        "original_recipients": list(finding.original_recipients),
        "queue_id": finding.queue_id,
        "accepted_at": machine(finding.accepted_at),
        "delivered_at": machine(finding.delivered_at),
        "has_rightful_copy": finding.has_rightful_copy,
        "lacking": list(finding.lacking),
        "opened": seen.opened,
        "exposure": {name: getattr(seen, name) for name in EXPOSURE},
        "second_hand": finding.second_hand,
        "other_message": finding.other_message,
        "gone": finding.gone,
        "settled": finding.settled,
        "duplicate_of": finding.duplicate_of,
        "reasons": [_reason(reason) for reason in finding.reasons],
    }


def cited(citation: Citation) -> str:
    """Name the place a fact was read: "FILE:LINE", or "header NAME"."""
    return f"{citation.file}:{citation.line}" if citation.line else citation.file


def citations(reason: Reason) -> list[Citation]:
    """Give where the reason can be looked up, each place once."""
    return list(dict.fromkeys(reason.citations))


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "sentence": sentence(reason),
        "citations": [_citation(citation) for citation in citations(reason)],
    }


def _citation(citation: Citation) -> dict[str, Any]:
    if citation.line == 0 and citation.file.startswith(_HEADER):
        return {"header": citation.file.removeprefix(_HEADER)}
    return {"file": citation.file, "line": citation.line}
