"""allauth's questions about who comes by a provider of identities."""

import os
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from postwarden.console.oidc.connecting import connect
from postwarden.console.oidc.door import Provider
from postwarden.console.oidc.errors import NotSignedIn
from postwarden.console.oidc.tokens import wrong
from postwarden.rooms import present
from postwarden.vocabulary import said

_UNKNOWN = said(
    "{name} knows you, but Postwarden does not know you by it. Sign in with your password or a passkey, and"
    " connect the two under your name; without either, ask whoever manages people here for a link."
)
_GONE = said("{who} acts no more here. If that is a mistake, ask whoever manages people here.")
_OTHERS = said("somebody else is signed in here by now. Nothing was connected; begin once more.")


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Nobody is added, and nobody is taken for somebody by what a provider says of them."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Provider:
        """Give the provider that postwarden.toml names, to whom a sign-in that was begun goes back.

        Raises:
            ValueError: it names none, or another by now; a sign-in that is under way begins anew.
        """
        known = request.rooms.configuration.identity_provider  # type: ignore[attr-defined]  # as in gate
        if known is None or client_id not in (None, known.client_id):
            raise ValueError(provider)
        return Provider(request, known)

    def get_requests_session(self) -> Any:  # noqa: ANN401  # of requests, which publishes no types
        """Give what codes are exchanged with: it trusts whom everything else here trusts."""
        session = super().get_requests_session()
        session.trust_env = False
        session.max_redirects = (
            0  # our secret goes to the address that was configured, and to no other
        )
        session.verify = os.environ.get("SSL_CERT_FILE") or True
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002  # allauth's
        """People are added by people: a provider adds nobody."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect, where that was asked for; else see that who comes is known, and acts here.

        Raises:
            NotSignedIn: they are not, or act no more, or somebody else began this.
        """
        sociallogin.token = None  # it would be kept in the session, and nothing is asked with it
        if sociallogin.state["process"] == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_connected(request, sociallogin))
        if not sociallogin.is_existing:
            raise NotSignedIn(_UNKNOWN.about(name=sociallogin.provider.known.name))
        if not sociallogin.user.is_active:
            raise NotSignedIn(_GONE.about(who=sociallogin.user.get_username()))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,  # noqa: ARG002  # allauth's signature
        extra_context: dict[str, object] | None = None,  # noqa: ARG002  # likewise
    ) -> NoReturn:
        """Say what became of it; raise `NotSignedIn`."""
        if error == AuthError.CANCELLED:
            messages.info(request, _("Nothing was changed: you did not go on there."))
            raise ImmediateHttpResponse(
                redirect("own" if request.user.is_authenticated else "account_login")
            )
        raise wrong(provider.known)


def _connected(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    name = request.user.get_username()
    if not request.user.is_authenticated or name != sociallogin.state["data"]:
        raise NotSignedIn(_OTHERS)
    told = sociallogin.account.extra_data
    record = request.rooms.record  # type: ignore[attr-defined]  # as in gate
    connect(name, told["issuer"], told["subject"], record, present())
    messages.success(request, _("From now on you can sign in that way, too."))
    return redirect("own-identity")
