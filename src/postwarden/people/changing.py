"""Roles given to those who work here, and taken away: either bites on their next request."""

from django.db import transaction

from postwarden.people.errors import NotAllowed
from postwarden.people.identities import Member, member, one_at_a_time, somebody_manages
from postwarden.people.models import Identity, RoleRow
from postwarden.people.newcomers import may_give
from postwarden.people.ports import Record
from postwarden.people.rules import Grant, Permission
from postwarden.vocabulary import Moment, said


def give_role(name: str, grant: Grant, who: Member, record: Record, now: Moment) -> None:
    """Give somebody one more role; one that they have is given again without a trace.

    Args:
        name: to whom.
        grant: the role, and for which organisation.
        who: gives it: they manage people of that organisation, and can do all that the role can.
        record: writes the ledger.
        now: when.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: who gives may not, it is to themselves, or who gets it acts no more.
    """
    with transaction.atomic():
        _may_change(name, grant, who)
        if not may_give(who, grant):
            raise NotAllowed(
                said(
                    "{who} may not give the role {role}: it can do what they cannot",
                    who=who.name,
                    role=grant.role,
                )
            )
        if not member(name).active:
            raise NotAllowed(said("{name} acts no more", name=name))
        row = Identity.objects.get(name=name)
        _, is_new = RoleRow.objects.get_or_create(
            identity=row, role=grant.role, organisation=grant.organisation
        )
        if is_new:
            record("person.role-given", who.name, name, {"role": [*grant]}, now)


def take_role(name: str, grant: Grant, who: Member, record: Record, now: Moment) -> None:
    """Take a role away from somebody; it may be one that who takes it could not give.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: who takes may not, it is their own, or whose it is has no such role.
        LastManager: nobody would be left who manages people of all organisations.
    """
    with transaction.atomic():
        one_at_a_time()
        _may_change(name, grant, who)
        rows = RoleRow.objects.filter(
            identity__name=name, role=grant.role, organisation=grant.organisation
        )
        if not rows.delete()[0]:
            raise NotAllowed(said("{name} has no such role", name=name))
        somebody_manages()
        record("person.role-taken", who.name, name, {"role": [*grant]}, now)


def _may_change(name: str, grant: Grant, who: Member) -> None:
    member(name)
    who.allowed(Permission.PERSON_MANAGE, grant.organisation)
    if name == who.name:
        raise NotAllowed(said("nobody changes their own roles: somebody else has to"))
