"""Where addresses were meant to go when their mail was accepted."""

import pytest

from postwarden.evidence.service import Validity
from postwarden.sources.service import EntryLookup, EntryRecord, Resolver
from postwarden.verdicts.destinations import Destinations
from postwarden.vocabulary import Provider

PROVIDER = Provider("Example", frozenset({"example.net"}), frozenset({"mx1.example.net"}), "+")
ANN, BEN, ANNA = "ann@example.net", "ben@example.net", "anna@example.net"
NOON = 1_000


def table(accounts, aliases, number=0):
    rows = [("account", name, name) for name in accounts]
    rows += [("alias", key, "\n".join(values)) for key, values in aliases.items()]
    return [
        EntryRecord(number, role, 0, "literal", key, values, "directory/virtual", line)
        for line, (role, key, values) in enumerate(rows, 1)
    ]


def destinations(*directories):
    """Each directory: when it is valid, its accounts and its aliases."""
    built = []
    for number, (validity, accounts, aliases) in enumerate(directories):
        lookup = EntryLookup(table(accounts, aliases, number))
        built.append((validity, Resolver(PROVIDER, "example.net", lookup, []), lookup))
    return Destinations(built, "+")


@pytest.fixture
def reassigned():
    """Until noon info@ was ann's, then ben's."""
    return destinations(
        (Validity(None, NOON), [ANN, BEN], {"info@example.net": [ANN]}),
        (Validity(NOON, 2 * NOON), [ANN, BEN], {"info@example.net": [BEN]}),
    )


def test_an_address_leads_where_it_was_meant_to_at_that_time(reassigned):
    for moment, account in ((0, ANN), (NOON - 1, ANN), (NOON, BEN), (2 * NOON - 1, BEN)):
        assert reassigned.destination("info@example.net", moment).accounts == {account}


def test_a_time_that_no_directory_covers_is_open(reassigned):
    assert not reassigned.destination("info@example.net", 2 * NOON).covered
    assert reassigned.destination("info@example.net", None).accounts == {BEN}


def test_a_renamed_account_keeps_the_mail_of_its_old_name():
    renamed = destinations(
        (Validity(None, NOON), [ANN, BEN], {}),
        (Validity(NOON, None), [ANNA, BEN], {ANN: [ANNA]}),
    )
    assert renamed.destination(ANN, 0).accounts == {ANN, ANNA}
    assert renamed.destination(BEN, 0).accounts == {BEN}
    assert renamed.destination(ANN, NOON).accounts == {ANNA}
    assert renamed.later_names({ANN, BEN}, 0) == {ANNA}
    assert renamed.later_names({ANN, BEN}, NOON) == frozenset()


def test_prefetching_changes_no_answer(reassigned):
    plain = [reassigned.destination("info@example.net", moment) for moment in (0, NOON)]
    fresh = destinations(
        (Validity(None, NOON), [ANN, BEN], {"info@example.net": [ANN]}),
        (Validity(NOON, 2 * NOON), [ANN, BEN], {"info@example.net": [BEN]}),
    )
    fresh.prefetch([("info@example.net", 0), ("info@example.net", NOON), ("x@other.test", None)])
    assert [fresh.destination("info@example.net", moment) for moment in (0, NOON)] == plain


def test_strangers_unknown_names_and_citations(reassigned):
    assert reassigned.destination("x@other.test", 0).foreign
    assert not reassigned.destination("nobody@example.net", 0).known
    found = reassigned.destination("info@example.net", 0)
    assert found.known
    assert {citation.file for citation in found.citations} == {"directory/virtual"}


def test_a_catch_all_that_captures_an_account_leaves_it_entitled():
    captured = destinations((Validity(None, None), [ANN, BEN], {"@example.net": [BEN]}))
    assert ANN in captured.destination(ANN, 0).entitled


@pytest.mark.parametrize("address", [ANN, "ann+shop@example.net", "ann"])
def test_a_final_recipient_names_its_account(address, reassigned):
    expected = ANN if "@" in address else None
    assert reassigned.account_of(address, 0) == expected
    assert reassigned.account_of("nobody@example.net", 0) is None
