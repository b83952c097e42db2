"""Expressions that are remembered: quicker, and never another question's."""

import duckdb
import ibis
import pytest
from ibis.expr.schema import Schema

from postwarden.evidence.compiling import (
    _query,
    creation,
    described,
    names,
    query,
    remembered,
    table,
)

COLUMNS = {"account": "string", "size": "int64"}


@pytest.fixture
def copies():
    return table("copies", Schema(COLUMNS))


def larger(copies, size):
    return copies.filter(copies.size > size).group_by("account").agg(n=ibis._.count())


def test_the_same_question_of_another_snapshot_is_translated_once(copies):
    _query.cache_clear()
    first = query(larger(copies, 7))
    again = described("copies", (("account", "VARCHAR"), ("size", "BIGINT")))
    assert query(larger(again, 7)) == first
    assert (_query.cache_info().misses, _query.cache_info().hits) == (1, 1)


def test_another_value_column_or_table_is_another_question(copies):
    asked = [
        larger(copies, 7),
        larger(copies, 8),
        larger(copies, 7.0),
        copies,
        copies.limit(7),
        larger(table("copies", Schema(COLUMNS | {"size": "int32"})), 7),
        larger(table("others", Schema(COLUMNS)), 7),
    ]
    assert [query(one) for one in asked] == [
        ibis.to_sql(one, dialect="duckdb", pretty=False) for one in asked
    ]


def test_an_expression_is_built_once_for_the_same_tables_and_values(copies):
    built = []

    @remembered
    def asked(tables, sizes):
        built.append(sizes)
        return larger(tables["copies"], min(sizes))

    others = {"copies": table("others", Schema(COLUMNS))}
    for tables, sizes in (({"copies": copies}, [7, 9]), (others, [7, 9]), (others, [8, 9])):
        first = asked(tables, sizes)
        assert first.equals(larger(tables["copies"], min(sizes)))
        assert asked(dict(tables), list(sizes)) is first
    assert built == [[7, 9], [7, 9], [8, 9]]
    for equal in (1, 1.0):
        assert asked({"copies": copies}, [equal]).equals(larger(copies, equal))
    assert len(built) == 5


def test_the_tables_of_a_question_are_named(copies):
    others = table("others", Schema(COLUMNS))
    assert names(larger(copies.semi_join(others, "account"), 7)) == {"copies", "others"}
    assert names(copies.select("account")) == {"copies"}


def test_a_table_is_made_as_it_is_described():
    schema = Schema({'in "quotes"': "string", "hash": "uint64", "many": "array<string>"})
    with duckdb.connect() as connection:
        connection.execute(creation("kept", schema))
        made = connection.execute("DESCRIBE kept").fetchall()
    assert [row[:2] for row in made] == [
        ('in "quotes"', "VARCHAR"),
        ("hash", "UBIGINT"),
        ("many", "VARCHAR[]"),
    ]
    assert described("kept", tuple(row[:2] for row in made)) is table("kept", schema)
