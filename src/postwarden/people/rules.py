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
    """What may be allowed: room:thing:act; the room is the one that looks at it."""

    PERSON_MANAGE = "people:person:manage"
    CASE_READ = "cases:case:read"
    CASE_EDIT = "cases:case:edit"
    CASE_EXPORT = "cases:case:export"
    CASE_RESTRICT = "cases:case:restrict"
    REPORT_ADD = "cases:report:add"
    METRICS_READ = "api:metrics:read"
    HELPDESK_ASK = "cases:helpdesk:ask"
    HOLD_REQUEST = "holds:login:request"
    HOLD_PRESERVE = "holds:preservation:request"
    PLAN_REQUEST = "custody:plan:request"
    PLAN_APPROVE = "custody:plan:approve"
    LEDGER_READ = "ledger:entry:read"
    LEDGER_ERASE = "ledger:entry:erase"
    QUARANTINE_DESTROY = "custody:quarantine:destroy"
    PREFLIGHT_RUN = "verdicts:preflight:run"
    EVIDENCE_READ = "evidence:snapshot:read"
    EVIDENCE_TAKE = "evidence:snapshot:take"
    GLASS_ASK = "glass:message:ask"
    GLASS_GRANT = "glass:message:grant"


GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.POSTMASTER: frozenset(
        {
            Permission.PERSON_MANAGE,
            Permission.CASE_READ,
            Permission.CASE_EDIT,
            Permission.CASE_EXPORT,
            Permission.METRICS_READ,
            Permission.REPORT_ADD,
            Permission.HELPDESK_ASK,
            Permission.HOLD_REQUEST,
            Permission.PLAN_REQUEST,
            Permission.PLAN_APPROVE,
            Permission.PREFLIGHT_RUN,
            Permission.EVIDENCE_READ,
            Permission.EVIDENCE_TAKE,
            Permission.GLASS_ASK,
        }
    ),
    Role.OFFICER: frozenset(
        {
            Permission.PERSON_MANAGE,
            Permission.CASE_READ,
            Permission.CASE_EDIT,
            Permission.CASE_EXPORT,
            Permission.CASE_RESTRICT,
            Permission.REPORT_ADD,
            Permission.HELPDESK_ASK,
            Permission.HOLD_PRESERVE,
            Permission.PLAN_REQUEST,
            Permission.PLAN_APPROVE,
            Permission.PREFLIGHT_RUN,
            Permission.EVIDENCE_READ,
            Permission.EVIDENCE_TAKE,
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
            Permission.CASE_EXPORT,
            Permission.CASE_RESTRICT,
            Permission.HOLD_PRESERVE,
            Permission.PLAN_APPROVE,
            Permission.LEDGER_READ,
            Permission.GLASS_GRANT,
        }
    ),
    Role.HELPDESK: frozenset({Permission.REPORT_ADD, Permission.HELPDESK_ASK}),
    Role.AUDITOR: frozenset(
        {
            Permission.CASE_READ,
            Permission.CASE_EXPORT,
            Permission.LEDGER_READ,
            Permission.EVIDENCE_READ,
        }
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
