# queries are made of this module's own constants
"""A synthetic snapshot of any size, written as the Parquet parts that a scan would leave.

Every row is a function of its number, so that what a question must find is known beforehand.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import duckdb

from postwarden.evidence.service import Manifest, Scope, Validity

HOST = "mx1.example.net"
DOMAINS = 40
FOLDER = "20261121T000000Z"
_CHUNK = 500_000
_DAYS = 30
_BEGAN = 1_795_000_000

# Messages spread over the accounts; three in a thousand are stored one account too far.
_MESSAGES = f"""
CREATE TEMP TABLE source AS
  SELECT *, 'user' || holder || '@d' || holder % {DOMAINS} || '.example' AS account,
    CASE WHEN owner < accounts // 2 AND (i % 3 = 0 OR wrong) THEN 'other.name' ELSE 'user' END
      || owner || '@d' || owner % {DOMAINS} || '.example' AS address,
    strftime(make_timestamp(second * 1000000), '%a, %d %b %Y %H:%M:%S +0000') AS day,
    second * 1000000 AS moment, second || '.M' || i % 1000000 || 'P' || i % 30000 || '.store1' AS base
  FROM (
    SELECT *, (owner + wrong::BIGINT) % accounts AS holder, {_BEGAN}::BIGINT + i * {_DAYS * 86400} // n
      AS second
    FROM (
      SELECT i, getvariable('copies') AS n, getvariable('accounts') AS accounts,
        i * 2654435761 % getvariable('accounts') AS owner, i % 1000 < 3 AS wrong,
        i % 50 = 7 AS sent, i % 2000 IN (1, 9) AS gone, 2000 + i * 7919 % 60000 AS size,
        '<' || hash(i, 1) || '.' || i || '@mail' || i % 5000 || '.sender.test>' AS message_id,
        left('Ab' || hash(i, 2) || 'xyz', 22) AS session, '4j' || left(hash(i, 3)::VARCHAR, 13) AS queue,
        'writer' || i % 90000 || '@sender.test' AS sender
      FROM range(getvariable('since'), getvariable('until')) r(i)
    )
  )
"""

_COPIES = f"""
SELECT 'store1' AS store, account,
  CASE WHEN sent THEN 'Sent' WHEN i % 9 = 0 THEN 'Archive' ELSE 'INBOX' END AS folder,
  CASE WHEN sent THEN '.Sent/' WHEN i % 9 = 0 THEN '.Archive/' ELSE '' END
    || 'cur/' || base || ',S=' || size AS file,
  base AS guid, i % 4000 + 1 AS uid, size, moment AS internal_date,
  CASE WHEN i % 2 = 0 THEN 'S' ELSE '' END AS flags, '' AS keywords, message_id, day AS "date",
  'A writer <' || sender || '>' AS from_,
  CASE WHEN NOT sent THEN '<' || sender || '>' END AS return_path,
  address AS "to", NULL::VARCHAR AS cc, NULL::VARCHAR AS bcc, NULL::VARCHAR AS list_id,
  CASE WHEN sent THEN '' ELSE
    'Delivered-To: ' || account || chr(10) || 'Received: from {HOST} ([127.0.0.1])'
    || '\tby store1.example.net with LMTP\tid ' || session || '\t(envelope-from <' || sender
    || '>)\tfor <' || account || '>; ' || day || chr(10)
    || 'Received: from mail.sender.test (mail.sender.test [192.0.2.7])\tby {HOST} (Postfix)'
    || ' with ESMTPS id ' || queue || '\tfor <' || address || '>; ' || day END AS trace,
  CASE WHEN sent THEN 0 ELSE 2 END::BIGINT AS hops, CASE WHEN NOT sent THEN session END AS lmtp_id,
  CASE WHEN NOT sent THEN queue END AS queue_id, CASE WHEN NOT sent THEN '{HOST}' END AS queue_host,
  CASE WHEN NOT sent THEN moment END AS received_at,
  CASE WHEN NOT sent THEN address END AS received_for,
  CASE WHEN NOT sent THEN account END AS delivered_to,
  NULL::VARCHAR AS x_original_to, NULL::VARCHAR AS redirected_from,
  2000 + i % 3000 AS header_size, hash(i, 4) || 'abcdef' || i AS header_hash,
  NULL::VARCHAR AS content_hash, NULL::VARCHAR AS relaxed_hash,
  NULL::BIGINT AS body_size, '' AS declared_hashes, 'read' AS state
