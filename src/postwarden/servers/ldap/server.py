"""Entries of a search, page by page, as the `TableServer` port asks for them."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import (
    LDAPCommunicationError,
    LDAPException,
    LDAPOperationResult,
    LDAPResponseTimeoutError,
)

from postwarden.sources.service import (
    AmbiguousSourceError,
    PermanentSourceError,
    SourceError,
    TableSettings,
    TemporarySourceError,
)

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 60
_PAGE = 500
_TEMPORARY_RESULTS = frozenset({3, 51, 52})  # RFC 4511: timeLimitExceeded, busy, unavailable


class LdapServer:
    """A `TableServer` for tables of the format "ldap"."""

    def rows(self, table: TableSettings) -> Iterator[tuple[str, str]]:
        """Give each key of an entry with each of its values; one attribute gives (value, value)."""
        attributes = table.attributes
        if not attributes or not table.url or not table.query:
            raise PermanentSourceError(
                "an ldap table needs url, query and attributes = [key, value]"
            )
        given = 0
        try:
            with connection_to(table) as connection:
                for entry in entries_of(connection, table):
                    for pair in _pairs(entry, attributes[0], attributes[-1]):
                        yield pair
                        given += 1
        except (LDAPException, OSError) as error:
            raise fault(error, table, given) from error


@contextmanager
def connection_to(table: TableSettings) -> Iterator[Connection]:
    """Give a bound connection that only reads."""
    server = Server(table.url or "", get_info=NONE, connect_timeout=_CONNECT_SECONDS, tls=_Tls())
    connection = Connection(
        server,
        user=table.bind_dn,
        password=table.password,
        auto_referrals=False,
        read_only=True,
        raise_exceptions=True,
        receive_timeout=_ANSWER_SECONDS,
    )
    try:
        connection.bind()
        yield connection
    finally:
        socket = connection.socket
        connection.unbind()
        if socket is not None:  # ldap3 leaves it open where connecting failed
            socket.close()


class _Tls(Tls):
    """TLS with the server's certificate and name checked, which ldap3 by itself does not do."""

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:
        connection.socket = ssl.create_default_context().wrap_socket(
            connection.socket,
            server_hostname=connection.server.host,
            do_handshake_on_connect=do_handshake,
        )


def entries_of(connection: Connection, table: TableSettings) -> Iterator[Mapping[str, Any]]:
    """Give the raw attributes of the entries found, page by page."""
    found = connection.extend.standard.paged_search(
        search_base=table.base or "",
        search_filter=table.query,
        search_scope=SUBTREE,
        attributes=list(dict.fromkeys(table.attributes)),
        paged_size=_PAGE,
        generator=True,
    )
    return (entry["raw_attributes"] for entry in found if entry.get("type") == "searchResEntry")


def _pairs(entry: Mapping[str, Any], key: str, value: str) -> Iterator[tuple[str, str]]:
    folded = {name.lower(): values for name, values in entry.items()}
    values = [text_of(one) for one in folded.get(value.lower(), ())]
    for name in folded.get(key.lower(), ()):
        if key == value:
            yield text_of(name), text_of(name)
        else:
            yield from ((text_of(name), one) for one in values)


def text_of(value: bytes | str) -> str:
    """Give a value as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def fault(error: Exception, table: TableSettings, given: int) -> SourceError:
    """Turn an error of ldap3 into one of ours; `given` values had been given before."""
    parts = urlsplit(table.url or "")
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    reason = " ".join(str(error).split())[:300]
    if table.password:
        reason = reason.replace(table.password, "***")
    if given:
        return AmbiguousSourceError(
            f"{name} stopped answering after {given} values ({reason}); scan again"
        )
    silent = isinstance(error, LDAPCommunicationError | LDAPResponseTimeoutError | OSError)
    busy = isinstance(error, LDAPOperationResult) and error.result in _TEMPORARY_RESULTS
    if silent or busy:
        return TemporarySourceError(
            f"{name} does not answer ({reason}); see that it runs, try again"
        )
    return PermanentSourceError(
        f"{name} refused ({reason}); check url, base, query, bind_dn and password"
    )
