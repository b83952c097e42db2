"""What a provider says of itself: OpenID Connect Discovery 1.0, sections 3 and 4, and its keys (RFC 7517)."""

from collections.abc import Mapping
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from postwarden.console.oidc.errors import NotSignedIn, ProviderAway
from postwarden.people.service import IdentityProvider
from postwarden.vocabulary import said

_WELL_KNOWN = "/.well-known/openid-configuration"
_PATIENCE = 5.0  # seconds
_PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_AWAY = said(
    "{name} does not answer as it should. Try again in a moment; until then, sign in with your password"
    " or a passkey."
)
_OTHER = said(
    "{name} calls itself otherwise than postwarden.toml has it, or sends people elsewhere without TLS."
    " Whoever runs Postwarden has to look at [console.oidc]; sign in with your password or a passkey."
)


def metadata(provider: IdentityProvider) -> Mapping[str, Any]:
    """Ask a provider where it is asked for what.

    Raises:
        ProviderAway: it does not answer, or not with such a document.
        NotSignedIn: it is the document of another issuer, or names places without TLS.
    """
    found = _asked(provider, provider.issuer.rstrip("/") + _WELL_KNOWN)
    if any(not isinstance(found.get(name), str) for name in ("issuer", *_PLACES)):
        raise away(provider)
    scheme = urlsplit(provider.issuer).scheme
    safe = all(urlsplit(found[name]).scheme in ("https", scheme) for name in _PLACES)
    if found["issuer"] != provider.issuer or not safe:
        raise NotSignedIn(_OTHER.about(name=provider.name))
    return found


def keys(provider: IdentityProvider, place: str) -> jwt.PyJWKSet:
    """Ask a provider for the keys that it signs with; raise `ProviderAway`."""
    try:
        return jwt.PyJWKSet.from_dict(_asked(provider, place))
    except (jwt.PyJWTError, TypeError, AttributeError):
        raise away(provider) from None


def away(provider: IdentityProvider) -> ProviderAway:
    """Give the error of a provider that does not answer."""
    return ProviderAway(_AWAY.about(name=provider.name))


@cache
def _trusted() -> SSLContext:
    """Give whose certificates count; reading them takes longer than to ask."""
    return httpx.create_ssl_context()


def _asked(provider: IdentityProvider, place: str) -> dict[str, Any]:
    try:
        answer = httpx.get(place, timeout=_PATIENCE, verify=_trusted())
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise away(provider) from None
    if not isinstance(found, dict):
        raise away(provider)
    return found
