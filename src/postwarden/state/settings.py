"""Where the state is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateSettings:
    """The [state] section.

    Attributes:
        path: the data directory, absolute: the SQLite file, keys, and what servers read.
        url: of a PostgreSQL database (libpq connection URI); None: SQLite in `path`.
    """

    path: str
    url: str | None = None
