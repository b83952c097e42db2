"""Who may do what (pure): roles, what each grants, and for which organisation."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

ITSELF = "postwarden"
"""Stands for Postwarden itself where the record says who did something; nobody else has the name."""

IDENTITY = "identity "
"""Stands in the record before the name of somebody who works here, where others have an account."""

EVERYWHERE = ""
"""Stands for all organisations in a granted role."""


class Role(StrEnum):
    """What somebody is to an organisation."""

    POSTMASTER = "postmaster"
    OFFICER = "officer"
    COUNSEL = "counsel"
    HELPDESK = "helpdesk"
    AUDITOR = "auditor"
    READER = "reader"


class Permission(StrEnum):
    """What may be allowed: resource:action."""

    PERSON_MANAGE = "person:manage"
    CASE_READ = "case:read"
    CASE_EDIT = "case:edit"
    REPORT_ADD = "report:add"
    METRICS_READ = "metrics:read"
    HELPDESK_ASK = "helpdesk:ask"
    HOLD_REQUEST = "hold:request"
    HOLD_PRESERVE = "hold:preserve"
    PLAN_REQUEST = "plan:request"
    PLAN_APPROVE = "plan:approve"
    LEDGER_READ = "ledger:read"
    LEDGER_ERASE = "ledger:erase"
    QUARANTINE_DESTROY = "quarantine:destroy"
    PREFLIGHT_RUN = "preflight:run"
    EVIDENCE_READ = "evidence:read"
    GLASS_ASK = "glass:ask"
    GLASS_GRANT = "glass:grant"


GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.POSTMASTER: frozenset(
        {
            Permission.PERSON_MANAGE,
            Permission.CASE_READ,
            Permission.CASE_EDIT,
            Permission.METRICS_READ,
            Permission.REPORT_ADD,
            Permission.HELPDESK_ASK,
            Permission.HOLD_REQUEST,
            Permission.PLAN_REQUEST,
            Permission.PLAN_APPROVE,
            Permission.PREFLIGHT_RUN,
            Permission.EVIDENCE_READ,
            Permission.GLASS_ASK,
        }
    ),
    Role.OFFICER: frozenset(
        {
            Permission.PERSON_MANAGE,
            Permission.CASE_READ,
            Permission.CASE_EDIT,
            Permission.REPORT_ADD,
            Permission.HELPDESK_ASK,
            Permission.HOLD_PRESERVE,
            Permission.PLAN_REQUEST,
            Permission.PLAN_APPROVE,
            Permission.PREFLIGHT_RUN,
            Permission.EVIDENCE_READ,
            Permission.LEDGER_READ,
            Permission.LEDGER_ERASE,
            Permission.QUARANTINE_DESTROY,
            Permission.GLASS_ASK,
            Permission.GLASS_GRANT,
        }
    ),
    Role.COUNSEL: frozenset(
        {
            Permission.CASE_READ,
            Permission.CASE_EDIT,
            Permission.HOLD_PRESERVE,
            Permission.PLAN_APPROVE,
            Permission.LEDGER_READ,
            Permission.GLASS_GRANT,
        }
    ),
    Role.HELPDESK: frozenset({Permission.REPORT_ADD, Permission.HELPDESK_ASK}),
    Role.AUDITOR: frozenset(
        {Permission.CASE_READ, Permission.LEDGER_READ, Permission.EVIDENCE_READ}
    ),
    Role.READER: frozenset({Permission.CASE_READ}),
}


class Grant(NamedTuple):
    """A role held for an organisation, or (`EVERYWHERE`) for all."""

    role: Role
    organisation: str


def allows(grants: Iterable[Grant], permission: Permission, organisation: str) -> bool:
    """Tell whether one of the roles allows something for an organisation.

    Args:
        grants: the roles of one identity.
        permission: what is to be done.
        organisation: for whom; `EVERYWHERE` for what concerns the whole installation, which only
            roles held everywhere allow.
    """
    return any(
        permission in GRANTS[grant.role] and grant.organisation in (EVERYWHERE, organisation)
        for grant in grants
    )


def organisations_for(grants: Iterable[Grant], permission: Permission) -> frozenset[str] | None:
    """Give the organisations that something is allowed for; None for all of them."""
    found = {grant.organisation for grant in grants if permission in GRANTS[grant.role]}
    return None if EVERYWHERE in found else frozenset(found)
