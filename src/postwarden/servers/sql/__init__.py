"""Door to SQL servers that hold address tables or people: SQLite, PostgreSQL, MySQL and MariaDB.

Purpose: give the rows of one query, as a `TableServer`, through SQLAlchemy.
Input: `TableSettings` with `url` and `query`. Output: (key, value) for each row, streamed.
Promise: the server is asked in a read-only transaction; an SQLite file is copied first, so that
nothing beside it changes. Errors name the server, never its password.
"""

from postwarden.servers.sql.server import SqlServer

__all__ = ["SqlServer"]
