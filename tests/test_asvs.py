"""docs/asvs.csv: each requirement is shown by tests that there are, does not apply, or is said to be open."""

import csv
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = list(csv.DictReader((ROOT / "docs/asvs.csv").read_text(encoding="utf-8").splitlines()))


@cache
def names_in(module: str) -> frozenset[str]:
    text = (ROOT / module).read_text()
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


def test_each_requirement_stands_there_once_in_order():
    places = [tuple(map(int, row["requirement"].split("."))) for row in ROWS]
    assert places == sorted(set(places))
    assert {place[0] for place in places} == {*range(1, 18)}
    assert {row["level"] for row in ROWS} == {"1", "2", "3"}


def test_what_is_shown_names_tests_that_there_are():
    for row in ROWS:
        named = row["tests"].split()
        assert bool(named) == (row["status"] == "shown"), row["requirement"]
        for one in named:
            module, _, name = one.partition("::")
            assert name in names_in(module), one


def test_what_is_not_shown_says_why():
    for row in ROWS:
        assert row["status"] in ("shown", "not applicable", "open"), row["requirement"]
        assert row["note"] or row["status"] == "shown", row["requirement"]
