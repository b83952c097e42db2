"""What an operator says of the sources, validated; see docs/reference/configuration.md for the file itself."""

from dataclasses import dataclass

from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """One mail storage.

    Attributes:
        name: names the store in evidence.
        driver: "maildir" or "doveadm".
        path: maildir: template with {domain}, {local}, {account}; absolute after loading.
        command: doveadm: the command and its first arguments, such as ["doveadm", "-c", "/etc/x.conf"].
        url: doveadm: base of the HTTP API, such as "http://127.0.0.1:8080/doveadm/v1".
        api_key: doveadm: the HTTP API's key.
    """

    name: str
    driver: str
    path: str | None = None
    command: tuple[str, ...] = ()
    url: str | None = None
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class TableSettings:
    """One address table of one format.

    Attributes:
        format: "dovecot-passwd", "postfix-virtual", "postfix-regexp", "aliases", "csv", "sql", "ldap".
        path: of a text table; absolute after loading.
        url: of a database or LDAP server.
        query: SQL statement; LDAP filter.
        base: LDAP search base.
        attributes: LDAP: key and value attribute.
        bind_dn: LDAP: who asks.
        password: LDAP: the bind password.
    """

    format: str
    path: str | None = None
    url: str | None = None
    query: str | None = None
    base: str | None = None
    attributes: tuple[str, ...] = ()
    bind_dn: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """The address directory as intended from `valid_from` until before `valid_to` (None: open)."""

    accounts: tuple[TableSettings, ...]
    aliases: tuple[TableSettings, ...] = ()
    domain_aliases: tuple[tuple[str, str], ...] = ()
    canonical: tuple[TableSettings, ...] = ()
    bcc: tuple[TableSettings, ...] = ()
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True)
class LogSettings:
    """One set of log files.

    Attributes:
        format: "postfix", "journald", "dovecot", "dovecot-events".
        path: glob; absolute after loading.
        host: where the lines do not say it.
        year: of the first classic stamp; None: inferred from the files, and said so.
    """

    format: str
    path: str
    host: str | None = None
    year: int | None = None
