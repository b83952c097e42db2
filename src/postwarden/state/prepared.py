"""Queries that are put into SQL once: requests ask them each time, and the way to SQL takes longer than they do."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable

_T = TypeVar("_T")
_Value = str | int


class _Translated(NamedTuple):
    """A query in SQL.

    Attributes:
        sql: with placeholders.
        words: for each placeholder a constant, or which of the values comes there.
        rows: makes what the query gives out of what the database gives.
    """

    sql: str
    words: Sequence["Any | _Place"]
    rows: Callable[[list[tuple[Any, ...]]], Iterator[Any]]


class _Place(NamedTuple):
    number: int


class Prepared(Generic[_T]):
    """A query of some values, each of which stands in it as it is: not in a list, nor as a part of a text.

    Args:
        make: gives the query of such values: of models with all their columns, or `values_list`.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, _T]]) -> None:
        self._make = make
        self._known: dict[tuple[str, tuple[type, ...]], _Translated] = {}

    def __call__(self, *values: _Value) -> list[_T]:
        """Ask for these values, which are of the same types each time; give all rows."""
        key = connection.vendor, tuple(map(type, values))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _translated(self._make, values)
        words = [values[one.number] if isinstance(one, _Place) else one for one in known.words]
        with connection.cursor() as cursor:
            cursor.execute(known.sql, words)
            found = cursor.fetchall()
        return list(known.rows(found))

    def first(self, *values: _Value) -> _T | None:
        """Give the first row; None where there is none."""
        return next(iter(self(*values)), None)


def _translated(make: Callable[..., QuerySet[Any, Any]], values: Sequence[_Value]) -> _Translated:
    marks = [_mark(number, one) for number, one in enumerate(values)]
    places = {mark: _Place(number) for number, mark in enumerate(marks)}
    query = make(*marks)
    compiler = query.query.get_compiler(connection=connection)
    sql, told = compiler.as_sql()
    words = [places.get(one, one) if isinstance(one, str | int) else one for one in told]
    if not places.keys() <= {*told}:
        raise ValueError("a value does not stand in the query as it is")
    converters = compiler.get_converters([one for one, *_ in compiler.select])
    maker = _maker(query)

    def rows(found: list[tuple[Any, ...]]) -> Iterator[Any]:
        made = compiler.apply_converters(found, converters) if converters else found
        return map(maker, made)

    return _Translated(sql, words, rows)


def _mark(number: int, value: _Value) -> _Value:
    """Give what stands for a value while the query is translated: it occurs nowhere else."""
    return f"\x01 value {number} \x01" if isinstance(value, str) else -(1 << 62) - number


def _maker(query: QuerySet[Any, Any]) -> Callable[[Sequence[Any]], Any]:
    kind = query._iterable_class  # noqa: SLF001  # Django has no public name for it
    if issubclass(kind, ModelIterable):
        model: type[Model] = query.model
        names = [one.attname for one in model._meta.concrete_fields]  # noqa: SLF001  # documented by Django
        return lambda row: model.from_db(connection.alias, names, row)
    if issubclass(kind, FlatValuesListIterable):
        return lambda row: row[0]
    return tuple
