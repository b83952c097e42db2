"""Sentences about what may be done."""

from collections.abc import Mapping

from postwarden.people.service import Permission
from postwarden.vocabulary import Said, said

MAY: Mapping[Permission, Said] = {
    Permission.PERSON_MANAGE: said("let people in and go, and give and take away roles"),
    Permission.CASE_READ: said("read cases, with their holds, plans and runs"),
    Permission.CASE_EDIT: said("open cases and work in them; webhooks"),
    Permission.CASE_EXPORT: said("hand out all of a case as a signed bundle"),
    Permission.CASE_RESTRICT: said("restrict a case to people by name, let others in, and lift it"),
    Permission.REPORT_ADD: said("note what customers report"),
    Permission.METRICS_READ: said("read figures for Prometheus; for all organisations alone"),
    Permission.HELPDESK_ASK: said("answer customers who call"),
    Permission.HOLD_REQUEST: said("hold logins"),
    Permission.HOLD_PRESERVE: said("preserve mail for a legal reason"),
    Permission.PLAN_REQUEST: said("plan releases and repairs; start and stop repairs"),
    Permission.PLAN_APPROVE: said("approve plans of others by a signature"),
    Permission.LEDGER_READ: said("read the record and check it"),
    Permission.LEDGER_ERASE: said("erase from the record"),
    Permission.QUARANTINE_DESTROY: said("destroy keys of the quarantine"),
    Permission.PREFLIGHT_RUN: said("compare a new alias map with the deliveries of the last days"),
    Permission.EVIDENCE_READ: said("see snapshots of evidence, their sources and gaps"),
    Permission.EVIDENCE_TAKE: said(
        "take snapshots of evidence; of everybody: for all organisations alone"
    ),
    Permission.GLASS_ASK: said("ask to read one message"),
    Permission.GLASS_GRANT: said("let somebody else read one message"),
}
"""What each permission allows; a test holds that none is left out."""