FROM source WHERE NOT gone
"""

_DELIVERIES = f"""
SELECT server, moment + 1000000 AS "time", '{HOST}' AS host, server AS instance, 'lmtp' AS agent,
  CASE WHEN postfix THEN queue END AS queue_id, CASE WHEN postfix THEN moment END AS accepted_at,
  CASE WHEN postfix THEN 'smtp' END AS origin,
  CASE WHEN postfix THEN 'mail.sender.test[192.0.2.7]' END AS client,
  NULL::VARCHAR AS sasl_username, message_id, CASE WHEN postfix THEN sender END AS envelope_from,
  CASE WHEN postfix AND address <> account THEN address END AS original_recipient,
  account AS recipient, CASE WHEN NOT postfix THEN account END AS account,
  CASE WHEN postfix THEN 'store1.example.net[private/lmtp]' END AS relay, session AS session_id,
  NULL::VARCHAR AS session_part, i % 30000 AS pid,
  CASE WHEN postfix THEN 'sent' ELSE 'saved' END AS status,
  CASE WHEN postfix THEN '2.0.0' END AS dsn, size,
  CASE WHEN postfix THEN 1 END::BIGINT AS recipients,
  CASE WHEN NOT postfix THEN base || ',S=' || size END AS storage_id,
  CASE WHEN NOT postfix THEN 'INBOX' END AS folder, NULL::BIGINT AS uid,
  NULL::VARCHAR AS next_queue_id,
  CASE WHEN postfix THEN '250 2.0.0 <' || account || '> ' || session || ' Saved' END AS "text",
  CASE WHEN postfix THEN 'log/mail.log' ELSE 'log/dovecot.log' END AS file, i * 6 + 1 AS line
FROM source, (VALUES ('postfix', true), ('dovecot', false)) s(server, postfix)
WHERE NOT sent
"""

_ACCESSES = f"""
SELECT moment + 600000000 AS "time", '{HOST}' AS host, account, NULL::VARCHAR AS actor,
  left(hash(i, 5)::VARCHAR, 16) AS session, 'imap' AS protocol,
  '198.51.100.' || i % 250 AS address,
  CASE WHEN sent THEN 'appended' WHEN i % 20 = 0 THEN 'login' ELSE 'opened' END AS what,
  CASE WHEN sent THEN 'Sent' WHEN i % 20 > 0 THEN 'INBOX' END AS folder,
  NULL::VARCHAR AS source_folder, CASE WHEN i % 20 > 0 THEN i % 4000 + 1 END AS uid,
  CASE WHEN sent THEN message_id END AS message_id, CASE WHEN sent THEN size END AS size,
  NULL::BIGINT AS bodies, NULL::BIGINT AS headers, NULL::BIGINT AS messages,
  'log/dovecot.log' AS file, i * 6 + 3 AS line
FROM source WHERE i % 10 = 0 OR sent
"""

_NAMES = f"""
CREATE TEMP TABLE source AS
  SELECT a, a < getvariable('accounts') // 2 AS aliased,
    a || '@d' || a % {DOMAINS} || '.example' AS rest
  FROM range(getvariable('since'), getvariable('until')) r(a)
"""

_ENTRIES = """
SELECT 0::BIGINT AS directory, 'account' AS "role", 0::BIGINT AS "table", 'literal' AS kind,
  'user' || rest AS "key", 'user' || rest AS "values", 'directory/users' AS file, a + 1 AS line
FROM source
UNION ALL SELECT 0, 'alias', 0, 'literal', 'other.name' || rest, 'user' || rest,
  'directory/virtual', a + 1
FROM source WHERE aliased
"""

_MAILBOXES = """SELECT 'user' || rest AS account FROM source"""

_DIRECTORY = """
SELECT 'user' || rest AS address, 'user' || rest AS account, 'user' || rest AS "chain",
  'account' AS via, NULL::BIGINT AS valid_from, NULL::BIGINT AS valid_to, 0::BIGINT AS directory,
  'directory/users' AS file, a + 1 AS line
FROM source
UNION ALL SELECT 'other.name' || rest, 'user' || rest,
  'other.name' || rest || ' > user' || rest, 'alias', NULL, NULL, 0, 'directory/virtual', a + 1
FROM source WHERE aliased
"""

_SPANS = f"""
SELECT server, '{HOST}' AS host, file, {_BEGAN} * 1000000::BIGINT AS "first",
  {_BEGAN + _DAYS * 86400 + 3600} * 1000000::BIGINT AS "last",
  getvariable('copies') * 6 AS "lines", getvariable('copies') * 6 AS understood
