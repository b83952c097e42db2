"""What a repair is planned from: an examination of everything that a case's accounts have in its time.

Apart from the commands that run repairs, for it loads the engine.
"""

from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from postwarden.cases import service as cases
from postwarden.cli.acting import acting
from postwarden.cli.desk.case_examination import asked
from postwarden.configuration import Configuration
from postwarden.evidence.service import Mailboxes
from postwarden.opened import opened
from postwarden.people.service import member
from postwarden.relocation.drafting.service import (
    Surroundings,
    Wish,
    candidates,
    count,
    known_stores,
    plan,
    stores_of,
)
from postwarden.relocation.service import BY_FILTER, INBOX, Counted, Repair, RepairDesk, Seen
from postwarden.verdicts.service import Question
from postwarden.vocabulary import Moment
from postwarden.wiring import hold_desk

_RIGHT = "rightful"
"""Findings of right copies are of those that say more: that others were left out, or that they are doubled."""


class Asked(NamedTuple):
    """What somebody wants planned, as the command has it."""

    config: str
    who: str | None
    case: str
    period: tuple[Moment | None, Moment | None]
    accounts: tuple[str, ...]
    snapshot: str | None
    clean: bool
    answered: bool
    by_lmtp: bool


def drafted(
    configuration: Configuration, desk: RepairDesk, wanted: Asked
) -> tuple[list[Repair], Counted]:
    """Say what is to be done about each copy that is not right, and count all that were looked at."""
    question = asked(
        wanted.config, wanted.who, wanted.case, Question(*wanted.period, wanted.accounts)
    )
    file = cases.case_file(member(acting(wanted.who)), wanted.case)
    right = {one.account for one in file.findings if one.present and one.verdict == _RIGHT}
    accounts = tuple(sorted({*file.case.accounts, *right}))
    question = replace(question, accounts=question.accounts or accounts)
    wish = Wish(
        folder=BY_FILTER if configuration.relocation.by_filter else INBOX,
        clean=wanted.clean,
        answered=wanted.answered,
        by_lmtp=wanted.by_lmtp,
    )
    return _repairs(configuration, desk, question, wish, wanted.snapshot)


def _repairs(
    configuration: Configuration,
    desk: RepairDesk,
    question: Question,
    wish: Wish,
    snapshot: str | None,
) -> tuple[list[Repair], Counted]:
    """Examine everything that these accounts have in the window, and say what is to be done about it."""
    with opened(configuration, snapshot) as evidence:
        held = Mailboxes(evidence.engine).among(question.accounts)
        question = replace(question, accounts=tuple(sorted(held)), everything=True)
        examination = evidence.examination(configuration)
        found = list(examination.findings(question)) if held else []
        some = candidates(evidence.engine, examination, found)
        digest = sha256(evidence.manifest.to_json().encode()).hexdigest()
        wanted = {account for one in some for account in one.finding.rightful}
        known = known_stores(evidence.engine, wanted)
        seen = Seen(evidence.manifest.name, digest, question.since, question.until)
    preserved = hold_desk(configuration).preserved([one.finding.account for one in some])
    routes = desk.outside.routes
    homes = stores_of(routes, wanted, known, by_lmtp=wish.by_lmtp)
    ways = {store: route.name for store, route in routes.items()}
    around = Surroundings(preserved, homes.stores, ways, homes.several, homes.left)
    repairs = plan(some, around, wish)
    return repairs, count(seen, found, repairs)
