"""What is planned about copies that are right where they lie (pure).

One says that others of its address were left out: they get it from there, and it stays. One was delivered
twice by the server: the superfluous copy, which its holder has not touched, goes into quarantine.
"""

from collections.abc import Collection, Iterable, Iterator

from postwarden.relocation.acts import Goal, Repair
from postwarden.relocation.drafting.weighing import (
    Candidate,
    Surroundings,
    Wish,
    repair_of_one,
    why_left,
)


def about_right_ones(
    candidates: Iterable[Candidate],
    coming: Collection[tuple[str, ...]],
    around: Surroundings,
    wish: Wish,
) -> Iterator[Repair]:
    """Give a repair for each copy about which something is to be said; nothing about the others.

    Args:
        candidates: rightful copies, in the order of holders.
        coming: `Candidate.message` and account of what is delivered from wrong copies.
        around: what is live.
        wish: of whoever asks.
    """
    told = {*coming}
    for one in candidates:
        if one.finding.duplicate_of is not None:
            if one.twin is not None:
                yield repair_of_one(one, (), why_left(one, (), around, wish), around, wish)
            continue
        lacking = [account for account in one.lacking if (*one.message, account) not in told]
        if not lacking:
            continue
        why = why_left(one, lacking, around, wish)
        goals = [Goal(account, around.stores[account]) for account in lacking] if not why else []
        told |= {(*one.message, goal.account) for goal in goals}
        yield repair_of_one(one, lacking, why, around, wish, goals)
