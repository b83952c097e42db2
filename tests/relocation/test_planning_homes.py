"""In which store a message arrives: where evidence has its owner's mail, else where one way alone leads."""

from types import SimpleNamespace

import pytest

from postwarden.relocation.acts import BY_LMTP
from postwarden.relocation.drafting.service import stores_of
from postwarden.relocation.ports import Room

EVE = "eve@example.net"


def way(*accounts):
    return SimpleNamespace(rooms=lambda asked: {one: Room(one in accounts) for one in asked})


@pytest.mark.parametrize("known", ["one", "two"])
def test_backends_with_one_user_database_do_not_say_where_the_mail_is(known):
    routes = {"one": way(EVE), "two": way(EVE)}
    assert stores_of(routes, {EVE}, {EVE: [known]}) == ({EVE: known}, frozenset(), {})


@pytest.mark.parametrize("known", [{}, {EVE: ["two", "one"]}])
def test_one_whose_mail_may_be_in_several_is_left(known):
    routes = {"one": way(EVE), "two": way(EVE), BY_LMTP: way(EVE)}
    assert stores_of(routes, {EVE}, known, by_lmtp=True) == ({}, {EVE}, {})


def test_stores_of_one_backend_lead_to_one_mailbox():
    backend = way(EVE)
    assert stores_of({"two": backend, "one": backend}, {EVE}, {}).stores == {EVE: "one"}


def test_where_evidence_has_no_mail_the_one_way_that_knows_the_account_is_taken():
    assert stores_of({"one": way(), "two": way(EVE)}, {EVE}, {}).stores == {EVE: "two"}


def test_a_known_store_without_a_way_is_none_for_another():
    routes = {"one": way(EVE), BY_LMTP: way(EVE)}
    assert stores_of(routes, {EVE}, {EVE: ["two"]}).stores == {EVE: "two"}
    assert stores_of(routes, {EVE}, {EVE: ["two"]}, by_lmtp=True).stores == {EVE: BY_LMTP}


def test_a_mailbox_that_is_there_no_more_is_none():
    routes = {"one": way(), "two": way(EVE), BY_LMTP: way(EVE)}
    assert stores_of(routes, {EVE}, {EVE: ["one"]}) == ({}, frozenset(), {})
    assert stores_of(routes, {EVE}, {EVE: ["one"]}, by_lmtp=True).stores == {EVE: BY_LMTP}


def test_what_is_left_of_a_quota_is_told_of_the_store_that_is_chosen():
    full = SimpleNamespace(rooms=lambda asked: {one: Room(True, 7) for one in asked})
    found = stores_of({"one": way(EVE), "two": full}, {EVE}, {EVE: ["two"]})
    assert (found.stores, found.left) == ({EVE: "two"}, {EVE: 7})
    assert stores_of({"one": way(EVE), "two": full}, {EVE}, {EVE: ["one"]}).left == {}
