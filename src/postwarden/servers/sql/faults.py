"""What an error of a database means for the person on call."""

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from postwarden.sources.service import (
    AmbiguousSourceError,
    PermanentSourceError,
    SourceError,
    TemporarySourceError,
)

_TEXT_CAP = 300
_PASSING_STATES = ("08", "40", "53", "57")  # classes of SQLSTATE: PostgreSQL, appendix A
_PASSING_NUMBERS = frozenset({1040, 1053, 1205, 1213, *range(2000, 3000)})  # MariaDB; 2000+ client
_REFUSED = ("authentication failed", "does not exist", "no pg_hba.conf entry")


def shown(url: URL) -> str:
    """Name a server without user and password."""
    host = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"
    kind = url.drivername.partition("+")[0]
    return f"sqlite:///{url.database}" if kind == "sqlite" else f"{kind}://{host}/{url.database}"


def fault(error: SQLAlchemyError, url: URL, given: int) -> SourceError:
    """Turn an error of the driver into one of ours.

    Args:
        error: as SQLAlchemy raised it.
        url: of the server.
        given: how many rows had been given before.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = " ".join(str(cause).split())[:_TEXT_CAP]
    if url.password:
        reason = reason.replace(str(url.password), "***")
    if given:
        return AmbiguousSourceError(
            f"{shown(url)} stopped answering after {given} rows ({reason}); scan again"
        )
    if _passing(cause):
        return TemporarySourceError(
            f"{shown(url)} does not answer ({reason}); see that it runs, and try again"
        )
    return PermanentSourceError(
        f"{shown(url)} refused ({reason}); check url, query and the rights of the user"
    )


def _passing(cause: BaseException | None) -> bool:
    """Tell whether the same question may be answered later."""
    state = getattr(cause, "sqlstate", None)
    number = cause.args[0] if cause is not None and cause.args else None
    if isinstance(number, int):
        return number in _PASSING_NUMBERS
    if state is not None:
        return str(state).startswith(_PASSING_STATES)
    # psycopg gives no state where no session came about; the server's words tell a refusal
    return isinstance(cause, psycopg.OperationalError) and not any(
        words in str(cause) for words in _REFUSED
    )
