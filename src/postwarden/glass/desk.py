"""Asking for one message, and agreeing to it."""

from itertools import islice
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction

from postwarden.cases.service import Desk, NoSuchCase, Stage, hidden, own_words, references
from postwarden.glass.errors import NoSuchRequest, Refused
from postwarden.glass.grants import GRANTED, refused, signer, tie
from postwarden.glass.models import GlassRow
from postwarden.glass.rows import frozen, note
from postwarden.glass.rules import (
    Answer,
    Asked,
    Glass,
    Refusal,
    consent,
    may_answer,
    may_ask,
)
from postwarden.ledger.service import Entry
from postwarden.people.service import (
    IDENTITY,
    Member,
    NotAllowed,
    Permission,
)
from postwarden.relocation.service import Wanted
from postwarden.vocabulary import Moment, normal, said

_LISTED = 200


class Wish(NamedTuple):
    """What somebody asks for; see `rules.Asked`."""

    case: str
    why: str
    minutes: int
    store: str
    copy: Wanted


class GlassDesk:
    """The requests of an installation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, wish: Wish, who: Member, now: Moment) -> Glass:
        """Ask to read one message; somebody else has to agree.

        Raises:
            NotAllowed: the actor may not, for the organisation that answers for the account.
            NoSuchCase: there is no such case, or it is closed, or not theirs to read, or does not concern
                that organisation. Which is not told.
            Refused: it says not why, or for longer than can be asked for.
        """
        organisation = self._desk.organisation_of(wish.copy.account)
        who.allowed(Permission.GLASS_ASK, organisation)
        case = _case(wish.case, who, organisation)
        copy = wish.copy._replace(account=normal(wish.copy.account))._asdict()
        asked = Asked(case, wish.why.strip(), who.name, now, wish.minutes, wish.store, copy)
        refused(may_ask(asked))
        with transaction.atomic():
            try:
                with transaction.atomic():
                    GlassRow.objects.create(
                        hash=asked.hash,
                        text=asked.text(),
                        organisation=organisation,
                        asked_at=now,
                    )
            except IntegrityError:
                raise Refused(Refusal.ANSWERED) from None
            ledger = self._desk.ledger
            note(ledger, "glass.asked", asked, who.name, asked.why, now, minutes=asked.minutes)
        return Glass(asked)

    def searched(self, account: str, message_id: str, who: Member, now: Moment) -> str:
        """Note that somebody looks for a message in an account, before they are told of it; give its name.

        Raises:
            NotAllowed: the actor may not ask for messages of the organisation that answers for it, or it is
                the ledger's name for somebody who works here.
        """
        account = normal(account)
        if account.startswith(IDENTITY):
            raise NotAllowed(said("{account}: is no account", account=account))
        who.allowed(Permission.GLASS_ASK, self._desk.organisation_of(account))
        detail = {"message_id": message_id}
        entry = Entry("glass.searched", who.name, person=account, detail=detail)
        self._desk.ledger.note([entry], now)
        return account

    def every(self, who: Member) -> list[Glass]:
        """Give the requests of organisations that somebody asks or agrees for, the latest first.

        Their own are among them; at most 200.
        """
        there = _there(who)
        rows = GlassRow.objects.order_by("-asked_at", "hash")
        rows = rows if there is None else rows.filter(organisation__in=there)
        away = hidden(who)
        read = (found for row in rows.iterator() if (found := frozen(row)) is not None)
        return list(islice((one for one in read if one.asked.case not in away), _LISTED))

    def one(self, hashed: str, who: Member) -> Glass:
        """Give a request; raise `NoSuchRequest` where it is not for who asks."""
        row = GlassRow.objects.filter(hash=hashed).first()
        there = _there(who)
        if row is None or (there is not None and row.organisation not in there):
            raise NoSuchRequest(said("there is no such request"))
        if _is_away(row, hidden(who)):
            raise NoSuchRequest(said("there is no such request"))
        return _sound(row)

    def grant(self, hashed: str, who: Member, signature: str, now: Moment) -> Glass:
        """Agree, by a signature over `consent`; from now on its time runs.

        Raises:
            NoSuchRequest: there is none, or it is not for who agrees.
            NotAllowed: the actor may not.
            BadKey: no key of theirs made this signature.
            Refused: they asked for it themselves, who asked and they may be one person (TIED), it was
                answered, or that is too late.
        """
        glass = self.one(hashed, who)
        refused(may_answer(glass, who.name, now) or tie(glass, who.name))
        key = signer(who, consent(glass.asked), signature)
        return self._answer(hashed, Answer(who.name, now, True, key, signature), who, "", now)

    def refuse(self, hashed: str, who: Member, why: str, now: Moment) -> Glass:
        """Say no, and why. Raises as `grant`."""
        return self._answer(hashed, Answer(who.name, now, granted=False), who, why, now)

    def _answer(self, hashed: str, answer: Answer, who: Member, why: str, now: Moment) -> Glass:
        with transaction.atomic():
            rows = GlassRow.objects.filter(hash=hashed)
            if connection.features.has_select_for_update:
                rows = rows.select_for_update()
            list(rows)  # from here on nobody else answers it
            glass = self.one(hashed, who)
            who.allowed(Permission.GLASS_GRANT, self._desk.organisation_of(glass.asked.account))
            refused(may_answer(glass, who.name, now))
            GlassRow.objects.filter(hash=hashed).update(
                answered_by=answer.by,
                answered_at=answer.at,
                granted=answer.granted,
                fingerprint=answer.fingerprint,
                signature=answer.signature,
            )
            act = GRANTED if answer.granted else "glass.refused"
            signed = {"signature": answer.signature} if answer.granted else {}
            note(self._desk.ledger, act, glass.asked, who.name, why, now, **signed)
        return Glass(glass.asked, answer)


def _case(name: str, who: Member, organisation: str) -> str:
    """Give the reference of an open case of an organisation; raise `NoSuchCase`."""
    try:
        case = own_words(who, references(name)[0])
    except NotAllowed:
        case = None
    if case is None or case.stage is not Stage.OPEN or organisation not in case.organisations:
        raise NoSuchCase(said("{name}: there is no such case; `postwarden case list`", name=name))
    return case.reference


def _there(who: Member) -> frozenset[str] | None:
    """Give the organisations that somebody asks or agrees for; None for all of them."""
    asks, agrees = map(who.organisations, (Permission.GLASS_ASK, Permission.GLASS_GRANT))
    return None if asks is None or agrees is None else asks | agrees


def _is_away(row: GlassRow, away: frozenset[str]) -> bool:
    """Tell whether a request is of one of these cases; of one that is no request any more nobody knows."""
    glass = frozen(row)
    return bool(away) if glass is None else glass.asked.case in away


def _sound(row: GlassRow) -> Glass:
    glass = frozen(row)
    if glass is None:
        raise Refused(Refusal.FORGED)
    return glass
