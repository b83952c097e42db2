"""The report for people: one self-contained HTML page without script, request or subject line.

Light and dark, printable, readable on a phone. Every text that others wrote passes `visible` and
Jinja's escaping, in that order. Equal input gives equal bytes.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from itertools import chain
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from postwarden.cli.output import figures, times
from postwarden.cli.output.fields import EXPOSURE, citations, cited
from postwarden.cli.output.flowchart import flow_chart
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.timechart import time_chart
from postwarden.verdicts.service import FaultReport, Finding, NextAct, Summary, Verdict, weightiest
from postwarden.words import verdicts as sentences

FAULT_SHOWN = 200
"""Addresses that a wrong map leads elsewhere, listed one by one; the page says how many there are."""

UNEXPLAINED_SHOWN = 500
"""Unexplained copies listed one by one; the page says how many more there are."""


def write_html(
    summary: Summary,
    findings: Iterable[Finding],
    stream: TextIO,
    zone: ZoneInfo,
    fault: FaultReport | None = None,
) -> None:
    """Write the report.

    Args:
        summary: drawn from the same findings.
        findings: in any order; rightful and own copies are not shown.
        stream: open for UTF-8 text.
        zone: the provider's, for the times.
        fault: what a wrong map could have done, where one was named.
    """
    wrong: defaultdict[str, list[Finding]] = defaultdict(list)
    unexplained: list[Finding] = []
    for finding in sorted(findings, key=_order):
        if finding.wrong:
            wrong[finding.account].append(finding)
        elif finding.verdict is Verdict.UNEXPLAINED:
            unexplained.append(finding)
    page = environment().get_template("report.html.j2")
    stream.write(
        page.render(
            summary=summary,
            about=summary.background,
            headline=figures.headline(summary),
            chart=time_chart(summary, zone),
            flows=flow_chart(summary),
            acts=_acts(summary),
            places={holder.account: n for n, holder in enumerate(summary.holders, 1)},
            wrong=wrong,
            unexplained=unexplained[:UNEXPLAINED_SHOWN],
            fault=fault,
            fault_shown=FAULT_SHOWN,
            hidden=max(0, len(unexplained) - UNEXPLAINED_SHOWN),
            zone=times.zone_name(zone),
            full=partial(times.full, zone=zone),
            with_year=partial(times.with_year, zone=zone),
            short=partial(times.short, zone=zone),
        )
    )


def _acts(summary: Summary) -> set[NextAct]:
    due = [holder.next for holder in summary.holders] + [owner.next for owner in summary.owners]
    return set(chain.from_iterable(due))


def _order(finding: Finding) -> tuple[str, int, str]:
    return finding.account, finding.delivered_at or 0, finding.id


@cache
def environment() -> Environment:
    """Give what pages are rendered in: everything that is printed is made visible and escaped."""
    made = Environment(
        loader=PackageLoader("postwarden.cli.output", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        keep_trailing_newline=True,
    )
    made.globals |= {
        "exposure": ("opened", *EXPOSURE),
        "citations": citations,
        "cited": cited,
        "counted": figures.counted,
        "three": figures.three,
        "unknown": figures.unknown,
        "length": times.length,
        "sentence": sentences.sentence,
        "weightiest": weightiest,
        "words": sentences.words,
        "tables": sentences,
    }
    return made


def _shown(value: Any) -> Any:  # noqa: ANN401  # Jinja hands over whatever an expression gave
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
