"""Asking for errands, watching and stopping them."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from postwarden.cases.service import Desk, NoSuchCase, head, references
from postwarden.errands.errors import AskedAlready, Ended, NoSuchErrand
from postwarden.errands.models import ErrandRow
from postwarden.errands.rows import effect_of, frozen, note
from postwarden.errands.values import NEEDS, Errand, Kind, ScanWish, Stage, Wish
from postwarden.errands.wishes import written
from postwarden.people.service import Member, NotAllowed, Permission
from postwarden.state import outbox
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, said

_LATEST = 5
_SCANS = "scan"
_LOOKED_AT = 50
_SEES = (Permission.EVIDENCE_READ, Permission.EVIDENCE_TAKE)


class Errands:
    """The errands of an installation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, wish: Wish, who: Member, now: Moment) -> Errand:
        """Ask for an errand; a worker does it.

        Promise: what is asked for stands on record with the effect, or nothing does.

        Raises:
            NotAllowed: the roles do not allow it: a snapshot of everybody takes a role for all organisations.
            NoSuchCase: there is no such case, or not for them.
            AskedAlready: one for the case, or of the evidence, is not at its end.
        """
        kind, payload = written(wish)
        if isinstance(wish, ScanWish):
            self._may_scan(wish, who)
            case, slot = "", _SCANS
        else:
            case = self._may_in(wish.case, kind, who)
            slot = f"case {case}"
        return self._begun(ErrandRow(
            kind=kind, case=case, slot=slot, asked_by=who.name, asked_at=now,
            about=_about(wish, self._desk), stage=Stage.WAITING,
        ), payload, now)  # fmt: skip

    def _begun(self, row: ErrandRow, payload: Mapping[str, Any], now: Moment) -> Errand:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                outbox.put(effect_of(Kind(row.kind)), str(row.pk), payload, now)
                note(self._desk.ledger, frozen(row), "asked", row.asked_by, row.about, now)
        except IntegrityError:
            raise AskedAlready(
                said(
                    "The worker has something of this kind to do already. Nothing was asked for here:"
                    " wait for its end, or stop it."
                )
            ) from None
        return frozen(row)

    def stop(self, number: int, who: Member, now: Moment) -> Errand:
        """End an errand: whoever does it stops, and writes nothing of it any more.

        What a scan has read is kept: the next one of the same purpose and scope goes on from there.

        Raises:
            NoSuchErrand: as `one`.
            NotAllowed: the actor may not ask for such a thing, and did not ask for this one.
            Ended: it is at its end.
        """
        errand = self.one(number, who)
        if errand.asked_by != who.name:
            self._may_stop(errand, who)
        with transaction.atomic():
            outbox.drop(effect_of(errand.kind), str(number))
            going = ErrandRow.objects.filter(pk=number, ended_at=None)
            if not going.update(stage=Stage.STOPPED, slot=None, ended_at=now):
                raise Ended(said("It is at its end already. Nothing was stopped."))
            note(self._desk.ledger, errand, "stopped", who.name, {}, now)
        return self.one(number, who)

    def one(self, number: int, who: Member) -> Errand:
        """Give an errand; raise `NoSuchErrand` also where somebody may not know of it."""
        row = ErrandRow.objects.filter(pk=number).first()
        if row is None or not _may_know(row, who):
            raise NoSuchErrand(said("There is no such work."))
        return frozen(row)

    def scans(self, who: Member) -> list[Errand]:
        """Give the scans of late that somebody may know of, the latest first; at most five."""
        rows = ErrandRow.objects.filter(kind=Kind.SCAN).order_by("-pk")[:_LOOKED_AT]
        return [frozen(row) for row in rows if _may_know(row, who)][:_LATEST]

    def of_case(self, case: str) -> Errand | None:
        """Give what goes on for a case, or else was the last that did; its reader is known to be one."""
        found = [row for one in references(case) for row in _LAST_OF(one)]
        return frozen(max(found, key=lambda row: row.pk)) if found else None

    def _may_scan(self, wish: ScanWish, who: Member) -> None:
        if not wish.accounts and not wish.domains:
            who.allowed(Permission.EVIDENCE_TAKE)
        for account in (*wish.accounts, *(f"x@{domain}" for domain in wish.domains)):
            who.allowed(Permission.EVIDENCE_TAKE, self._desk.organisation_of(account))

    @staticmethod
    def _may_in(case: str, kind: Kind, who: Member) -> str:
        try:
            known = head(who, case).case
        except NotAllowed:
            raise NoSuchCase(said("{name}: there is no such case", name=case)) from None
        there = who.organisations(NEEDS[kind])
        if there is not None and there.isdisjoint(known.organisations):
            who.allowed(NEEDS[kind], known.organisations[0])
        return known.reference

    def _may_stop(self, errand: Errand, who: Member) -> None:
        if errand.kind is Kind.SCAN:
            who.allowed(Permission.EVIDENCE_TAKE)
        else:
            self._may_in(errand.case, errand.kind, who)


def trouble_for(errand: Errand, who: Member) -> str:
    """Give why an errand failed, which may name places: to who asked, and who reads of all organisations."""
    reads_all = who.organisations(Permission.CASE_READ) is None
    return errand.trouble if reads_all or errand.asked_by == who.name else ""


_LAST_OF = Prepared(lambda case: ErrandRow.objects.filter(case=case).order_by("-pk")[:1])


def _may_know(row: ErrandRow, who: Member) -> bool:
    if not row.case:
        return _may_know_scan(row, who)
    try:
        head(who, row.case)
    except (NoSuchCase, NotAllowed):
        return False
    return True


def _may_know_scan(row: ErrandRow, who: Member) -> bool:
    """Tell whether a scan is somebody's own, or of accounts of their organisations alone: its purpose says more."""
    there = [who.organisations(one) for one in _SEES]
    if None in there:
        return True
    mine = frozenset[str]().union(*(one for one in there if one is not None))
    named = row.about.get("organisations", ())
    return bool(mine) and (row.asked_by == who.name or (bool(named) and mine.issuperset(named)))


def _about(wish: Wish, desk: Desk) -> dict[str, Any]:
    if not isinstance(wish, ScanWish):
        return {}
    names = (*wish.accounts, *(f"x@{domain}" for domain in wish.domains))
    return {
        "purpose": wish.purpose,
        "expires_days": wish.expires_days,
        "accounts": len(wish.accounts),
        "domains": len(wish.domains),
        "organisations": sorted({desk.organisation_of(one) for one in names}),
        "since": wish.since,
    }
