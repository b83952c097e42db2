"""A case as a signed bundle that anyone can check offline; `ledger.check` has its format."""

import json
from hashlib import sha256

from django.db import transaction

from postwarden.cases.desk import Actor, Desk, may
from postwarden.cases.keeping import Deed, frozen, locked, record
from postwarden.cases.models import CaseRow
from postwarden.cases.plain import plain_case, plain_file
from postwarden.cases.ports import Part
from postwarden.cases.views import references, whole
from postwarden.ledger.service import NO_CASE, Proof
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment

_APART = ("reports", "findings", "examinations", "timeline")


def export_case(desk: Desk, actor: Actor, reference: str, now: Moment) -> bytes:
    """Give a case with everything in it and with what proves it; both are recorded, before and after.

    What proves it are the ledger's entries of this case, those about its accounts in the case that it came out
    of, and the enrolments of keys that approved in it: also for roles that read nothing else of the ledger.

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
        bundle = desk.ledger.bundle(row.reference, _files(desk, row))
        values = {"sha256": sha256(bundle).hexdigest()}
        record(desk, row.reference, Deed("case.exported", actor, now, values=values), now)
    return bundle


def _files(desk: Desk, row: CaseRow) -> dict[str, bytes]:
    names = references(row.reference)
    told = plain_file(whole(row, None))
    parts = {room.name: room.export(names) for room in desk.contributions}
    approvals = [one for part in parts.values() for one in part.approvals]
    proof = desk.ledger.prove(_wanted(row, names, {one.approver for one in approvals}))
    assert proof is not None  # a head was signed before
    documents = {
        **{name: told.pop(name) for name in _APART},
        "case": told,
        "merged": [plain_case(frozen(_row(name), ())) for name in names[1:]],
        "approvals": [one._asdict() for one in approvals],
        "ledger": _entries(proof),
        **_named(parts),
    }
    files = {f"{name}.json": _written(document) for name, document in documents.items()}
    return {**files, "head.txt": proof.note.encode()}


def _wanted(
    row: CaseRow, names: tuple[str, ...], approvers: set[str]
) -> dict[str, frozenset[str] | None]:
    """Ask for all entries of the case; of those it came out of, for what is about its accounts."""
    wanted: dict[str, frozenset[str] | None] = {NO_CASE: _identities(approvers)}
    accounts = frozenset(row.accounts.values_list("account", flat=True))
    for name in names:
        above = _row(name).split_from_id
        while above is not None:
            wanted.setdefault(above, accounts)
            above = _row(above).split_from_id
    return {**wanted, **dict.fromkeys(names)}


def _identities(names: set[str]) -> frozenset[str]:
    """Name them as the ledger does: their enrolments prove whose keys signed."""
    return frozenset(f"identity {name}" for name in names)


def _row(name: str) -> CaseRow:
    return CaseRow.objects.get(pk=name)


def _entries(proof: Proof) -> list[dict[str, object]]:
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
        for one in proof.entries
    ]


def _named(parts: dict[str, Part]) -> dict[str, object]:
    return {
        f"{room}/{name}": document
        for room, part in parts.items()
        for name, document in part.documents.items()
    }


def _written(document: object) -> bytes:
    return f"{json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False)}\n".encode()
