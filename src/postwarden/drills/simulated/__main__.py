"""`python -m postwarden.drills.simulated OUT`: make a provider tree to practise on."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from postwarden.drills.simulated.engine import DEFAULT_WORLD, LOG_CONDITIONS, simulate, truth_path
from postwarden.drills.simulated.worlds import WORLDS


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; give the exit status."""
    parser = argparse.ArgumentParser(prog="postwarden.drills.simulated", description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", help="folder of the provider tree")
    parser.add_argument("--world", choices=sorted(WORLDS), default=DEFAULT_WORLD)
    parser.add_argument("--accounts", type=int, help="by default as the world says")
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="folder of real messages")
    parser.add_argument("--logs", choices=LOG_CONDITIONS, default="whole")
    parser.add_argument("--list", action="store_true", help="list the worlds")
    given = parser.parse_args(arguments)
    if given.list:
        for world in WORLDS.values():
            kind = "benign" if world.benign else "fault"
            sys.stdout.write(f"{world.name:24} {kind:6}  {world.sentence}\n")
        return 0
    if given.out is None:
        parser.error("name the folder to write")
    truth = simulate(
        given.world,
        given.out,
        accounts=given.accounts,
        messages=given.messages,
        seed=given.seed,
        corpus=given.corpus,
        logs=given.logs,
    )
    counts = Counter(row.verdict for row in truth.rows)
    found = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    sys.stdout.write(f"{given.out}: {found}\ntruth: {truth_path(given.out)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
