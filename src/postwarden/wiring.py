"""The one place that joins doors (servers/) to the rooms' ports."""

from postwarden.configuration import Configuration
from postwarden.evidence.service import Sources
from postwarden.servers.doveadm import DoveadmServer
from postwarden.servers.ldap import LdapServer
from postwarden.servers.sql import SqlServer
from postwarden.verdicts.service import Installation


def sources(configuration: Configuration) -> Sources:
    """Give everything a scan reads, each by its door."""
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
