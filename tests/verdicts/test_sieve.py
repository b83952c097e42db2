"""The sieve settles only what the rules would call rightful, and drops nothing that they would tell."""

from pathlib import Path

import ibis
import pytest

from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.evidence.service import Engine, latest
from postwarden.verdicts import narrowing, sieve
from postwarden.verdicts.service import Examination, Question, Verdict
from postwarden.wiring import installation
from worlds.examined import scanned

EVERYTHING = Question(everything=True)
SETTLED = (Verdict.RIGHTFUL, Verdict.OWN)


@pytest.fixture(
    scope="module",
    params=[
        ("folded-recipients", "whole", 1),
        ("plus-addresses", "whole", 1),
        ("mixed", "hole", 1),
        ("user-mapped-wrongly", "hole", 5),
        ("catch-all", "absent", 1),
    ],
    ids=lambda param: "-".join(map(str, param)),
)
def snapshot(request, tmp_path_factory):
    """A snapshot folder with its configuration."""
    world, logs, seed = request.param
    tree = tmp_path_factory.mktemp(world) / "out"
    simulate(world, tree, accounts=14, messages=60, logs=logs, seed=seed)
    return scanned(tree), load(str(tree / "postwarden.toml"))


def findings(snapshot, question):
    folder, configuration = snapshot
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        manifest = latest(str(Path(folder).parent))
        examination = Examination(engine, manifest, installation(configuration))
        return list(examination.findings(question)), engine.count(engine.tables["copies"])


@pytest.fixture(scope="module")
def by_rules(snapshot):
    """Let every copy reach the rules: no delivery is good enough for the sieve."""
    with pytest.MonkeyPatch.context() as patch:
        good, nothing = sieve.good_deliveries, ibis.literal(value=False)
        patch.setattr(sieve, "good_deliveries", lambda *asked: good(*asked).filter(nothing))
        found, _ = findings(snapshot, EVERYTHING)
    return {one.id: one for one in found}


def test_sieve_and_rules_agree_on_every_copy(snapshot, by_rules):
    sieved, stored = findings(snapshot, EVERYTHING)
    assert len(sieved) == len({one.id for one in sieved})
    assert {one.id for one in sieved} == by_rules.keys()
    assert sum(not one.gone for one in sieved) == stored
    for one in sieved:
        rule = by_rules[one.id]
        assert (one.verdict, one.rightful, one.second_hand, one.gone, one.queue_id) == (
            (rule.verdict, rule.rightful, rule.second_hand, rule.gone, rule.queue_id)
        )
        assert set(one.original_recipients) == set(rule.original_recipients)


def test_what_is_told_by_default_is_all_that_is_not_settled(snapshot, by_rules):
    told, _ = findings(snapshot, Question())
    expected = {key: one for key, one in by_rules.items() if one.verdict not in SETTLED}
    assert {one.id: one for one in told} == expected


def test_what_is_told_does_not_depend_on_the_view_that_it_is_judged_from(snapshot, monkeypatch):
    told, _ = findings(snapshot, EVERYTHING)
    monkeypatch.setattr(narrowing, "MOST", -1)
    from_all, _ = findings(snapshot, EVERYTHING)
    assert {one.id: one for one in told} == {one.id: one for one in from_all}


def test_rightful_copies_are_counted_whether_sieved_or_judged(snapshot, by_rules):
    folder, configuration = snapshot
    rightful = [one for one in by_rules.values() if one.verdict is Verdict.RIGHTFUL]
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        manifest = latest(str(Path(folder).parent))
        examination = Examination(engine, manifest, installation(configuration))
        list(examination.findings(Question()))
        assert sum(examination.right().values()) == sum(not one.gone for one in rightful)
