"""Every address of the console."""

from allauth.account import views
from django.urls import include, path

from postwarden.console.pages import (
    accounts,
    case,
    case_acts,
    cases,
    deciding,
    entrance,
    evidence,
    findings,
    glass,
    helpdesk,
    holding,
    identity,
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
    work,
)

PAGES = (
    *entrance.PAGES,
    *identity.PAGES,
    *today.PAGES,
    *cases.PAGES,
    *restriction.PAGES,
    *case_acts.PAGES,
    *case.PAGES,
    *findings.PAGES,
    *holding.PAGES,
    *plans.PAGES,
    *plan_acts.PAGES,
    *deciding.PAGES,
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
    *work.PAGES,
    *settings.PAGES,
    *roles.PAGES,
)

BORROWED = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
]
"""Of allauth's pages those that lead to no mail: it has others, which send some to any address."""

urlpatterns = [
    *(page.address for page in PAGES),
    path("", include("postwarden.api.urls")),
    path("account/", include(BORROWED)),
    path("account/factors/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
]
