"""Every address of the API."""

from django.urls import path
from ninja import NinjaAPI

from postwarden.api import problems
from postwarden.api.gate import add
from postwarden.api.routes import cases

PARTS = {"Cases": cases.ROUTES}
ROUTES = tuple(route for part in PARTS.values() for route in part)

api = NinjaAPI(
    title="Postwarden",
    version="1",
    description="The incident desk of an e-mail provider, for programs.",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
)
problems.handle(api)
for tag, routes in PARTS.items():
    for route in routes:
        add(api, route, tag)

urlpatterns = [path("api/v1/", api.urls)]
