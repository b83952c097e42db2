"""What is to be done about each copy that an examination found (pure)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from postwarden.relocation.acts import Goal, Repair
from postwarden.relocation.drafting.rightful import about_right_ones
from postwarden.relocation.drafting.sharing import Stray, shared
from postwarden.relocation.drafting.weighing import (
    Candidate,
    Surroundings,
    Wish,
    repair_of_one,
    why_left,
)
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Verdict


def plan(candidates: Iterable[Candidate], around: Surroundings, wish: Wish) -> list[Repair]:
    """Give a repair for each copy, in the order of holders.

    Several wrong copies of one message name the same rightful accounts: each account gets it from the
    first of them that arrives, and from no other (`batch`). A holder to whom the same message was meant
    to come by another of its recipients keeps the wrong one as theirs, or gets one (`sharing`). Who was
    left out gets it from a wrong copy, or where none is taken that goes to them, from a right one that
    stays where it is (`rightful`). Copies are of one message that share Message-ID, the sender's header
    block and what is known of their bodies.
    """
    every = sorted(candidates, key=lambda one: (one.finding.account, one.finding.id))
    ordered = [one for one in every if one.finding.verdict is not Verdict.RIGHTFUL]
    gone: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    messages: defaultdict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for one in ordered:
        if one.copy is None:
            gone[_queue_file(one)].update(one.lacking)
        else:
            messages[one.message].append(one)
    repairs: dict[str, Repair] = {}
    for some in messages.values():
        files = {_queue_file(one) for one in some}
        lacking = {account for file in files if all(file) for account in gone.get(file, ())}
        lacking.update(account for one in some for account in one.lacking)
        for repair in _repairs(some, lacking, around, wish):
            repairs[repair.copy.id] = repair
    for one in ordered:
        if one.finding.id not in repairs:
            why = why_left(one, (), around, wish)
            repairs[one.finding.id] = repair_of_one(one, one.lacking, why, around, wish)
    right = [one for one in every if one.finding.verdict is Verdict.RIGHTFUL]
    coming = {
        (*one.message, goal.account) for one in ordered for goal in repairs[one.finding.id].goals
    }
    repairs |= {one.copy.id: one for one in about_right_ones(right, coming, around, wish)}
    return [repairs[one.finding.id] for one in every if one.finding.id in repairs]


def _queue_file(one: Candidate) -> tuple[str, str]:
    return one.finding.message_id or "", one.finding.queue_id or ""


def _repairs(
    some: Sequence[Candidate], lacking: Collection[str], around: Surroundings, wish: Wish
) -> Iterator[Repair]:
    """Decide about the stored copies of one message, which so many lack."""
    whys = {}
    for one in some:
        theirs = [one.finding.account] if one.finding.account in lacking else []
        whys[one.finding.id] = why_left(one, [*one.lacking, *theirs], around, wish)
    strays = [
        Stray(one.finding.id, one.finding.account, one.lacking, whys[one.finding.id] is not None)
        for one in some
    ]
    shares = shared(strays, lacking)
    for one in some:
        finding = one.finding
        keeps = shares.keepers.get(finding.account) == finding.id
        why = Why.HOLDERS_TOO if keeps else whys[finding.id]
        missing = [account for account in one.lacking if account not in shares.keepers]
        accounts = shares.goals.get(finding.id, missing)
        goals = [Goal(a, around.stores[a]) for a in accounts] if why is None else []
        yield repair_of_one(one, accounts, why, around, wish, goals)
