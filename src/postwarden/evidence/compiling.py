"""Expressions as SQL, each translated once a process: the same questions are asked of every snapshot.

Translating takes longer than answering where a snapshot is small. Two expressions are the same where they
ask the same of tables of the same name and schema; the snapshot behind the tables does not matter.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.expr.operations import InMemoryTable

_MOST = 256


class Remembering(DuckDBCompiler):  # type: ignore[misc]  # Ibis publishes no complete types
    """Ibis' compiler for DuckDB, which remembers its last translations."""

    __slots__ = ()

    def translate(self, op: Any, *, params: Mapping[Any, Any]) -> Any:  # noqa: ANN401  # as Ibis has it
        """Translate an operation; the answer is the caller's to change."""
        if params or op.find(InMemoryTable):  # rows of this process come under a new name each time
            return super().translate(op, params=params)
        return _translated(op).copy()


@lru_cache(_MOST)
def _translated(op: Any) -> Any:  # noqa: ANN401  # as Ibis has it
    return DuckDBCompiler().translate(op, params={})