FROM (VALUES ('postfix', 'log/mail.log'), ('dovecot', 'log/dovecot.log'),
  ('dovecot-events', 'log/events.log')) s(server, file)
"""


@dataclass(frozen=True, slots=True)
class _Tables:
    """Queries, by the table they fill, of what `source` makes of a range of numbers."""

    source: str
    queries: Mapping[str, str]


_OF_ACCOUNTS = _Tables(
    _NAMES, {"entries": _ENTRIES, "directory": _DIRECTORY, "mailboxes": _MAILBOXES}
)
_OF_MESSAGES = _Tables(
    _MESSAGES, {"copies": _COPIES, "deliveries": _DELIVERIES, "accesses": _ACCESSES}
)
_OF_LOGS = _Tables("", {"spans": _SPANS})


@dataclass(frozen=True, slots=True)
class Size:
    """How large a snapshot is: messages, and accounts (half as many addresses more)."""

    copies: int
    accounts: int

    @property
    def misdelivered(self) -> int:
        """Copies stored in the wrong mailbox, those that are gone included."""
        whole, rest = divmod(self.copies, 1000)
        return whole * 3 + min(rest, 3)


class Writer:
    """Writes the tables of one root, in which each snapshot is a folder; chunks in two processes."""

    def __init__(self, root: str, accounts: int) -> None:
        self._root = root
        self._accounts = accounts

    def directory(self) -> None:
        """Write the directory, which snapshots of every size share."""
        self._write(self._root, _OF_ACCOUNTS, Size(1, self._accounts), self._accounts)
        _join_in_order(os.path.join(self._root, "directory"))

    def snapshot(self, copies: int) -> str:
        """Write a snapshot and give the folder of snapshots that it is in."""
        size = Size(copies, self._accounts)
        root = os.path.join(self._root, str(copies))
        folder = os.path.join(root, FOLDER)
        self._write(folder, _OF_MESSAGES, size, copies)
        self._write(folder, _OF_LOGS, size, 1)
        for table in _OF_ACCOUNTS.queries:
            os.symlink(os.path.join(self._root, table), os.path.join(folder, table))
        self._manifest(folder)
        return root

    def _write(self, folder: str, tables: _Tables, size: Size, rows: int) -> None:
        for name in tables.queries:
            os.makedirs(os.path.join(folder, name))
        chunks = [
            _Chunk(
                folder, f"part-{number:04d}.parquet", tables, size, since, min(rows, since + _CHUNK)
            )
            for number, since in enumerate(range(0, rows, _CHUNK))
        ]
        if len(chunks) == 1:
            _write_chunk(chunks[0])
            return
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(_write_chunk, chunks))

    def _manifest(self, folder: str) -> None:
        taken = (_BEGAN + (_DAYS + 1) * 86_400) * 1_000_000
        manifest = Manifest(
            name=FOLDER,
            provider="Example Mail",
            purpose="bench",
            scope=Scope(),
            taken=taken,
            finished=taken,
            expires=taken + 90 * 86_400 * 1_000_000,
            content_hash=False,
            directories=(Validity(None, None),),
            parts=(),
        )
        with open(os.path.join(folder, "manifest.json"), "w", encoding="utf-8") as file:
            file.write(manifest.to_json())


@dataclass(frozen=True, slots=True)
class _Chunk:
    folder: str
    part: str
    tables: _Tables
    size: Size
    since: int
    until: int


def _join_in_order(folder: str) -> None:
    """Make one part of those of a directory, in the order that a scan leaves it in."""
    parts = sorted(os.scandir(folder), key=lambda one: one.name)
    with duckdb.connect() as engine:
        engine.execute("SET enable_progress_bar = false")
        rows = f"SELECT * FROM read_parquet('{folder}/part-*.parquet') ORDER BY account"
        options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 8192"
        engine.execute(f"COPY ({rows}) TO '{folder}/directory.parquet' ({options})")
    for one in parts:
        os.unlink(one.path)


def _write_chunk(chunk: _Chunk) -> None:
    options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
    variables = {
        "copies": chunk.size.copies,
        "accounts": chunk.size.accounts,
        "since": chunk.since,
        "until": chunk.until,
    }
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute("SET enable_progress_bar = false")
        for name, value in variables.items():
            engine.execute(f"SET VARIABLE {name} = {value}::BIGINT")
        if chunk.tables.source:
            engine.execute(chunk.tables.source)
        for name, query in chunk.tables.queries.items():
            path = os.path.join(chunk.folder, name, chunk.part)
            engine.execute(f"COPY ({query}) TO '{path}' ({options})")
