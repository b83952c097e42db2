"""One-time links: how somebody who was added signs in for the first time, or again after losing all."""

import hashlib
import secrets
from hmac import compare_digest

from django.db import transaction

from postwarden.people.errors import BadInvitation, NotAllowed
from postwarden.people.identities import Member, member
from postwarden.people.models import Identity, InvitationRow
from postwarden.people.ports import Record
from postwarden.people.rules import ITSELF, Permission
from postwarden.vocabulary import Moment, said

LASTING = 24 * 3_600_000_000
"""Microseconds that a link can be used."""


def invite(name: str, actor: str, record: Record, now: Moment) -> str:
    """Give a secret that lets somebody in once, within a day; an earlier one lets nobody in any more.

    Args:
        name: whom.
        actor: who asked; `ITSELF` for who has the installation's command line in their hands.
        record: writes the ledger.
        now: when.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not, or who is invited acts no more.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        if actor != ITSELF:
            member(actor).allowed(Permission.PERSON_MANAGE)
        if not member(name).active:
            raise NotAllowed(said("{name} acts no more", name=name))
        InvitationRow.objects.update_or_create(
            identity=Identity.objects.get(name=name),
            defaults={"secret": _hash(secret), "expires": now + LASTING},
        )
        record("person.invited", actor, name, {}, now)
    return f"{name}.{secret}"


def redeem(given: str, record: Record, now: Moment) -> Member:
    """Take an invitation that was given; it counts once. Of two at once one is let in.

    Raises:
        BadInvitation: it is none, was used, or its time is up. Which of these is not told.
    """
    name, _, secret = given.partition(".")
    with transaction.atomic():
        row = InvitationRow.objects.select_for_update().filter(identity__name=name).first()
        if row is None or row.expires <= now or not compare_digest(row.secret, _hash(secret)):
            raise BadInvitation(
                said("this link was used already, or its time is up; ask for a new one")
            )
        row.delete()
        whose = member(name)
        if not whose.active:
            raise BadInvitation(
                said("this link was used already, or its time is up; ask for a new one")
            )
        record("person.let-in", name, name, {}, now)
    return whose


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
