"""allauth's way through the code flow, with the answers held to what OpenID Connect asks of a client."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

from postwarden.console.oidc.connecting import PROVIDER, key
from postwarden.console.oidc.discovery import away, keys, metadata
from postwarden.console.oidc.tokens import nonce_of, subject, wrong
from postwarden.people.service import IdentityProvider


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth publishes no types
    """The provider that postwarden.toml names, for one request."""

    def __init__(self, request: HttpRequest, known: IdentityProvider) -> None:
        app = SocialApp(
            provider=OpenIDConnectProvider.id,
            provider_id=PROVIDER,
            name=known.name,
            client_id=known.client_id,
            secret=known.secret,
        )
        super().__init__(request, app=app)
        self.known = known

    def get_oauth2_adapter(self, request: HttpRequest) -> "Door":
        """Give the way to it."""
        return Door(request, self)

    def get_scope(self) -> list[str]:
        """Ask for who it is, and for nothing else about them."""
        return ["openid"]

    def get_pkce_params(self) -> dict[str, Any]:
        """Give a new secret of a sign-in, which allauth keeps in the session, and what goes with it."""
        self.app.settings = {"oauth_pkce_enabled": True}
        made: dict[str, Any] = super().get_pkce_params()
        return made | {"nonce": nonce_of(made["code_verifier"])}

    def extract_uid(self, data: Mapping[str, str]) -> str:
        """Give what they are found by: issuer and subject, and nothing that either could change."""
        return key(data["issuer"], data["subject"])

    def extract_common_fields(self, data: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002  # allauth's
        """Take no name and no address."""
        return {}

    def extract_email_addresses(self, data: Mapping[str, str]) -> list[object]:  # noqa: ARG002  # likewise
        """Take none."""
        return []


class Door(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth publishes no types
    """One answer of a provider, from its code to who it is about."""

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        super().__init__(request, PROVIDER)
        self._provider = provider
        self._nonce = ""

    def get_provider(self) -> Provider:
        """Give whose answer it is."""
        return self._provider

    @cached_property
    def openid_config(self) -> Mapping[str, Any]:
        """What the provider says of itself; raises as `metadata`."""
        return metadata(self._provider.known)

    @property
    def basic_auth(self) -> bool:
        """How the shared secret is shown: by HTTP, unless the provider takes it in the form alone."""
        taken = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not taken or "client_secret_basic" in taken

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  # allauth's
        """Give where the provider sends people back to."""
        return request.build_absolute_uri(reverse("oidc-back"))

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: SocialApp,
        client: OAuth2Client,
        pkce_code_verifier: str | None = None,
    ) -> Mapping[str, Any]:
        """Exchange the code; raise `ProviderAway`, or `NotSignedIn` where it does not count."""
        self._nonce = nonce_of(pkce_code_verifier or "")
        try:
            told: Mapping[str, Any] = super().get_access_token_data(
                request, app, client, pkce_code_verifier
            )
        except RequestException:
            raise away(self._provider.known) from None
        except OAuth2Error:
            raise wrong(self._provider.known) from None
        return told

    def complete_login(
        self,
        request: HttpRequest,
        app: SocialApp,  # noqa: ARG002  # allauth's signature
        token: SocialToken,  # noqa: ARG002  # it is for asking more of the provider, which is not done
        **named: Mapping[str, Any],
    ) -> SocialLogin:
        """Give who it is about, by the identity token alone; raises as `subject` and `keys`."""
        known = self._provider.known
        signers = keys(known, self.openid_config["jwks_uri"])
        who = subject(named["response"].get("id_token"), signers, self._nonce, known)
        told = {"issuer": known.issuer, "subject": who}
        return self._provider.sociallogin_from_response(request, told)
