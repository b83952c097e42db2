"""What Postwarden says of a provider whose real servers misdelivered mail, held against the truth."""

import json
from collections import Counter, defaultdict

import pytest

from postwarden.evidence.service import Engine
from postwarden.verdicts.sizes import Measured, measured
from worlds.examined import examined, scanned

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def rows(provider):
    return [json.loads(line) for line in (provider / "truth.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def pairs(provider, rows):
    """Each row of the truth with its finding; copies that differ only in how they came, in any order."""
    found = defaultdict(list)
    for finding in examined(provider).findings:
        found[finding.account, finding.folder, finding.message_id, finding.gone].append(finding)
    paired = []
    for row in sorted(rows, key=lambda row: row["file"] is None):
        there = found[row["account"], row["folder"], row["message_id"], row["gone"]]
        fitting = [one for one in there if one.file == row["file"]]
        fitting += [one for one in there if one.verdict == row["verdict"]]
        assert there, row
        chosen = (fitting or there)[0]
        there.remove(chosen)
        paired.append((row, chosen))
    assert not [one for rest in found.values() for one in rest if not one.gone]
    return paired


def test_every_verdict_is_one_that_nobody_could_call_wrong(pairs):
    wrong = [
        (row["act"], row["verdict"], str(found.verdict), row["account"], row["message_id"])
        for row, found in pairs
        if str(found.verdict) not in row["accept"]
    ]
    assert wrong == []
    counted = Counter(str(found.verdict) for _, found in pairs)
    assert counted["misdelivered"] > 20
    assert counted["rightful"] > 100


def test_owners_and_ways_of_what_was_misdelivered(pairs):
    asked = 0
    for row, found in pairs:
        if str(found.verdict) != "misdelivered":
            continue
        told = (sorted(found.rightful), sorted(found.original_recipients))
        assert told == (sorted(row["rightful"]), sorted(row["original_recipients"])), row
        assert found.has_rightful_copy == row["has_rightful_copy"], row
        assert row["second_hand"] in (None, found.second_hand), row
        asked += 1
    assert asked > 20


def test_who_opened_what_is_never_told_falsely(pairs):
    opened = Counter()
    for row, found in pairs:
        if str(found.verdict) == "misdelivered":
            assert row["opened"] is None or found.exposure.opened in (row["opened"], None), row
            opened[found.exposure.opened] += 1
    assert opened[True]
    assert opened[False]


def test_real_servers_agree_on_sizes_but_for_folded_lines(provider):
    """Postfix's size of a queue file and Dovecot's of the stored copy differ by known lines alone."""
    with Engine(str(scanned(provider)), memory="1GB", threads=1) as engine:
        found = measured(engine.tables["copies"], engine.tables["deliveries"])
        excess = [one.excess for one in engine.records(found, Measured)]
    assert len(excess) > 200
    assert {abs(one) for one in excess} <= {0, 1}
    assert excess.count(0) > len(excess) / 2
