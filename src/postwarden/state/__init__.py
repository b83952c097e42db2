"""Where what Postwarden knows is kept: one database, SQLite or PostgreSQL, through Django.

Purpose: open it, bring its tables up to date, and give rooms transactions they can rely on.
Input: the [state] section. Output: a database that the rooms' models use.
Promise: a transaction that was committed is on disk (WAL with synchronous = FULL, or PostgreSQL's
    default); one that was not left nothing. Upgrades are whole or not done, and happen once.
"""
