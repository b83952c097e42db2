"""Findings as a table for spreadsheets: CSV (RFC 4180), UTF-8, with a header row."""

import csv
from collections.abc import Iterable
from typing import TextIO

from postwarden.cli.output.fields import EXPOSURE, citations, cited, fields
from postwarden.cli.output.hostile import visible
from postwarden.verdicts.service import Finding
from postwarden.words.verdicts import sentence

COLUMNS = (
    *("account", "copy", "store", "folder", "file", "message_id", "verdict", "rightful"),
    *("original_recipient", "original_recipients", "queue_id", "accepted_at", "delivered_at"),
    *("has_rightful_copy", "lacking", "opened", *EXPOSURE, "second_hand", "other_message", "gone"),
    "settled",
    "duplicate_of",
    *("reasons", "sentences", "citations"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(findings: Iterable[Finding], stream: TextIO) -> None:
    """Write a row for each finding, as they come; open the stream with newline="".

    Lists are joined with a space; true, false and nothing (not known) stand for the three values.
    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for finding in findings:
        facts = fields(finding)
        facts |= facts["exposure"]
        facts["reasons"] = [reason.code for reason in finding.reasons]
        facts["sentences"] = [sentence(reason) for reason in finding.reasons]
        facts["citations"] = [
            cited(citation).replace(" ", "_")
            for reason in finding.reasons
            for citation in citations(reason)
        ]
        writer.writerow([_cell(facts[column]) for column in COLUMNS])


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            text = " ".join(map(str, value))
        case _:
            text = str(value)
    return visible(f"'{text}" if text.startswith(_FORMULA) else text)
