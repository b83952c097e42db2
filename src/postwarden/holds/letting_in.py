"""Opening doors once accounts are released: a login that was refused may be answered from a cache still."""

from collections.abc import Collection
from typing import NamedTuple

from postwarden.custody.service import Kind as ActKind
from postwarden.custody.service import Plan
from postwarden.holds.desk import HoldDesk
from postwarden.holds.errors import ControlError
from postwarden.holds.ports import MailControl
from postwarden.holds.rules import Kind

_NO_DOOR = "postwarden.toml names no Dovecot: add [[holds.dovecot]] with url and api_key"


class LetIn(NamedTuple):
    """What became of the doors of accounts that a plan released.

    Attributes:
        open: accounts that no hold keeps from logging in any more.
        held: those that another hold does.
        trouble: why some of the open ones may be refused from a cache for a while; "" where none is.
    """

    open: int
    held: int
    trouble: str


def let_in(desk: HoldDesk, plan: Plan, left: Collection[str], control: MailControl | None) -> LetIn:
    """Let servers forget that they refused the accounts which a plan has released.

    The worker does so, too; this is for whoever says that it is done.

    Args:
        desk: whose projection is up to date.
        plan: carried out.
        left: its accounts that were left out.
        control: of the servers; None where none is named.
    """
    released = [
        act.subject
        for act in plan.acts
        if act.kind in (ActKind.RELEASE, ActKind.RELEASE_PROVEN)
        and dict(act.details)["kind"] == Kind.LOGIN
        and act.subject not in left
    ]
    held = {one.account for one in desk.holds_of(released) if one.kind is Kind.LOGIN}
    free = [one for one in released if one not in held]
    return LetIn(len(free), len(held), _forgotten(free, control) if free else "")


def _forgotten(accounts: Collection[str], control: MailControl | None) -> str:
    if control is None:
        return _NO_DOOR
    try:
        control.forget(accounts)
    except ControlError as error:
        return str(error)
    return ""
