"""Every address of the console."""

from django.urls import include, path

from postwarden.console.pages import (
    accounts,
    case,
    case_acts,
    cases,
    entrance,
    evidence,
    findings,
    glass,
    helpdesk,
    holding,
    ledger,
    live,
    own,
    plan_acts,
    plans,
    preflight,
    programs,
    restriction,
    roles,
    settings,
    today,
    tokens,
    ways,
)

PAGES = (
    *entrance.PAGES,
    *today.PAGES,
    *cases.PAGES,
    *restriction.PAGES,
    *case_acts.PAGES,
    *case.PAGES,
    *findings.PAGES,
    *holding.PAGES,
    *plans.PAGES,
    *plan_acts.PAGES,
    *live.PAGES,
    *own.PAGES,
    *tokens.PAGES,
    *programs.PAGES,
    *accounts.PAGES,
    *glass.PAGES,
    *helpdesk.PAGES,
    *ledger.PAGES,
    *preflight.PAGES,
    *evidence.PAGES,
    *ways.PAGES,
    *settings.PAGES,
    *roles.PAGES,
)

urlpatterns = [
    *(page.address for page in PAGES),
    path("", include("postwarden.api.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/factors/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
]
