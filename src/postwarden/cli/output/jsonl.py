"""Findings for programs: one JSON object (RFC 8259) a line, UTF-8."""

import json
from collections.abc import Iterable
from typing import TextIO

from postwarden.cli.output.fields import fields
from postwarden.cli.output.hostile import escaped, visible
from postwarden.verdicts.service import FaultReport, Finding, Verdict


def write_jsonl(
    findings: Iterable[Finding], stream: TextIO, fault: FaultReport | None = None
) -> None:
    r"""Write one object a line, as findings come.

    Characters that act on a terminal are escaped as `\uXXXX` (surrogate pairs above U+FFFF), so
    that a reader of JSON gets the very text that was found. Only a byte that was no UTF-8 becomes
    the text `\xNN`, since lone surrogates are no interoperable JSON (RFC 8259 section 8.2).

    Where a wrong map was named, misdelivered copies say as `explained_by_fault` whether it explains
    them.
    """
    other_causes = frozenset(fault.unexplained) if fault else frozenset()
    for finding in findings:
        told = fields(finding)
        if fault is not None and finding.verdict is Verdict.MISDELIVERED:
            told["explained_by_fault"] = finding.id not in other_causes
        line = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        stream.write(escaped(line, _escape) + "\n")


def _escape(character: str) -> str:
    lone = "\ud800" <= character <= "\udfff"
    return json.dumps(visible(character) if lone else character)[1:-1]
