"""A case as a signed bundle that anyone can check offline; `ledger.check` has its format."""

import json
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256

from django.db import transaction

from postwarden.cases.desk import Actor, Desk, may
from postwarden.cases.hiding import SPLIT_FROM, hidden, names_hidden, parted
from postwarden.cases.keeping import Deed, frozen, locked, record
from postwarden.cases.models import CaseRow, EntryRow
from postwarden.cases.plain import plain_case, plain_file
from postwarden.cases.ports import Part
from postwarden.cases.views import references, whole
from postwarden.ledger.service import NO_CASE, Proven
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment

_OF_COPIES = "copy."  # acts that tell what became of copies
_APART = ("reports", "findings", "examinations", "timeline")


def export_case(desk: Desk, actor: Actor, reference: str, now: Moment) -> bytes:
    """Give a case with everything in it and with what proves it; both are recorded, before and after.

    What proves it are the ledger's entries of this case, those about its accounts in the case that it came out
    of, and the enrolments of keys that approved in it: also for roles that read nothing else of the ledger.
    Where that case is restricted to others, it is not told of, but for what was done before the split to the
    copies that the part now has: without it nobody could check them.

    Raises:
        NoSuchCase: there is no such case.
        NotAllowed: the actor may not read or export it, for an organisation that it concerns.
        FactsChanged: an entry of it in the ledger was changed.
    """
    with transaction.atomic():
        row = locked(reference, actor)
        may(actor, Permission.CASE_READ, row.organisations)
        may(actor, Permission.CASE_EXPORT, row.organisations)
        record(desk, row.reference, Deed("case.exporting", actor, now), now)
    desk.ledger.sequence(now)
    with transaction.atomic():
        row = locked(reference, actor)
        bundle = desk.ledger.bundle(row.reference, _files(desk, row, hidden(actor)))
        values = {"sha256": sha256(bundle).hexdigest()}
        record(desk, row.reference, Deed("case.exported", actor, now, values=values), now)
    return bundle


def _files(desk: Desk, row: CaseRow, away: frozenset[str]) -> dict[str, bytes]:
    names = references(row.reference)
    told = plain_file(whole(row, None, away))
    parts = {room.name: room.export(names) for room in desk.contributions}
    approvals = [one for part in parts.values() for one in part.approvals]
    above = _above(names, away)
    wanted = {
        NO_CASE: _identities({one.approver for one in approvals}),
        **dict.fromkeys(above, frozenset(row.accounts.values_list("account", flat=True))),
        **dict.fromkeys(names),
    }
    proof = desk.ledger.prove(wanted)
    assert proof is not None  # a head was signed before
    documents = {
        **{name: told.pop(name) for name in _APART},
        "case": told,
        "merged": [plain_case(parted(frozen(_row(name), ()), away)) for name in names[1:]],
        "approvals": [one._asdict() for one in approvals],
        "ledger": _entries([one for one in proof.entries if _tells(one, above, away)]),
        **_named(parts),
    }
    files = {f"{name}.json": _written(document) for name, document in documents.items()}
    return {**files, "head.txt": proof.note.encode()}


def _above(names: Sequence[str], away: Collection[str]) -> dict[str, Moment | None]:
    """Give the cases that a case came out of, and until when what happened there is told; None: all of it.

    Args:
        names: of the case and of those that became part of it.
        away: cases restricted to others: what came before one of them is not told of at all.
    """
    found: dict[str, Moment | None] = {}
    for name in names:
        below, above = name, _row(name).split_from_id
        while above is not None and above not in found:
            found[above] = _split_at(below, above) if above in away else None
            below, above = above, None if above in away else _row(above).split_from_id
    return found


def _split_at(below: str, above: str) -> Moment:
    """Give when a case came out of another; its entries went with it where it became part of one."""
    rows = EntryRow.objects.filter(act=SPLIT_FROM, values__case=above)
    return rows.filter(case__in=references(below)).latest("at").at


def _tells(one: Proven, above: Mapping[str, Moment | None], away: Collection[str]) -> bool:
    """Tell whether an entry is for somebody to whom some cases are not there."""
    until = above.get(one.case or "")
    if until is not None and not (one.at < until and one.act.startswith(_OF_COPIES)):
        return False
    return not any(
        part.facts and names_hidden(one.act, part.facts.get("detail", {}), away)
        for part in one.parts
    )


def _identities(names: set[str]) -> frozenset[str]:
    """Name them as the ledger does: their enrolments prove whose keys signed."""
    return frozenset(f"identity {name}" for name in names)


def _row(name: str) -> CaseRow:
    return CaseRow.objects.get(pk=name)


def _entries(proven: Sequence[Proven]) -> list[dict[str, object]]:
    return [
        {
            "index": one.place,
            "at": one.at,
            "act": one.act,
            "case": one.case,
            "parts": [
                {
                    "key": part.key,
                    "commitment": part.commitment.hex(),
                    "salt": None if part.salt is None else part.salt.hex(),
                    "facts": part.facts,
                }
                for part in one.parts
            ],
            "path": [node.hex() for node in one.path],
        }
        for one in proven
    ]


def _named(parts: dict[str, Part]) -> dict[str, object]:
    return {
        f"{room}/{name}": document
        for room, part in parts.items()
        for name, document in part.documents.items()
    }


def _written(document: object) -> bytes:
    return f"{json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False)}\n".encode()
