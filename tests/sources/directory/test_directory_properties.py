import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from directory_world import PROVIDER, read_table
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postwarden.sources.directory.expressions import (
    ExpressionError,
    compile_rule,
    highest_group,
    take_pattern,
)
from postwarden.sources.directory.lookup import EntryLookup
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.directory.values import normal_key, split_values
from postwarden.sources.records import EntryRecord, ProblemRecord

FORMATS = ["dovecot-passwd", "postfix-virtual", "postfix-regexp", "aliases", "csv"]
NAMES = st.sampled_from(["a", "b", "c", "d", "a+x", "x y", "SRS0=h=t=other.test=b"])
DOMAINS = st.sampled_from(["example.net", "second.example", "other.test", "alias.example"])
ADDRESSES = st.builds(lambda name, domain: normal_key(_written(name, domain)), NAMES, DOMAINS)
KEYS = st.one_of(ADDRESSES, DOMAINS.map("@{}".format), st.sampled_from(["a", "b"]))
VALUES = st.lists(st.one_of(KEYS, st.just("|cmd")), min_size=1, max_size=3, unique=True)
ROLES = st.sampled_from(["alias", "alias", "alias", "account", "canonical", "bcc"])


def _written(name, domain):
    return f'"{name}"@{domain}' if " " in name else f"{name}@{domain}"


@st.composite
def directories(draw):
    entries = []
    for line in range(draw(st.integers(0, 12))):
        role = draw(ROLES)
        kind = (
            draw(st.sampled_from(["literal", "literal", "local"])) if role == "alias" else "literal"
        )
        values = "\n".join(draw(VALUES))
        key = draw(KEYS)
        entries.append(EntryRecord(0, role, draw(st.integers(0, 2)), kind, key, values, "t", line))
    if draw(st.booleans()):
        entries.append(
            EntryRecord(0, "domain", 0, "literal", "alias.example", "example.net", "", 0)
        )
    if draw(st.booleans()):
        key, value = "/^(.)@second\\.example$/", "$1@example.net"
        entries.append(EntryRecord(0, "alias", 1, "regexp", key, value, "r", 1))
    return entries


def resolver(entries):
    regexps = [entry for entry in entries if entry.kind == "regexp"]
    return Resolver(PROVIDER, "example.net", EntryLookup(entries), regexps)


@settings(max_examples=60)
@given(directories(), st.lists(ADDRESSES, max_size=6, unique=True))
def test_together_or_alone_addresses_resolve_alike(entries, addresses):
    together = resolver(entries).resolve(addresses)
    for address in addresses:
        assert resolver(entries).resolve([address]) == {address: together[address]}


@settings(max_examples=60)
@given(directories(), ADDRESSES)
def test_what_is_reached_is_reached_by_a_chain_of_steps(entries, address):
    found = resolver(entries).resolve([address])[address]
    for account in (*found.accounts, *found.bcc_accounts):
        chain = found.chain_to(account)
        assert chain[0].source == address
        assert chain[-1].target == account
        assert chain[-1].via == "account"
        assert all(one.target == two.source for one, two in pairwise(chain))
    nothing = not (found.accounts or found.outside or found.commands)
    assert found.unknown <= nothing
    assert not (found.unknown and found.foreign)


@settings(max_examples=60)
@given(directories(), ADDRESSES, st.randoms())
def test_only_the_order_within_a_key_counts(entries, address, chance):
    keys = list(dict.fromkeys((entry.role, entry.table, entry.key) for entry in entries))
    chance.shuffle(keys)
    places = {key: place for place, key in enumerate(keys)}
    shuffled = sorted(entries, key=lambda one: places[one.role, one.table, one.key])
    before = resolver(entries).resolve([address])[address]
    after = resolver(shuffled).resolve([address])[address]
    assert (before.accounts, before.outside, before.commands) == (
        after.accounts,
        after.outside,
        after.commands,
    )


@settings(max_examples=60)
@given(directories(), ADDRESSES)
def test_a_later_table_never_answers_for_a_key_of_an_earlier_one(entries, address):
    first = EntryRecord(0, "alias", -1, "literal", address, address, "t", 99)
    bare = [
        entry for entry in entries if entry.role in {"account", "alias"} and entry.kind == "literal"
    ]
    found = resolver([first, *bare]).resolve([address])[address]
    assert {step.via for step in found.steps} <= {"account", "srs", "alias", "catch-all"}
    assert all(step.source != address or step.via in {"account", "srs"} for step in found.steps)


@settings(max_examples=60)
@given(directories(), st.text(max_size=40))
@example([], "")
@example([], "@")
@example([], "srs1=a==b@example.net")
@example([], "x" * 3000 + "@example.net")
def test_any_text_gets_an_answer(entries, text):
    assert set(resolver(entries).resolve([text])) == {text}


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
@example(data=b'"a\\')
@example(data=b"\x1c\n\x1c/a/ b\nif \x1c")
@example(data=b"a:\n:include:x\n/(/ \\\nif\n/a/$")
@example(data=b'a@b "c" (d) <e@f>; |"g\n\xff,\0\n')
def test_no_table_stops_the_reading(form, data):
    with tempfile.TemporaryDirectory() as folder:
        entries, problems = read_table(Path(folder), form, data)
        for record in (*entries, *problems):
            assert isinstance(record, EntryRecord | ProblemRecord)
            assert all(isinstance(one, str) and one.encode() for one in record[4:5])
            assert record.file == "table"
        assert os.listdir(folder) == ["table"]


@settings(max_examples=60)
@given(st.dictionaries(ADDRESSES, VALUES, max_size=8))
def test_virtual_tables_round_trip(table):
    sides = {key: ",\n ".join(values) for key, values in table.items()}
    lines = "".join(f"{key}\t{side}\n" for key, side in sides.items())
    with tempfile.TemporaryDirectory() as folder:
        entries, problems = read_table(Path(folder), "postfix-virtual", lines)
    assert problems == []
    assert {entry.key: entry.values.split("\n") for entry in entries} == table


@settings(max_examples=60)
@given(VALUES)
def test_values_written_out_are_read_back(values):
    assert split_values(", ".join(values)) == tuple(values)
    assert split_values(" ".join(values)) == tuple(values)


@settings(max_examples=60)
@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=20))
@example("if /a/\n/(b)/x", "$1$", "b")
def test_expressions_compile_or_say_why_not(text, template, subject):
    try:
        rule = compile_rule(text)
        highest_group(template)
    except ExpressionError:
        return
    taken, rest = take_pattern(text.split("\n")[-1])
    assert taken + rest == text.split("\n")[-1]
    try:
        result = rule.result(subject, template)
    except IndexError:
        assert highest_group(template) > rule.first.groups
        return
    assert result is None or rule.first.holds(subject)
