"""What every function of this room is given, and who acts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from postwarden.cases.ports import Contribution
from postwarden.ledger.service import Ledger
from postwarden.people.service import ITSELF, Member, Organisations, Permission


@dataclass(frozen=True, slots=True)
class Desk:
    """The record, the organisations served, and what later rooms contribute."""

    ledger: Ledger
    organisations: Organisations
    contributions: tuple[Contribution, ...] = ()

    def organisation_of(self, account: str) -> str:
        """Give the short name of the organisation that answers for an account."""
        return self.organisations.of(account).name


@dataclass(frozen=True, slots=True)
class System:
    """Postwarden itself, for what nobody asked for; it may do everything."""

    name: str = ITSELF


SYSTEM = System()
Actor = Member | System


def may(actor: Actor, permission: Permission, organisations: Iterable[str]) -> None:
    """Raise `NotAllowed` unless it is allowed for each of these organisations."""
    if isinstance(actor, Member):
        for organisation in organisations:
            actor.allowed(permission, organisation)


def seen(actor: Actor, permission: Permission) -> frozenset[str] | None:
    """Give the organisations that something is allowed for; None for all of them."""
    return actor.organisations(permission) if isinstance(actor, Member) else None


def may_for_one(actor: Actor, permission: Permission, organisations: Collection[str]) -> None:
    """Raise `NotAllowed` unless it is allowed for at least one of these organisations."""
    there = seen(actor, permission)
    if there is not None and there.isdisjoint(organisations):
        may(actor, permission, organisations)
