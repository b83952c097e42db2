"""The drill's case under kills: one incident, worked undisturbed, and again and again in a storm.

All begin with the same bytes: the lab as it was after the incident is kept, and put back for each seed. What
has to be the same in the end is what lies in the mailboxes (bytes, dates, flags), whom the doors let in, and
the proof: what became of each copy and of each delivery, in a bundle and a record that check.
"""

import json
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from crash.killable import rolling
from crash.machine import in_memory
from crash.reporting import at_least, at_most, measured
from crash.storm import Storm
from postwarden.drills.lab import service as labs
from postwarden.drills.misdelivery import stores
from postwarden.drills.misdelivery.conduct import processes
from postwarden.drills.misdelivery.errors import StepFailed
from postwarden.drills.misdelivery.incident import play
from postwarden.drills.misdelivery.service import Played, work_case
from postwarden.drills.misdelivery.stock import STOCK, letters

MESSAGES = 100
SEEDS = 3
_REPAIRS = "relocation/repairs.json"


class Drilled:
    """A lab on which the incident has happened, as often as it is asked for."""

    def __init__(self, folder):
        self._root, self._kept = folder / "lab", folder / "kept"
        lab = labs.up(self._root)
        began = time.monotonic()
        incident = play(lab, letters(STOCK, MESSAGES, 1), 1, _nobody)
        self._played = Played(1, incident, time.monotonic() - began)
        labs.down(self._root)
        subprocess.run(["cp", "-a", self._root, self._kept], check=True)
        self.calm = self._worked(lambda lab: processes(lab.root, None))[0]

    def failures(self, seed):
        """Work the case in a storm; give what is not as it was without one, and what was struck."""
        storms = []

        def stormy(lab):
            storms.append(Storm(lab, rolling("drill", seed)))
            return storms[0].give

        try:
            found, lost = self._worked(stormy, lambda: storms[0].lost())  # noqa: PLW0108  # made later
        except StepFailed as error:
            return [str(error), *storms[0].struck[-3:]], storms[0].struck
        came = found["right"] - self.calm["right"]
        if len(came) <= len(storms[0].sent):
            found["right"] -= came  # mail of the storm itself
        told = [
            f"{name}: {_apart(calm, found[name])}"
            for name, calm in self.calm.items()
            if calm != found[name]
        ]
        return [*told, *lost], storms[0].struck

    def _worked(self, giving, lost=list):
        shutil.rmtree(self._root)
        subprocess.run(["cp", "-a", self._kept, self._root], check=True)
        lab = labs.up(self._root)
        try:
            outcome = work_case(lab, self._played, _nobody, giving(lab))
            return _facts(outcome, self._played), lost()
        finally:
            labs.down(self._root)


def _nobody(_line):
    """Tell nobody."""


def _facts(outcome, played):
    """Give what has to be the same whatever was killed."""
    told = outcome.facts
    there = stores.read(outcome.lab.root, outcome.lab.store, played.incident.truth.meant)
    kept = json.loads(_in_bundle(outcome.folder / "bundle.tar", _REPAIRS))
    return {
        "went well": told.went_well,
        "wrong": told.ending.wrong,
        "counts": [
            told.findings.found,
            told.ending.removed,
            told.ending.delivered,
            told.ending.kept,
        ],
        "accounts": told.accounts,
        "mail": Counter(one[:-1] for one in there),  # but for the names of files
        "copies": sorted(_copy(one) for plan in kept for one in plan["copies"]),
        "right": {one for plan in kept for one in plan["right"]},
        "settled": [plan["settled"] for plan in kept],
    }


def _copy(one):
    """Give what became of a copy, but for names that are new each time."""
    sent = sorted((it["account"], it["sent"], it["content"]) for it in one["deliveries"])
    return one["copy"], one["holder"], one["outcome"], one["why"], one["content"], sent


def _in_bundle(bundle, name):
    with tarfile.open(bundle) as packed:
        found = next(one for one in packed.getnames() if one.endswith(name))
        return packed.extractfile(found).read()


def _apart(calm, stormy):
    if isinstance(calm, Counter):
        return f"missing {list(calm - stormy)[:3]}, too many {list(stormy - calm)[:3]}"
    if isinstance(calm, list):
        both = zip(calm, stormy, strict=False)
        return [pair for pair in both if pair[0] != pair[1]][:3] or f"{len(calm)} and {len(stormy)}"
    return f"{stormy} instead of {calm}"


@contextmanager
def drilled():
    """Give a lab on which the incident has happened; in memory, as only processes die."""
    with in_memory() as folder:
        folder.chmod(0o755)
        yield Drilled(Path(folder))


def drill(named=()):
    """Work the case in a storm for some seeds; give the rows."""
    seeds = [int(one.rpartition(":")[2]) for one in named] or range(SEEDS)
    failed, struck, began = [], Counter(), time.monotonic()
    with drilled() as made:
        print(f"the calm one: {time.monotonic() - began:.0f} s", flush=True)
        for seed in seeds:
            failures, whom = made.failures(seed)
            struck.update(one.split(": ")[1].split(" after")[0] for one in whom)
            print(
                f"{'FAIL' if failures else 'ok  '} drill:{seed} in {time.monotonic() - began:.0f} s"
            )
            for one in (*failures, *(whom if failures else ())):
                print(f"     {one}", flush=True)
            failed += [seed] if failures else []
    rows = [measured(f"drill in a storm: {one} killed", struck[one]) for one in sorted(struck)]
    return [
        *rows,
        at_least("drill in a storm: cases", len(seeds), len(named) or SEEDS),
        at_most("drill in a storm: failed", len(failed), 0),
        measured("drill in a storm: time", round(time.monotonic() - began), "s"),
    ]
