"""Every route of the API, by the part of its document that it stands in."""

from postwarden.api.document import build
from postwarden.api.routes import (
    cases,
    errands,
    holds,
    ledger,
    people,
    plans,
    reports,
    restriction,
    runs,
    webhooks,
)

PARTS = {
    "Cases": cases.ROUTES,
    "Restricted cases": restriction.ROUTES,
    "Reports": reports.ROUTES,
    "Holds": holds.ROUTES,
    "Plans": plans.ROUTES,
    "Runs": runs.ROUTES,
    "Errands": errands.ROUTES,
    "Ledger": ledger.ROUTES,
    "People": people.ROUTES,
    "Webhooks": webhooks.ROUTES,
}
ROUTES = tuple(route for part in PARTS.values() for route in part)
api = build(PARTS)
