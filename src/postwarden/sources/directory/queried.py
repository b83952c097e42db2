"""Tables that a server answers by a query (SQL, LDAP), through the `TableServer` port."""

from urllib.parse import urlsplit

from postwarden.sources.directory.files import Source
from postwarden.sources.directory.rows import Row, Rows
from postwarden.sources.directory.values import normal_key, split_values
from postwarden.sources.errors import SourceError
from postwarden.sources.ports import TableServer
from postwarden.sources.settings import TableSettings


def shown_url(url: str) -> str:
    """Name a server in citations: its URL without user and password; "" when it is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if not parts.scheme:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def read_queried(source: Source, table: TableSettings, server: TableServer) -> Rows:
    """Read every row; a server that fails becomes a problem, what it gave before stays."""
    number = 0
    try:
        for number, (key, value) in enumerate(server.rows(table), start=1):
            values = split_values(value)
            if not key.strip() or not values:
                yield source.problem("broken-line", "has no key or no value", number)
            else:
                yield Row("literal", normal_key(key), values, number)
    except SourceError as error:
        yield source.problem("unreadable-table", str(error), number or None)
