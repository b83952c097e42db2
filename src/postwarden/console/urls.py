"""Every address of the console."""

from django.urls import include, path

from postwarden.console.pages import case, cases, entrance, ledger, own, plans, today

PAGES = (
    *entrance.PAGES,
    *today.PAGES,
    *cases.PAGES,
    *case.PAGES,
    *plans.PAGES,
    *own.PAGES,
    *ledger.PAGES,
)

urlpatterns = [
    *(page.address for page in PAGES),
    path("", include("postwarden.api.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/factors/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
]
