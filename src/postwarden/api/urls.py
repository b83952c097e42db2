"""Every address of the API."""

from django.urls import path

from postwarden.api import reference, watching
from postwarden.api.offered import api

urlpatterns = [
    path("api/v1/openapi.json", reference.as_json, name="api-document"),
    path("api/v1/", api.urls),
    path("health/live", watching.live, name="health-live"),
    path("health/ready", watching.ready, name="health-ready"),
    path("metrics", watching.metrics, name="metrics"),
]
