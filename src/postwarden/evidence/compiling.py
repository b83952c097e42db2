"""Expressions as SQL, each built and translated once a process: the same is asked of every snapshot.

Building and translating take longer than answering where a snapshot is small. Two expressions are the
same where they ask the same of tables of the same name and columns; the snapshot behind the tables does
not matter, so that tables know none.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, ParamSpec

import ibis.expr.types as ir
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.expr.operations import DatabaseTable
from ibis.expr.schema import Schema

_MOST = 1_024
_COMPILER = DuckDBCompiler()

_Given = ParamSpec("_Given")


def table(name: str, schema: Schema) -> ir.Table:
    """Give the expression of a whole table, the same each time."""
    return _table(name, schema)


@lru_cache(_MOST)
def _table(name: str, schema: Schema) -> ir.Table:
    return DatabaseTable(name, schema=schema, source=None).to_expr()


def described(name: str, columns: tuple[tuple[str, str], ...]) -> ir.Table:
    """Give the expression of a table whose columns DuckDB describes by name and type."""
    return _table(name, _schema(columns))


@lru_cache(_MOST)
def _schema(columns: tuple[tuple[str, str], ...]) -> Schema:
    read = _COMPILER.type_mapper.from_string
    return Schema({name: read(kind, nullable=True) for name, kind in columns})


def query(expression: ir.Table) -> str:
    """Translate an expression to what DuckDB answers."""
    return _query(expression.op())


@lru_cache(_MOST)
def _query(op: Any) -> str:  # noqa: ANN401  # Ibis publishes no type for all operations
    text: str = _COMPILER.to_sqlglot(op.to_expr()).sql(dialect="duckdb", copy=False)
    return text


def names(expression: ir.Table) -> frozenset[str]:
    """Name the tables that an expression asks."""
    return _names(expression.op())


@lru_cache(_MOST)
def _names(op: Any) -> frozenset[str]:  # noqa: ANN401  # as above
    return frozenset(one.name for one in op.find(DatabaseTable))


@lru_cache(_MOST)
def creation(name: str, schema: Schema) -> str:
    """Give the statement that makes an empty table; the name is the program's own."""
    columns = ", ".join(
        column.sql(dialect="duckdb") for column in schema.to_sqlglot_column_defs("duckdb")
    )
    return f'CREATE TABLE "{name}" ({columns})'


def remembered(build: Callable[_Given, ir.Table]) -> Callable[_Given, ir.Table]:
    """Build an expression once a process for the same tables and values.

    Args:
        build: gives an expression and does nothing else; it takes tables, mappings and sequences of
            them, and values that can be hashed.
    """
    built: dict[Any, ir.Table] = {}

    @wraps(build)
    def again(*args: _Given.args, **more: _Given.kwargs) -> ir.Table:
        key = (_key(args), _key(more))
        if key not in built:
            if len(built) >= _MOST:
                built.clear()
            built[key] = build(*args, **more)
        return built[key]

    return again


def _key(given: Any) -> Any:  # noqa: ANN401  # whatever an expression is built of
    """Give what stands for an argument: an expression has no equality that is yes or no, its operation has."""
    if isinstance(given, ir.Expr):
        return given.op()
    if isinstance(given, Mapping):
        return tuple((name, _key(one)) for name, one in given.items())
    if isinstance(given, list | tuple):
        return tuple(_key(one) for one in given)
    return type(given), given  # 1, 1.0 and True are equal, and other questions
