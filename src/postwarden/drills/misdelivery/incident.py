"""The incident: an alias map is re-imported one line off, and mail comes in, waits and is used."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from postwarden.drills.lab.service import Lab
from postwarden.drills.misdelivery import sending, users
from postwarden.drills.misdelivery.maps import AliasMap, concerned, one_line_off
from postwarden.drills.misdelivery.schedule import Part, Sending, schedule
from postwarden.drills.misdelivery.stock import Letter
from postwarden.drills.misdelivery.truth import Act, How, Truth
from postwarden.vocabulary import Moment

_REPORTS = 2


@dataclass(frozen=True, slots=True)
class Report:
    """A customer noticed mail that is not theirs."""

    account: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened.

    Attributes:
        began: when the wrong map was live.
        ended: when the right one was again, and all that had waited was delivered.
        concerned: accounts that either map leads to where they differ.
        reports: what customers noticed.
        truth: of every copy; for judging only.
    """

    began: Moment
    ended: Moment
    concerned: tuple[str, ...]
    reports: tuple[Report, ...]
    truth: Truth


def play(lab: Lab, letters: Sequence[Letter], seed: int, tell: Callable[[str], None]) -> Incident:
    """Let it happen on a lab that runs; ends with an empty queue.

    Args:
        lab: whose mail programs and servers are used.
        letters: each is sent once.
        seed: equal ones choose equal recipients and acts.
        tell: is told what happens, sentence by sentence.

    Raises:
        LabError: a server did not do what it should.
        NotAsMeant: a mail program did not get what it should.
    """
    table = (lab.root / "tables" / "virtual").read_text()
    right, wrong = AliasMap.of(table), AliasMap.of(one_line_off(table))
    truth = Truth(right, users.REDIRECTS)
    sendings = schedule(len(letters), sorted(lab.passwords), list(right.targets), seed)
    parts = {part: [one for one in sendings if one.part is part] for part in Part}
    users.redirect(lab)
    tell(f"{len(parts[Part.BEFORE]):,} messages arrive by the right map.")
    _deliver(lab, letters, parts[Part.BEFORE], truth, right)
    lab.servers.write_tables({"virtual": one_line_off(table)})
    began = _present()
    tell(f"The alias map is live one line off; {len(parts[Part.DURING]):,} messages arrive.")
    _deliver(lab, letters, parts[Part.DURING], truth, wrong)
    tell("People read, flag, move, copy, delete and download what they find.")
    users.use(lab, truth)
    with sending.parked(lab):
        tell(f"{len(parts[Part.PARKED]):,} more are accepted, and wait.")
        sending.send(lab, letters, parts[Part.PARKED])
        sending.hold_every_other(lab)
        tell("The map is put right; only then what waits is delivered.")
        lab.servers.write_tables({"virtual": table})
    _note(letters, parts[Part.PARKED], truth, wrong)
    ended = _present()
    tell(f"{len(parts[Part.AFTER]):,} messages arrive by the right map again.")
    _deliver(lab, letters, parts[Part.AFTER], truth, right)
    users.answer(lab, truth, users.AT_IMAP[0])
    sending.wait(lab)
    return Incident(began, ended, concerned(right, wrong), _reports(truth), truth)


def _deliver(
    lab: Lab, letters: Sequence[Letter], some: Sequence[Sending], truth: Truth, live: AliasMap
) -> None:
    sending.send(lab, letters, some)
    sending.wait(lab)
    _note(letters, some, truth, live)


def _note(letters: Sequence[Letter], some: Sequence[Sending], truth: Truth, live: AliasMap) -> None:
    for one in some:
        how = How.PARKED if one.part is Part.PARKED else How.DELIVERED
        truth.delivered(letters[one.letter], one.recipients, live, how)


def _reports(truth: Truth) -> tuple[Report, ...]:
    """Let the first holders who opened a strange message report it, one each."""
    noticed = {
        one.account: one.message_id
        for one in reversed(truth.copies)
        if Act.OPENED in one.acts and not one.belongs and not one.else_meant and not one.gone
    }
    return tuple(Report(*one) for one in sorted(noticed.items())[:_REPORTS])


def _present() -> Moment:
    return time.time_ns() // 1_000
