"""Signing in by a provider of identities, and connecting oneself with it."""

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.configuration.keys import NOT_HELD
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.oidc.connecting import connections, disconnect
from postwarden.console.oidc.door import Door, Provider
from postwarden.console.oidc.errors import NotSignedIn, ProviderAway
from postwarden.console.oidc.tokens import wrong
from postwarden.console.speaking import told as spoken
from postwarden.rooms import present
from postwarden.vocabulary import said

_NO_SECRET = said(
    "the console cannot read the secret that it shares with {name}: whoever runs Postwarden has to look at"
    " [console.oidc]. Sign in with your password or a passkey."
)


def start(request: DeskRequest) -> HttpResponse:
    """Lead somebody to the provider, who wants to sign in."""
    provider = _provider(request)
    if request.method != "POST":
        return redirect("account_login")
    limited = ratelimit.consume_or_429(request, action="login")
    return limited or _led(request, provider, AuthProcess.LOGIN)


def back(request: DeskRequest) -> HttpResponse:
    """Take the provider's answer: let somebody in, or connect them."""
    provider = _provider(request)
    try:
        if request.GET.get("iss", provider.known.issuer) != provider.known.issuer:  # RFC 9207
            raise wrong(provider.known)
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Door(request, provider))(request)
    except NotSignedIn as error:
        return _refused(request, error)
    return answer


def own_identity(request: DeskRequest) -> HttpResponse:
    """Show what lets one in besides password and passkeys; connect, or disconnect."""
    known, name = request.rooms.configuration.identity_provider, request.member.name
    if request.method == "POST" and request.POST.get("do") == "connect":
        return _led(request, _provider(request), AuthProcess.CONNECT)
    if request.method == "POST":
        number = request.POST.get("number", "")
        if (
            number.isdecimal()
            and len(number) < 19
            and disconnect(name, int(number), request.rooms.record, present())
        ):
            messages.success(request, _("It lets you in no more."))
        return redirect("own-identity")
    told = {"connections": connections(name), "known": known}
    return render(request, "console/identity.html", told)


def _led(request: DeskRequest, provider: Provider, process: str) -> HttpResponse:
    """Answer with a page that goes on by itself: forms of these pages lead to no other site."""
    if provider.known.secret == NOT_HELD:
        return _refused(request, NotSignedIn(_NO_SECRET.about(name=provider.known.name)))
    try:
        going = provider.redirect(
            request,
            process,
            next_url=get_next_redirect_url(request),
            data=request.user.get_username(),
        )
    except NotSignedIn as error:
        return _refused(request, error)
    told = {"place": going["Location"], "known": provider.known}
    return render(request, "console/identity_away.html", told)


def _refused(request: DeskRequest, error: NotSignedIn) -> HttpResponse:
    status = 503 if isinstance(error, ProviderAway) else 409
    told = {"status": status, "told": spoken(error)}
    return render(request, "console/trouble.html", told, status=status)


def _provider(request: DeskRequest) -> Provider:
    known = request.rooms.configuration.identity_provider
    if known is None:
        raise Http404
    return Provider(request, known)


PAGES = (
    Page("sign-in/provider/", "oidc", start, Opening.NOBODY),
    Page("sign-in/provider/back/", "oidc-back", back, Opening.NOBODY),
    Page("identity/", "own-identity", own_identity, Opening.ANYBODY, sure=True),
)
