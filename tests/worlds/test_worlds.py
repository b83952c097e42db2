"""Every world: nobody wrongly accused, and every wrong copy found whose proofs survive."""

import os
from pathlib import Path

import pytest

from needed import lacking
from postwarden.drills.simulated import WORLDS, simulate
from postwarden.verdicts.service import Question, Verdict
from worlds.agreement import differences
from worlds.examined import examined

BENIGN = [name for name, world in WORLDS.items() if world.benign]
FAULTS = [name for name, world in WORLDS.items() if not world.benign]
CORPUS = Path(__file__).parents[2] / "build" / "corpus" / "package" / "data"
SMALL = {"accounts": 14, "messages": 40}
LARGER = {"mixed": {"messages": 70}}
"""With fewer messages the other copy of the crossed pair is deleted by its reader, and with it the
signature that would tell whose the body is."""
ALIKE = {"alias-shifted", "chain-broken", "pattern-too-wide", "plain-address-captured"}
"""Without logs these are the same to a finder: another line of the same tables is wrong."""

HOLES = [
    ("alias-shifted", 1),
    ("folded-recipients", 1),
    ("exposed", 1),
    ("crossed-messages", 1),
    ("resent-to-everyone", 2),
    ("resent-and-redirected", 2),
    ("exposed", 2),
    ("home-mapped-wrongly", 2),
    ("user-mapped-wrongly", 5),
    ("second-hand-redirect", 2),
    ("exposed", 3),
    ("imported", 2),
    ("local-list", 1),
]
"""The seed says whose log has the hole: 1 Postfix', 2 Dovecot's, 3 the exported events."""
if os.environ.get("POSTWARDEN_AT_LENGTH"):
    HOLES = [(world, seed) for world in WORLDS for seed in range(1, 7)]


def played(world, place, **options):
    """Play, scan and examine a world; give truth, findings and what of both is compared."""
    truth = simulate(world, place / "out", **SMALL | LARGER.get(world, {}) | options)
    return truth.rows, examined(place / "out").findings


def accused(findings):
    return {(one.account, one.message_id) for one in findings if one.wrong}


@pytest.mark.parametrize("world", BENIGN)
def test_a_benign_world_accuses_nobody(world, tmp_path):
    rows, findings = played(world, tmp_path)
    assert len(findings) == len(rows) > 40
    assert accused(findings) == set()
    assert differences(rows, findings) == []


@pytest.mark.parametrize("world", FAULTS)
def test_a_fault_is_found_completely(world, tmp_path):
    rows, findings = played(world, tmp_path)
    assert differences(rows, findings) == []
    guilty = {(r.account, r.message_id) for r in rows if r.verdict in ("misdelivered", "crossed")}
    assert accused(findings)
    assert accused(findings) <= guilty


@pytest.mark.parametrize("world", [name for name in FAULTS if name not in ALIKE])
def test_without_logs_headers_alone_prove_what_they_can(world, tmp_path):
    rows, findings = played(world, tmp_path, logs="absent")
    assert differences(rows, findings, whole=False) == []
    verdicts = {one.verdict for one in findings}
    assert Verdict.UNEXPLAINED in verdicts


@pytest.mark.parametrize("world", ["forged-trace", "families", "filter-after-expansion", "dragged"])
def test_without_logs_benign_worlds_accuse_nobody(world, tmp_path):
    rows, findings = played(world, tmp_path, logs="absent")
    assert accused(findings) == set()
    assert differences(rows, findings, whole=False) == []


@pytest.mark.parametrize(("world", "seed"), HOLES)
def test_a_hole_in_a_log_costs_only_what_it_proved(world, seed, tmp_path):
    rows, findings = played(world, tmp_path, logs="hole", seed=seed)
    assert differences(rows, findings, whole=False) == []
    assert WORLDS[world].benign <= (not accused(findings))


@pytest.mark.corpus
@pytest.mark.parametrize("world", ["demo", "crossed-bodies", "stranger-in-group"])
def test_real_messages_are_judged_as_made_up_ones_are(world, tmp_path):
    if not CORPUS.is_dir():
        lacking("the real messages are missing; make test downloads them")
    rows, findings = played(world, tmp_path, corpus=CORPUS, messages=150)
    assert differences(rows, findings) == []
    assert accused(findings)


def test_a_question_about_some_accounts_gives_the_same_verdicts_on_them(tmp_path):
    """A customer's request must be answered without everybody else's evidence being told."""
    _, findings = played("demo", tmp_path)
    holder = next(one.account for one in findings if one.verdict is Verdict.MISDELIVERED)
    asked = examined(tmp_path / "out", Question(accounts=(holder,), everything=True)).findings
    assert {one.id: one for one in asked} == {
        one.id: one for one in findings if one.account == holder
    }
