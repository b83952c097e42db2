"""That wrong copies were left to holders who are meant, too, as their own: for the record (pure)."""

from collections import defaultdict

from postwarden.custody.service import Kind, Plan
from postwarden.ledger.service import Entry
from postwarden.relocation.acts import repair_of


def kept_entries(plan: Plan, actor: str) -> list[Entry]:
    """Give an entry for each such holder, with finding and guid of every copy that an approved plan leaves them.

    Args:
        plan: of repairs, which begins.
        actor: who begins it.
    """
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for act in plan.acts:
        if act.kind is Kind.KEEP:
            copy = repair_of(act).copy
            found[act.subject].append([copy.id, copy.guid or ""])
    return [
        Entry(
            "copy.kept",
            actor,
            case=plan.case,
            person=person,
            plan=plan.hash,
            detail={"copies": copies},
        )
        for person, copies in found.items()
    ]
