"""The section [console]."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from postwarden.configuration.keys import first_line
from postwarden.configuration.values import FilePath, Model, some
from postwarden.people.settings import IdentityProvider

_HERE = ("localhost", "127.0.0.1", "::1")


def _issuer(value: str) -> str:
    """Check an issuer as OpenID Connect Discovery 1.0 has it; a provider on this host may do without TLS."""
    place = urlsplit(value)
    secure = place.scheme == "https" or (place.scheme == "http" and place.hostname in _HERE)
    if not (secure and place.hostname) or place.query or place.fragment or place.username:
        raise ValueError("write its address as https://HOST or https://HOST/PATH")
    return value


class _Oidc(Model):
    issuer: Annotated[str, AfterValidator(_issuer)] = Field(
        description="The provider's own name for itself, to the letter, such as"
        " https://login.example.net/realms/staff."
    )
    client_id: Annotated[str, AfterValidator(some)] = Field(
        description="What the provider calls Postwarden."
    )
    client_secret_file: FilePath = Field(
        description="File with the secret that it shares with Postwarden in the first line, read by the"
        " console alone; a credential of the file's name that systemd gives the service comes first."
    )
    name: Annotated[str, AfterValidator(some)] = Field(
        max_length=40, description="As people know it; the button to sign in names it."
    )

    def settings(self) -> IdentityProvider:
        """Give the room's settings."""
        secret = first_line(self.client_secret_file)
        return IdentityProvider(self.issuer, self.client_id, secret, self.name)


class ConsoleSection(Model):
    """[console]."""

    oidc: _Oidc | None = Field(
        default=None,
        description="Let people also sign in by a provider of identities, with OpenID Connect; without"
        " it, by password or passkey alone.",
    )

    def settings(self) -> IdentityProvider | None:
        """Give the room's settings; None without a provider."""
        return None if self.oidc is None else self.oidc.settings()
