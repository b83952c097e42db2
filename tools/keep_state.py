#!/usr/bin/env python3
"""Keep the state that this version makes, so that later versions are tried on upgrading it.

tools/keep_state.py NAME            write tests/upgrade/kept/NAME.tar.xz, made by the code beside this file
tools/keep_state.py NAME SOURCE     likewise by other code: the folder of an older commit's tree
    --postgresql URL                of a state in an empty database there, whose pg_dump is kept

A made-up provider with mail astray: people, a case, holds by a plan, a repair that was approved and run, another
plan that waits, a customer's report, a signed head. Beside the state lies kept.json: what it holds, read from its
tables without the code that wrote it. Everybody in it is on example.net. Keep one before each release.
"""

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "tests" / "upgrade" / "kept"
_POSTWARDEN = "from postwarden.cli.app import main; main()"
_SECTIONS = """
[ledger]
interval_seconds = 1
[state]
path = "state"
{url}
[holds]
path = "holds"
[quarantine]
path = "quarantine"
recipients = ["{recipient}"]
[[organisations]]
name = "home"
full_name = "Example Mail"
domains = ["example.net"]
"""
_FACTS = {
    "people": "SELECT name, full_name FROM people_identity ORDER BY name",
    "cases": "SELECT reference, stage, title FROM cases_case ORDER BY reference",
    "accounts": "SELECT case_id, account, state FROM cases_account ORDER BY account",
    "findings": "SELECT finding, account, verdict FROM cases_finding ORDER BY finding",
    "reports": "SELECT account FROM cases_report ORDER BY account",
    "timeline": "SELECT count(*) FROM cases_entry",
    "held": "SELECT account FROM holds_hold WHERE ended IS NULL ORDER BY account",
    "plans": "SELECT hash, stage FROM custody_plan ORDER BY hash",
    "quarantine": "SELECT name, sha256, size FROM custody_object ORDER BY name",
    "copies": "SELECT finding, holder, outcome FROM relocation_copy ORDER BY finding",
    "entries": "SELECT count(*) FROM ledger_entry",
    "heads": "SELECT note FROM ledger_head ORDER BY size",
    "upgrades": "SELECT count(*) FROM django_migrations",
}
_SIGNED = "SELECT (SELECT count(*) FROM ledger_entry), (SELECT max(size) FROM ledger_head)"
_CASE = "2026-0001"
_PARTS = ("postwarden.toml", "kept.json", "quarantine.key", "state", "holds", "quarantine")
DUMP = "database"


class Place:
    """An installation that is made, by the commands that people give."""

    def __init__(self, folder: Path, source: Path, url: str | None) -> None:
        self.folder, self._source, self.url = folder, source, url

    def python(self, *words: str) -> str:
        """Run Python with that code, in the folder; give what it prints."""
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        settings["PYTHONPATH"] = str(self._source / "src")
        command = [sys.executable, *words]
        self.folder.mkdir(exist_ok=True)
        done = subprocess.run(  # our own
            command, cwd=self.folder, env=settings, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):  # 1: something was found
            raise SystemExit(f"{' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def __call__(self, who: str, *words: str) -> str:
        """Give a command as somebody."""
        return self.python("-c", _POSTWARDEN, *words, "--as", who)

    @staticmethod
    def hash_of(printed: str) -> str:
        """Give the plan that a command names as what comes next."""
        found = re.search(r"(?:approve|plan show) ([0-9a-f]{12})", printed)
        if found is None:
            raise SystemExit(f"no plan is named: {printed}")
        return found[1]

    def sign(self) -> None:
        """Run a worker until the record has a head that covers all."""
        settings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self._source / "src")}
        command = [sys.executable, "-c", _POSTWARDEN, "worker"]
        with subprocess.Popen(command, cwd=self.folder, env=settings) as worker:  # our own
            for _ in range(600):
                ((entries, size),) = rows(self.folder, self.url, _SIGNED)
                if entries == size:
                    break
                time.sleep(0.1)
            worker.terminate()


def work(place: Place) -> None:
    """Let people work on an incident, by the commands that there have been since the first release."""
    tree = place.folder
    place.python(
        "-m", "postwarden.drills.simulated", str(tree), "--accounts", "12", "--messages", "30"
    )
    made = place.python("-c", _POSTWARDEN, "quarantine", "key", "quarantine.key")
    recipient = next(re.finditer("age1[a-z0-9]+", made))[0]
    with (tree / "postwarden.toml").open("a") as file:
        url = "" if place.url is None else f'url = "{place.url}"'
        file.write(_SECTIONS.format(recipient=recipient, url=url))
    key = str(tree.parent / "dora.key")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "dora", "-f", key], check=True
    )
    place("anna", "person", "add", "anna", "--role", "postmaster")
    place("anna", "person", "add", "dora", "--role", "officer")
    place("anna", "person", "enrol", "dora", "--key", key)
    place("anna", "case", "open", "misdelivery", "mail astray")
    place.python("-c", _POSTWARDEN, "scan")
    place("anna", "examine", "--case", _CASE)
    accounts = [one for (_, one, _) in rows(tree, place.url, _FACTS["accounts"])]
    place("anna", "case", "report", _CASE, accounts[0])
    place("anna", "hold", *accounts, "--case", _CASE, "--reason", "to look at it")
    repair = place.hash_of(
        place("anna", "plan", "repair", "--case", _CASE, "--reason", "bring it home")
    )
    place("dora", "plan", "approve", repair, "--key", key)
    place("anna", "plan", "run", repair)
    place("anna", "release", accounts[0], "--reason", "it was looked at")
    place.sign()


def rows(folder: Path, url: str | None, query: str) -> list[list[Any]]:
    """Ask the database of the state in a folder, or at a URL."""
    if url is not None:
        with psycopg.connect(url) as session:
            return [list(row) for row in session.execute(query.encode()).fetchall()]
    with closing(sqlite3.connect(folder / "state" / "postwarden.sqlite")) as state:
        return [list(row) for row in state.execute(query).fetchall()]


def facts(folder: Path, url: str | None) -> Mapping[str, Any]:
    """Say what the state holds, read from its tables."""
    return {name: rows(folder, url, query) for name, query in _FACTS.items()}


def keep(name: str, source: Path, url: str | None) -> Path:
    """Make a state by the code of a tree, and keep it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder) / "tree", source, url)
        work(place)
        (place.folder / "kept.json").write_text(json.dumps(facts(place.folder, url), indent=1))
        if url is None:
            rows(place.folder, url, "PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            dump = str(place.folder / "state" / DUMP)
            subprocess.run(["pg_dump", "-Fc", "--no-owner", f"--file={dump}", url], check=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        target = KEPT / f"{name}.tar.xz"
        with tarfile.open(target, "w:xz", preset=9) as archive:
            for one in _PARTS:
                archive.add(place.folder / one, one, filter=_anybody_s)
    return target


def _anybody_s(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if entry.name.endswith((".lock", "-wal", "-shm")) else entry


def main() -> None:
    """Keep a state."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("name", help="of the version, such as 1.0.0")
    parser.add_argument(
        "source", nargs="?", type=Path, default=ROOT, help="a tree of Postwarden's code"
    )
    parser.add_argument("--postgresql", metavar="URL", help="of an empty database")
    given = parser.parse_args()
    target = keep(given.name, given.source.resolve(), given.postgresql)
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
