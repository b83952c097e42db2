"""What a password may not be made of: what everybody here knows."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from postwarden.configuration import Configuration
from postwarden.console.settings import CONFIGURATION, SHORTEST

_SHORT = 3


class NoNamesOfHere:
    """Refuses what is too short once names of this installation are left out."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:  # noqa: ARG002  # Django's
        """Look at a new password; raise `ValidationError`."""
        rest = password.casefold()
        for name in names_of_here(getattr(settings, CONFIGURATION)):
            rest = rest.replace(name, "")
        if len(rest) < SHORTEST:
            raise ValidationError(self.get_help_text(), code="names_of_here")

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return _("Names of this provider, of its domains and of Postwarden do not count.")


def names_of_here(configuration: Configuration) -> list[str]:
    """Give the names that count for nothing, the longest first; in small letters."""
    whole = [configuration.provider.name, "postwarden"]
    for one in configuration.organisations.every:
        whole += [one.name, one.full_name, *one.brands, *one.domains]
    whole += [*configuration.provider.domains, *configuration.provider.hosts]
    parts = (part for name in whole for part in (name, *name.replace(".", " ").split()))
    return sorted({one.casefold() for one in parts if len(one) > _SHORT}, key=len, reverse=True)
