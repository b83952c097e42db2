"""Translations that are remembered: quicker, and never another question's."""

import ibis
import pyarrow as pa
import pytest

from postwarden.evidence.compiling import Remembering, _translated

COMPILER = Remembering()


@pytest.fixture
def table():
    connection = ibis.duckdb.connect()
    connection.raw_sql("CREATE TABLE copies (account VARCHAR, size BIGINT)")
    yield connection.table("copies")
    connection.disconnect()


def sql(expression):
    return COMPILER.to_sqlglot(expression).sql("duckdb")


def larger(table, size):
    return table.filter(table.size > size).group_by("account").agg(n=ibis._.count())


def test_the_same_question_of_another_snapshot_is_translated_once(table):
    other = ibis.duckdb.connect()
    other.raw_sql("CREATE TABLE copies (account VARCHAR, size BIGINT)")
    _translated.cache_clear()
    first = sql(larger(table, 7))
    assert sql(larger(other.table("copies"), 7)) == first
    assert (_translated.cache_info().misses, _translated.cache_info().hits) == (1, 1)
    other.disconnect()


def test_another_value_column_or_table_is_another_question(table):
    connection = ibis.duckdb.connect()
    connection.raw_sql("CREATE TABLE copies (account VARCHAR, size INTEGER)")
    other = connection.table("copies")
    asked = [
        larger(table, 7),
        larger(table, 8),
        larger(table, 7.0),
        table,
        table.limit(7),
        larger(other, 7),
    ]
    assert [sql(one) for one in asked] == [
        ibis.to_sql(one, dialect="duckdb", pretty=False) for one in asked
    ]
    connection.disconnect()


def test_what_was_given_out_can_be_changed(table):
    first = sql(larger(table, 7))
    COMPILER.to_sqlglot(larger(table, 7)).set("limit", None)
    COMPILER.to_sqlglot(larger(table, 7)).expressions.clear()
    assert sql(larger(table, 7)) == first


def test_rows_of_this_process_are_not_kept(table):
    _translated.cache_clear()
    given = ibis.memtable(pa.table({"account": ["a"]}))
    assert "account" in sql(table.join(given, "account"))
    assert _translated.cache_info().currsize == 0
