"""What a repair is planned from: an examination of everything that a case's accounts have in its time.

Shells import it where they plan, for it loads the engine.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from postwarden.cases import service as cases
from postwarden.cases.service import Times
from postwarden.configuration import Configuration
from postwarden.evidence.service import Mailboxes
from postwarden.opened import opened
from postwarden.people.service import Member
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
from postwarden.verdicts.service import Finding, Question
from postwarden.vocabulary import Moment
from postwarden.wiring import hold_desk

_RIGHT = "rightful"
"""Findings of right copies are of those that say more: that others were left out, or that they are doubled."""

Watched = Callable[[Iterable[Finding]], Iterable[Finding]]
"""Sees findings as they are found, and gives them on."""


class Asked(NamedTuple):
    """What somebody wants planned.

    Attributes:
        case: reference.
        period: since when and until when; None: as the case says.
        accounts: in these alone; none: in all that the case concerns.
        snapshot: by its name; None: the newest.
        clean: deliver without what the trace says of the wrong mailbox.
        answered: take copies away, too, that their holder has answered.
        by_lmtp: deliver by LMTP to accounts that no other way leads to.
    """

    case: str
    period: tuple[Moment | None, Moment | None] = (None, None)
    accounts: tuple[str, ...] = ()
    snapshot: str | None = None
    clean: bool = False
    answered: bool = False
    by_lmtp: bool = False


def of_case(times: Times, question: Question) -> Question:
    """Give a question as a case asks it: of mail since shortly before it occurred, or as is said."""
    since = times.occurred_from and times.occurred_from - cases.SPARE
    until = times.occurred_to and times.occurred_to + cases.SPARE
    fault = (later(since, question.since), _earlier(until, question.until)) if since else None
    return replace(question, since=question.since or since, widely=True, fault=fault)


def later(one: Moment | None, other: Moment | None) -> Moment | None:
    """Give the later one of what is known."""
    known = [at for at in (one, other) if at is not None]
    return max(known, default=None)


def _earlier(one: Moment | None, other: Moment | None) -> Moment | None:
    known = [at for at in (one, other) if at is not None]
    return min(known, default=None)


def drafted(
    configuration: Configuration,
    desk: RepairDesk,
    who: Member,
    wanted: Asked,
    watched: Watched = iter,
) -> tuple[list[Repair], Counted]:
    """Say what is to be done about each copy that is not right, and count all that were looked at.

    Args:
        configuration: of the installation.
        desk: of repairs.
        who: asks for it.
        wanted: what is to be planned.
        watched: is passed each finding as it is found.

    Raises:
        NoSuchCase, NotAllowed: as cases have them.
        EvidenceError: there is no snapshot that can be asked.
        DirectoryNotWhole: it lacks an address table.
        RelocationError: a store does not say who has a mailbox there.
    """
    file = cases.case_file(who, wanted.case)
    question = of_case(file.case.times, Question(*wanted.period, wanted.accounts))
    right = {one.account for one in file.findings if one.present and one.verdict == _RIGHT}
    accounts = tuple(sorted({*file.case.accounts, *right}))
    question = replace(question, accounts=question.accounts or accounts)
    return _repairs(configuration, desk, question, wanted, watched)


def _repairs(
    configuration: Configuration,
    desk: RepairDesk,
    question: Question,
    wanted: Asked,
    watched: Watched,
) -> tuple[list[Repair], Counted]:
    """Examine everything that these accounts have in the window, and say what is to be done about it."""
    with opened(configuration, wanted.snapshot) as evidence:
        held = Mailboxes(evidence.engine).among(question.accounts)
        question = replace(question, accounts=tuple(sorted(held)), everything=True)
        examination = evidence.examination(configuration)
        found = list(watched(examination.findings(question))) if held else []
        some = candidates(evidence.engine, examination, found)
        digest = sha256(evidence.manifest.to_json().encode()).hexdigest()
        owners = {account for one in some for account in one.finding.rightful}
        known = known_stores(evidence.engine, owners)
        seen = Seen(evidence.manifest.name, digest, question.since, question.until)
    preserved = hold_desk(configuration).preserved([one.finding.account for one in some])
    routes = desk.outside.routes
    homes = stores_of(routes, owners, known, by_lmtp=wanted.by_lmtp)
    ways = {store: route.name for store, route in routes.items()}
    around = Surroundings(preserved, homes.stores, ways, homes.several, homes.left)
    wish = Wish(
        folder=BY_FILTER if configuration.relocation.by_filter else INBOX,
        clean=wanted.clean,
        answered=wanted.answered,
        by_lmtp=wanted.by_lmtp,
    )
    repairs = plan(some, around, wish)
    return repairs, count(seen, found, repairs)
