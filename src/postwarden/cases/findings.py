"""Findings of a case: taken from an examination, and refreshed by later ones."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction

from postwarden.cases.comparing import Before, Taken, What, compare, holders
from postwarden.cases.desk import Actor, Desk, may, may_for_one
from postwarden.cases.keeping import Deed, chunks, decided, frozen, locked, save
from postwarden.cases.models import CaseRow, FindingRow, FindingStepRow, NamedRow
from postwarden.cases.rules import Found, decide
from postwarden.cases.text import kept, written
from postwarden.ledger.service import Entry
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment, from_rfc3339

if TYPE_CHECKING:  # see `comparing`
    from postwarden.verdicts.service import Finding

_LONGEST = 320


class Refreshed(NamedTuple):
    """What an examination changed: what it says anew by finding, and accounts it added."""

    told: Mapping[str, What]
    accounts: tuple[str, ...]


def take_findings(desk: Desk, actor: Actor, reference: str, taken: Taken, now: Moment) -> Refreshed:
    """Let a case have what an examination found; holders of what is wrong become suspected.

    Raises:
        NotAllowed: the actor may not, for the case or for an account's organisation.
        Refused: the case is not open.
    """
    accounts = tuple(kept(one) for one in holders(taken.findings))
    organisations = tuple(sorted({desk.organisation_of(one) for one in accounts}))
    may(actor, Permission.CASE_EDIT, organisations)
    with transaction.atomic():
        row = locked(reference, actor)
        may_for_one(actor, Permission.CASE_EDIT, row.organisations)
        told = compare(_before(row), taken)
        values = {"snapshot": taken.snapshot, **Counter(map(str, told.values()))}
        deed = Deed("findings.taken", actor, now, values=values, evidence=(taken.snapshot,))
        before = frozen(row, accounts)
        after = decided(decide(before, Found(accounts, organisations), now))
        save(desk, before, after, deed, now)
        _write(desk, row, taken, told, now)
        desk.ledger.append(_entries(row.reference, actor, taken, told), now)
    return Refreshed(told, tuple(one for one in accounts if one not in before.accounts))


def facts_of(finding: "Finding", sender: str | None) -> dict[str, Any]:
    """Give what a case keeps of a finding, as JSON has it; times are RFC 3339 in UTC."""
    seen = {one.name for one in fields(finding.exposure)} - {"citations"}
    found = {
        "store": finding.store,
        "folder": finding.folder,
        "message_id": finding.message_id,
        "queue_id": finding.queue_id,
        "sender": sender,
        "rightful": finding.rightful,
        "lacking": finding.lacking,
        "original_recipients": finding.original_recipients,
        "accepted_at": written(finding.accepted_at),
        "delivered_at": written(finding.delivered_at),
        "has_rightful_copy": finding.has_rightful_copy,
        "exposure": {name: getattr(finding.exposure, name) for name in sorted(seen)},
        "second_hand": finding.second_hand,
        "other_message": finding.other_message,
        "gone": finding.gone,
        "reasons": [reason.code for reason in finding.reasons],
        "proof": [
            {
                "code": reason.code,
                "values": [list(value) for value in reason.values],
                "citations": [[one.file, one.line] for one in dict.fromkeys(reason.citations)],
            }
            for reason in finding.reasons
        ],
    }
    return {name: _clean(value) for name, value in found.items()}


def _before(row: CaseRow) -> dict[str, Before]:
    rows = row.findings.values_list("finding", "account", "verdict", "present", "facts")
    return {
        name: Before(account, verdict, _at(facts), present)
        for name, account, verdict, present, facts in rows.iterator()
    }


def _at(facts: Mapping[str, Any]) -> Moment | None:
    """Give the time by which an examination asks for a message: accepted, else delivered."""
    told = facts["accepted_at"] or facts["delivered_at"]
    return None if told is None else from_rfc3339(told)


def _write(desk: Desk, row: CaseRow, taken: Taken, told: Mapping[str, What], now: Moment) -> None:
    senders = taken.senders or {}
    by_name = {finding.id: finding for finding in taken.findings}
    known = {one.finding: one for one in row.findings.all()}
    for name, finding in by_name.items():
        there = known.setdefault(name, FindingRow(case=row, finding=name))
        there.account = kept(finding.account)
        there.organisation = desk.organisation_of(there.account)
        there.verdict = finding.verdict.value
        there.present = True
        there.facts = facts_of(finding, senders.get(name))
    for name, what in told.items():
        if what is What.GONE:
            known[name].present = False
    new = [one for one in known.values() if one.pk is None]
    FindingRow.objects.bulk_create(new, batch_size=100)
    touched = [known[name] for name in {*by_name, *told} if told.get(name) is not What.NEW]
    columns = ["account", "organisation", "verdict", "present", "facts"]
    FindingRow.objects.bulk_update(touched, columns, batch_size=100)
    name_anew(known[name] for name in by_name)
    for some in chunks(sorted(told)):
        FindingStepRow.objects.bulk_create(
            FindingStepRow(
                finding=known[name],
                at=now,
                snapshot=taken.snapshot,
                what=told[name],
                verdict=known[name].verdict,
            )
            for name in some
        )


def name_anew(rows: Iterable[FindingRow]) -> None:
    """Let findings be found by whom they name as meant, in the caller's transaction."""
    for some in chunks([*rows]):
        NamedRow.objects.filter(finding__in=some).delete()
        NamedRow.objects.bulk_create(
            NamedRow(finding=row, name=name) for row in some for name in sorted(_named(row.facts))
        )


def _named(facts: Mapping[str, Any]) -> set[str]:
    """Give whom a finding names, as far as it can be an address."""
    names = {*facts["rightful"], *facts["original_recipients"]}
    return {one for one in names if len(one) <= _LONGEST}


def _entries(reference: str, actor: Actor, taken: Taken, told: Mapping[str, What]) -> list[Entry]:
    """Give an entry for each account of which something was found; it can be erased with them."""
    by_account: defaultdict[str, list[list[str]]] = defaultdict(list)
    for finding in taken.findings:
        if finding.id in told:
            what = [finding.id, told[finding.id], finding.verdict.value]
            by_account[kept(finding.account)].append(what)
    return [
        Entry(
            "account.found",
            actor.name,
            case=reference,
            person=account,
            detail={"snapshot": taken.snapshot, "findings": sorted(found)},
        )
        for account, found in sorted(by_account.items())
    ]


def _clean(value: object) -> object:
    if isinstance(value, str):
        return kept(value)
    if isinstance(value, tuple | list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return value
