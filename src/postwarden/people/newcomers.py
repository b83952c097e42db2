"""Letting people in by the console: whoever does it is no second person beside them from then on."""

from django.db import transaction

from postwarden.people.errors import NotAllowed, UnknownIdentity
from postwarden.people.identities import Member, add
from postwarden.people.invitations import invite
from postwarden.people.models import Identity, TieRow
from postwarden.people.ports import Record
from postwarden.people.rules import GRANTS, Grant
from postwarden.vocabulary import Moment, said


def may_give(who: Member, grant: Grant) -> bool:
    """Tell whether somebody has every right themselves that a role gives."""
    try:
        for permission in GRANTS[grant.role]:
            who.allowed(permission, grant.organisation)
    except NotAllowed:
        return False
    return True


def bring(name: str, full_name: str, grant: Grant, who: Member, record: Record, now: Moment) -> str:
    """Add somebody, and give the secret of their one-time link (`invitations.invite`).

    Raises:
        NotAllowed: who adds may not, or lacks some right that the role gives.
        NameTaken: there is somebody of that name.
    """
    if not may_give(who, grant):
        raise NotAllowed(
            said(
                "{giver} may not give the role {role}: it can do what they cannot; `postwarden"
                " person add {name} --role {role}`",
                giver=who.name,
                role=grant.role,
                name=name,
            )
        )
    with transaction.atomic():
        add(name, full_name, [grant], who.name, record, now)
        return bring_back(name, who, record, now)


def bring_back(name: str, who: Member, record: Record, now: Moment) -> str:
    """Give the secret of a new one-time link to somebody who was never in, or to oneself.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: who asks may not, or somebody else has a password or a key already: with the link
            they could be taken for them, or lock them out.
    """
    with transaction.atomic():
        if was_let_in(name) and name != who.name:
            raise NotAllowed(
                said(
                    "{name} was let in already: a new link is made on the command line alone, by"
                    " `postwarden person invite {name}`",
                    name=name,
                )
            )
        given = invite(name, who.name, record, now)
        if name != who.name:
            whose, by = (Identity.objects.get(name=one) for one in (name, who.name))
            TieRow.objects.get_or_create(identity=whose, by=by)
    return given


def was_let_in(name: str) -> bool:
    """Tell whether somebody has a password or a key; a revoked one, too. Raises `UnknownIdentity`."""
    row = Identity.objects.filter(name=name).first()
    if row is None:
        raise UnknownIdentity(said("{name}: nobody of that name works here", name=name))
    return bool(row.password and row.has_usable_password()) or row.keys.exists()
