"""What the findings come to: counts, flows, accounts concerned, and what cannot be known. Pure.

Purpose: every shell (terminal, HTML report, later the console) tells the same figures.
Input: findings, and the numbers of the examination that findings do not carry (`Background`).
Output: one frozen `Summary`, in one order for equal input; texts are message codes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from postwarden.sources.service import GapRecord, SpanRecord
from postwarden.verdicts.concerned import (
    Flow,
    Holder,
    Opened,
    Owner,
    flows,
    holders,
    left,
    message_of,
    opened_of,
    owners,
)
from postwarden.verdicts.facts import Verdict
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.timeline import Timeline, timeline
from postwarden.vocabulary import Moment

LOGS = ("postfix", "dovecot", "dovecot-events")
"""The logs that an examination can draw on."""


@dataclass(frozen=True, slots=True)
class Background:
    """What the caller knows beside the findings.

    Attributes:
        taken: when the snapshot was taken.
        since: of the question, a time of acceptance; None when it was not limited.
        until: likewise.
        right: rightful copies by time of delivery, or by the start of its minute.
        problems: what could not be read, counted by message code.
        fault: from when until when the wrong map was live, where that is known.
    """

    provider: str
    snapshot: str
    purpose: str
    taken: Moment
    since: Moment | None = None
    until: Moment | None = None
    right: Mapping[Moment, int] = field(default_factory=dict)
    gaps: Sequence[GapRecord] = ()
    spans: Sequence[SpanRecord] = ()
    problems: Mapping[str, int] = field(default_factory=dict)
    fault: tuple[Moment, Moment] | None = None


@dataclass(frozen=True, slots=True)
class LogCoverage:
    """What one kind of log covers; without files, `first` and `last` are None."""

    server: str
    files: int
    lines: int
    understood: int
    first: Moment | None
    last: Moment | None
    gaps: tuple[GapRecord, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures; see the classes above.

    Attributes:
        counts: findings by verdict, every verdict named.
        messages: distinct messages among the wrong copies, told apart by Message-ID or, without
            one, by queue id.
        opened: wrong copies by whether they were opened.
        settled: misdelivered copies that repairs took away; they count as wrong no more.
        lacking: messages of which an owner is known to have no copy of its own.
        left_out: messages whose right copies say that others of their address never got them, and how
            many accounts these are.
        unexplained: unexplained copies by the reason code that weighs most; adds up to their count.
        cannot_know: code and count of each thing the evidence cannot say.
    """

    background: Background
    counts: Mapping[Verdict, int]
    messages: int
    opened: Opened
    settled: int
    lacking: int
    left_out: tuple[int, int]
    flows: tuple[Flow, ...]
    timeline: Timeline
    holders: tuple[Holder, ...]
    owners: tuple[Owner, ...]
    unexplained: tuple[tuple[str, int], ...]
    logs: tuple[LogCoverage, ...]
    problems: tuple[tuple[str, int], ...]
    cannot_know: tuple[tuple[str, int], ...]

    @property
    def wrong(self) -> int:
        """Misdelivered and crossed copies."""
        return self.counts[Verdict.MISDELIVERED] + self.counts[Verdict.CROSSED]

    @property
    def accounts(self) -> int:
        """Accounts concerned, as holders or owners or both."""
        return len({h.account for h in self.holders} | {o.account for o in self.owners})

    @property
    def right(self) -> int:
        """Rightful copies counted in the background."""
        return sum(self.background.right.values())


def summarise(findings: Iterable[Finding], background: Background, zone: ZoneInfo) -> Summary:
    """Draw the summary; `zone` is the provider's, where its hours and days begin."""
    counts = Counter[Verdict]()
    wrong: list[Finding] = []
    leaving: list[Finding] = []
    unexplained = Counter[str]()
    settled = 0
    for finding in findings:
        if finding.settled:
            settled += 1
            continue
        counts[finding.verdict] += 1
        if finding.wrong:
            wrong.append(finding)
        elif finding.verdict is Verdict.UNEXPLAINED:
            unexplained[weightiest(finding)] += 1
        elif finding.leaves_out:
            leaving.append(finding)
    logs = _logs(background)
    return Summary(
        background=background,
        counts={verdict: counts[verdict] for verdict in Verdict},
        messages=len({message_of(f) for f in wrong}),
        opened=opened_of(wrong),
        settled=settled,
        lacking=len({message_of(f) for f in wrong if f.has_rightful_copy is False}),
        left_out=(
            len({message_of(f) for f in leaving}),
            len({account for f in leaving for account in f.lacking}),
        ),
        flows=flows(wrong),
        timeline=timeline(
            background.right,
            (f.delivered_at for f in wrong),
            zone,
            (background.since, background.until),
        ),
        holders=holders(wrong),
        owners=owners(wrong),
        unexplained=_ranked(unexplained),
        logs=logs,
        problems=_ranked(background.problems),
        cannot_know=_cannot_know(wrong, unexplained.total(), background, logs),
    )


WEIGHT = (
    "gap",
    "no-directory",
    "foreign-recipient",
    "list-manager",
    "no-original-recipient",
    "recipients-missing",
    "placed-by-other-user",
    "placed-by-operator",
    "delivered-once",
    "delivered-elsewhere",
    "no-delivery-proof",
)
"""Reason codes of unexplained copies, the one that says most first."""


def weightiest(finding: Finding) -> str:
    """Choose the reason code under which an unexplained copy is counted."""
    codes = [reason.code for reason in finding.reasons]
    named = [code for code in WEIGHT if code in codes]
    return (named or codes[-1:] or ["no-delivery-proof"])[0]


def _logs(background: Background) -> tuple[LogCoverage, ...]:
    named = {span.server for span in background.spans} | {gap.server for gap in background.gaps}
    found = []
    for server in (*LOGS, *sorted(named.difference(LOGS))):
        spans = [span for span in background.spans if span.server == server]
        found.append(
            LogCoverage(
                server=server,
                files=len({span.file for span in spans}),
                lines=sum(span.lines for span in spans),
                understood=sum(span.understood for span in spans),
                first=min((span.first for span in spans), default=None),
                last=max((span.last for span in spans), default=None),
                gaps=tuple(
                    sorted(
                        (gap for gap in background.gaps if gap.server == server),
                        key=lambda gap: (gap.since, gap.until, gap.host, gap.file, gap.line),
                    )
                ),
            )
        )
    return tuple(found)


def _cannot_know(
    wrong: Sequence[Finding],
    unexplained: int,
    background: Background,
    logs: Iterable[LogCoverage],
) -> tuple[tuple[str, int], ...]:
    misdelivered = [f for f in wrong if f.verdict is Verdict.MISDELIVERED]
    counted = [
        ("opened", sum(f.exposure.opened is None for f in wrong)),
        ("listed", sum(f.exposure.listed is None for f in wrong)),
        ("left", sum(_may_have_left(f) for f in wrong)),
        ("owner", sum(not f.rightful for f in misdelivered)),
        ("owner-copy", sum(bool(f.rightful) and f.has_rightful_copy is None for f in wrong)),
        ("time", sum(f.delivered_at is None for f in wrong)),
        ("unexplained", unexplained),
        ("gaps", len(background.gaps)),
        *((f"no-log-{log.server}", int(not log.files)) for log in logs if log.server in LOGS),
        ("problems", sum(background.problems.values())),
    ]
    return tuple((code, count) for code, count in counted if count)


def _may_have_left(finding: Finding) -> bool:
    seen = finding.exposure
    return not left(finding) and None in (seen.downloaded, seen.forwarded, seen.copied)


def _ranked(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
