"""The one place that joins doors (servers/) to the rooms' ports.

Doors are imported where they are opened: only a scan needs them, and their libraries are slow to load.
"""

from postwarden.configuration import Configuration
from postwarden.evidence.service import Sources
from postwarden.verdicts.service import Installation


def sources(configuration: Configuration) -> Sources:
    """Give everything a scan reads, each by its door."""
    from postwarden.servers.doveadm import DoveadmServer  # noqa: PLC0415  # see the module
    from postwarden.servers.ldap import LdapServer  # noqa: PLC0415
    from postwarden.servers.sql import SqlServer  # noqa: PLC0415

    return Sources(
        provider=configuration.provider,
        home_domain=configuration.home_domain,
        base=configuration.base,
        stores=configuration.stores,
        directories=configuration.directories,
        logs=configuration.logs,
        tables={"sql": SqlServer(), "ldap": LdapServer()},
        mail=DoveadmServer(),
    )


def installation(configuration: Configuration) -> Installation:
    """Give what verdicts need to know of the provider."""
    return Installation(
        provider=configuration.provider,
        home_domain=configuration.home_domain,
        master_users=configuration.evidence.master_users,
    )
