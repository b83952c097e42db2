"""Identity tokens (pure): OpenID Connect Core 1.0, section 3.1.3.7, as signed JWTs (RFC 7519, RFC 8725)."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import jwt

from postwarden.console.oidc.errors import NotSignedIn
from postwarden.people.service import IdentityProvider
from postwarden.vocabulary import said

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by the provider's own key; none that the shared secret could make, and never "none"."""
_LEEWAY = 60  # seconds that two clocks may differ
_NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_WRONG = said(
    "what {name} answered was not meant for this sign-in, or is too old. Begin once more, and tell"
    " whoever runs Postwarden if it happens again."
)


def nonce_of(verifier: str) -> str:
    """Give the nonce that goes with the secret of a sign-in (PKCE): whoever sees it learns nothing of that."""
    return hashlib.sha256(f"nonce {verifier}".encode()).hexdigest()


def subject(token: object, keys: jwt.PyJWKSet, nonce: str, provider: IdentityProvider) -> str:
    """Give whom an identity token is about.

    Args:
        token: as the provider gave it, for the code of this sign-in.
        keys: the provider's own.
        nonce: of this sign-in.
        provider: whose token it has to be.

    Raises:
        NotSignedIn: it is of somebody else, for somebody else, for another sign-in, too old, unsigned, or
            none at all. Which of these is not told.
    """
    try:
        key = _key(str(token), keys)
        told = jwt.decode(
            str(token),
            key,
            algorithms=ALGORITHMS,
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=_LEEWAY,
            options={"require": _NEEDED},
        )
    except jwt.PyJWTError:
        raise wrong(provider) from None
    if not _for_us(told, provider.client_id) or not hmac.compare_digest(
        str(told["nonce"]).encode(), nonce.encode()
    ):
        raise wrong(provider)
    return str(told["sub"])


def _for_us(told: Mapping[str, Any], client: str) -> bool:
    """Tell whether a token that names a client among its audiences is for this client, and asked for by it."""
    alone = told["aud"] in (client, [client])
    return bool(told.get("azp", client if alone else None) == client)


def wrong(provider: IdentityProvider) -> NotSignedIn:
    """Give the error of an answer that counts for nothing."""
    return NotSignedIn(_WRONG.about(name=provider.name))


def _key(token: str, keys: jwt.PyJWKSet) -> jwt.PyJWK:
    """Give the key that a token says it was signed with; one that has no name where there is one alone."""
    name = jwt.get_unverified_header(token).get("kid")
    fitting = [one for one in keys.keys if name is None or one.key_id == name]
    if len(fitting) != 1:
        raise jwt.InvalidKeyError
    return fitting[0]
