"""Snapshots that two hosts took of their own halves give the verdicts of one that saw everything."""

import shutil
from dataclasses import asdict

import pytest

from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.evidence.service import Engine, latest, merge
from postwarden.verdicts.service import Examination
from postwarden.wiring import installation
from worlds.examined import EVERYTHING, NEXT_DAY, examined, scanned

SECOND = 1_000_000


def half(tree, place, logs, kept):
    """Copy a tree with some logs and the mailboxes that `kept` chooses."""
    shutil.copytree(tree, place, symlinks=True, ignore=shutil.ignore_patterns("evidence"))
    text = (place / "postwarden.toml").read_text()
    parts = text.split("\n[[logs]]\n")
    last, _, rest = parts[-1].partition("\n[evidence]")
    sections = [part for part in (*parts[1:-1], last) if part.partition('"')[2].startswith(logs)]
    blocks = "".join(f"\n[[logs]]\n{section}" for section in sections)
    (place / "postwarden.toml").write_text(f"{parts[0]}{blocks}\n[evidence]{rest}")
    for number, home in enumerate(sorted((place / "vmail").glob("*/*"))):
        if not kept(number):
            shutil.rmtree(home)
    return place


@pytest.mark.parametrize("world", ["home-mapped-wrongly", "crossed-unsigned"])
def test_merged_snapshots_of_two_hosts_give_the_verdicts_of_one(world, tmp_path):
    tree = tmp_path / "out"
    simulate(world, tree, accounts=14, messages=40)
    whole = {one.id: asdict(one) for one in examined(tree).findings}
    front = half(tree, tmp_path / "front", ("postfix",), lambda number: number % 2)
    back = half(tree, tmp_path / "back", ("dovecot",), lambda number: not number % 2)
    sources = [str(scanned(front)), str(scanned(back))]
    root = str(front / "evidence")
    manifest = merge(root, sources, NEXT_DAY + SECOND)
    assert latest(root).name == manifest.name
    with Engine(f"{root}/{manifest.name}", memory="1GB", threads=1) as engine:
        known = installation(load(str(tree / "postwarden.toml")))
        merged = list(Examination(engine, manifest, known).findings(EVERYTHING))
    assert {one.id: asdict(one) for one in merged} == whole
    assert any(one.wrong for one in merged)
