"""The facts of the after-action report: computed from the truth, the stores and what commands printed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from postwarden.drills.misdelivery.conduct import Done
from postwarden.drills.misdelivery.ending import Ending
from postwarden.drills.misdelivery.incident import Incident
from postwarden.drills.misdelivery.judging import Findings
from postwarden.drills.misdelivery.truth import Truth
from postwarden.vocabulary import rfc3339


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who was held and released.

    Attributes:
        all: accounts of the lab.
        held: by the case.
        proven: released by proof.
        released: by the end, those by proof included.
        proven_wrongly: released by proof though a wrong copy lay there, sorted.
        not_held: holders of a wrong copy who were not held, sorted.
        let_in_though_held: by IMAP with their password, while they were held; sorted.
        kept_out_though_free: by IMAP with their password, not held or released; sorted.
    """

    all: int
    held: int
    proven: int
    released: int
    proven_wrongly: tuple[str, ...]
    not_held: tuple[str, ...]
    let_in_though_held: tuple[str, ...]
    kept_out_though_free: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the report says.

    Attributes:
        seed: of the drill.
        messages: sent.
        copies: stored of them, those that users deleted included.
        began: when the wrong map was live, RFC 3339 in UTC.
        ended: when it was put right and all that waited was delivered.
        prepared: seconds of the incident itself.
        case: reference.
        findings: of the examination after the hold.
        accounts: who was held and released.
        ending: where all messages are in the end.
        steps: of the case.
    """

    seed: int
    messages: int
    copies: int
    began: str
    ended: str
    prepared: float
    case: str
    findings: Findings
    accounts: Accounts
    ending: Ending
    steps: tuple[Done, ...]

    @property
    def went_well(self) -> bool:
        """Whether nothing was accused, released, lost, doubled or changed that should not have been."""
        return not (
            self.findings.accused
            or self.accounts.proven_wrongly
            or self.accounts.let_in_though_held
            or self.accounts.kept_out_though_free
            or self.ending.wrong
        )

    def as_json(self) -> dict[str, Any]:
        """Give the report as programs read it; keys are added, never changed."""
        return asdict(self) | {"went_well": self.went_well}


class Look(NamedTuple):
    """Who was held, by what `holds --json` printed, and whom IMAP let in at that time."""

    held: frozenset[str]
    let_in: frozenset[str]


def accounts(
    truth: Truth, every: Iterable[str], held: Look, waiting: frozenset[str], in_the_end: Look
) -> Accounts:
    """Count who was held and released, from what was seen after the hold and in the end.

    Args:
        truth: of every copy.
        every: account of the lab.
        held: seen after the hold.
        waiting: who was held after the release by proof.
        in_the_end: seen after the last release.
    """
    first, then, last = held.held, waiting, in_the_end.held
    strange = {one.account for one in _strange(truth)}
    free = [frozenset(every) - look.held - look.let_in for look in (held, in_the_end)]
    return Accounts(
        all=len(set(every)),
        held=len(first),
        proven=len(first - then),
        released=len(first - last),
        proven_wrongly=tuple(sorted((first - then) & strange)),
        not_held=tuple(sorted(strange - first)),
        let_in_though_held=tuple(sorted(first & held.let_in | last & in_the_end.let_in)),
        kept_out_though_free=tuple(sorted(frozenset().union(*free))),
    )


def reports(incident: Incident) -> list[Mapping[str, str]]:
    """Give what customers noticed, as values of the step that notes it."""
    return [asdict(one) for one in incident.reports]


def times(incident: Incident) -> dict[str, str]:
    """Give when it was, as commands take it."""
    return {"began": rfc3339(incident.began), "ended": rfc3339(incident.ended)}


def _strange(truth: Truth) -> Iterable[Any]:
    return (one for one in truth.copies if not one.gone and not one.belongs and not one.else_meant)


def listed(lines: str) -> frozenset[str]:
    """Give the accounts that `holds --json` printed."""
    return frozenset(json.loads(line)["account"] for line in lines.splitlines())
