"""Every address of the API."""

from django.urls import path

from postwarden.api import reference, watching
from postwarden.api.document import build
from postwarden.api.routes import cases, holds, ledger, plans, reports, runs, webhooks

PARTS = {
    "Cases": cases.ROUTES,
    "Reports": reports.ROUTES,
    "Holds": holds.ROUTES,
    "Plans": plans.ROUTES,
    "Runs": runs.ROUTES,
    "Ledger": ledger.ROUTES,
    "Webhooks": webhooks.ROUTES,
}
ROUTES = tuple(route for part in PARTS.values() for route in part)
api = build(PARTS)

urlpatterns = [
    path("api/v1/openapi.json", reference.as_json, name="api-document"),
    path("api/v1/", api.urls),
    path("health/live", watching.live, name="health-live"),
    path("health/ready", watching.ready, name="health-ready"),
    path("metrics", watching.metrics, name="metrics"),
]
