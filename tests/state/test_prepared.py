"""Queries that are put into SQL once give what they give each time anew."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postwarden.people.models import Identity, TokenRow
from postwarden.state.service import Prepared

NAMES = ("anna", "ben", "o'hara", "\x01 value 0 \x01", "%s", "")


@pytest.fixture
def people(state):
    rows = [
        Identity(name=name, full_name=f"{name} Example", is_active=name != "ben") for name in NAMES
    ]
    for one in rows:
        one.save()
    TokenRow.objects.create(
        identity=rows[0], label="a", secret="s", scope=["case:case:read"], made=1, expires=1 << 60
    )
    return rows


def test_models_come_back_as_they_are_kept(people):
    prepared = Prepared(lambda name: Identity.objects.filter(name=name))
    for _ in range(2):
        for row in people:
            (found,) = prepared(row.name)
            assert (found, found.is_active, found.full_name) == (row, row.is_active, row.full_name)
    assert prepared.first("nobody") is None
    (token,) = Prepared(lambda most: TokenRow.objects.filter(expires__lte=most))(1 << 60)
    assert (token.scope, token.revoked) == (["case:case:read"], None)


def test_values_come_back_as_they_are_kept(people):
    rows = Prepared(
        lambda name: Identity.objects.filter(name=name).values_list("is_active", "full_name")
    )
    assert rows("ben") == [(False, "ben Example")]
    flat = Prepared(
        lambda name: (
            Identity.objects.exclude(name=name).order_by("pk").values_list("name", flat=True)
        )
    )
    assert flat("anna") == list(NAMES[1:])
    both = Prepared(
        lambda name, number: Identity.objects.filter(name=name, pk__gt=number).values_list(
            "name", "pk"
        )
    )
    assert both("ben", people[0].pk) == [("ben", people[1].pk)]
    assert both("anna", people[0].pk) == []


def test_a_query_is_asked_each_time_and_translated_once(people):
    made = []

    def make(name):
        made.append(name)
        return Identity.objects.filter(name=name)

    prepared = Prepared(make)
    with CaptureQueriesContext(connection) as asked:
        prepared("anna")
        Identity.objects.filter(name="anna").update(is_active=False)
        (anna,) = prepared("anna")
    assert not anna.is_active
    assert (len(asked), len(made)) == (3, 1)


def test_a_value_that_does_not_stand_as_it_is_cannot_be_prepared(people):
    prepared = Prepared(lambda part: Identity.objects.filter(name__contains=part))
    with pytest.raises(ValueError, match="as it is"):
        prepared("nn")
