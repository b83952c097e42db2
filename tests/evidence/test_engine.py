"""The engine: what is asked while an answer is read bit by bit takes nothing from it."""

import ibis
import pyarrow as pa
import pytest

from postwarden.evidence.service import Engine

ROWS = 300_000
"""More than DuckDB computes ahead of its reader."""


@pytest.fixture
def engine(tmp_path):
    with Engine(str(tmp_path), memory="500MB", threads=1) as opened:
        yield opened


@pytest.fixture
def numbers(engine):
    return engine.given({"number": pa.int64()}, ((number,) for number in range(ROWS)))


def read(batches):
    return [number for batch in batches for number in batch.column("number").to_pylist()]


def test_answers_read_in_turn_are_whole(engine, numbers):
    kept = engine.keep(numbers.mutate(number=numbers.number + 1))
    rest = engine.batches(kept, size=50_000)
    first = read([next(rest)])
    assert len(first) < ROWS
    assert engine.count(numbers) == ROWS
    assert engine.table(numbers.filter(numbers.number == 7)).to_pylist() == [{"number": 7}]
    assert sorted(read(engine.batches(numbers))) == list(range(ROWS))
    assert engine.count(engine.keep(kept.limit(3))) == 3
    assert sorted(first + read(rest)) == list(range(1, ROWS + 1))


def test_what_is_stored_has_the_columns_that_were_asked_for(engine, numbers):
    asked = numbers.group_by(odd=numbers.number % 2).agg(
        many=ibis._.count(), total=ibis._.number.sum()
    )
    kept = engine.keep(asked)
    assert kept.schema() == asked.schema()
    assert engine.table(kept.order_by("odd")).to_pylist() == [
        {"odd": 0, "many": ROWS // 2, "total": sum(range(0, ROWS, 2))},
        {"odd": 1, "many": ROWS // 2, "total": sum(range(1, ROWS, 2))},
    ]
    assert engine.table(kept).schema.field("total").type == pa.int64()
