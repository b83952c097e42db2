"""A route as postwarden.toml has it."""

from collections.abc import Set

from postwarden.durable.service import private_line
from postwarden.relocation.service import PermanentRouteError
from postwarden.relocation.settings import BackendSettings
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.imap import Place
from postwarden.servers.dovecot.route import DovecotRoute
from postwarden.servers.dovecot.staging import Login

_SECONDS = 60.0


def dovecot_route(settings: BackendSettings, hosts: Set[str]) -> DovecotRoute:
    """Give the route; nothing is read or connected to before it is used.

    Args:
        settings: of the backend.
        hosts: the provider's own, lower case.
    """

    def password() -> str:
        try:
            return private_line(settings.password_file)
        except OSError as error:
            told = f"{settings.password_file}: {error.strerror}; [[relocation.backends]] names it"
            raise PermanentRouteError(told) from error

    place = Place(settings.imap_host, settings.imap_port, settings.imap_tls)
    login = Login(place, settings.account, password, _SECONDS)
    return DovecotRoute(
        settings.name,
        Doveadm(settings.url, settings.api_key, _SECONDS),
        login,
        hosts,
        lazy=settings.lazy_expunge,
    )
