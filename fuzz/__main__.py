"""Fuzzes every target for some seconds, prints a table and writes build/fuzz.json.

Without names of targets it also tests verdicts at length: many small random providers, and a hole in the
logs of every simulated world.
"""

import json
import os
import pathlib
import subprocess
import sys

from fuzz.targets import TARGETS

SAMPLES = pathlib.Path("tests")
BUILD = pathlib.Path("build/fuzz")
SLOWEST = 0.25
"""Seconds of processor time that one input may take, instrumentation included."""


def seeds_of(name: str) -> pathlib.Path:
    """Fill a folder of seeds for a target from the samples of the tests; give the folder."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(sorted(SAMPLES.glob("*/samples/*.txt"))):
        (folder / f"sample-{number}").write_bytes(sample.read_bytes()[:8192])
    for number, sample in enumerate(sorted(SAMPLES.glob("sources/logs/data/*"))):
        if sample.is_file():
            (folder / f"log-{number}").write_bytes(sample.read_bytes()[:8192])
    return folder


def fuzzed(name: str, seconds: int) -> list[dict[str, object]]:
    """Fuzz one target; give its rows."""
    folder, result = seeds_of(name), BUILD / f"{name}.json"
    result.write_text('{"count": 0, "worst": 0}')
    command = [sys.executable, "-m", "fuzz.one", name, str(seconds), str(folder), str(result)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    measured = json.loads(result.read_text())
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    return [
        row(f"{name}: uncaught exceptions", int(done.returncode != 0), "", 0),
        row(f"{name}: slowest input", round(measured["worst"], 4), "s", SLOWEST),
        {
            "name": f"{name}: executions",
            "value": measured["count"],
            "unit": "",
            "target": None,
            "ok": True,
        },
    ]


def judged() -> dict[str, object]:
    """Run the tests of verdicts at length; give their row."""
    tests = ["tests/verdicts/test_small_evidence.py", "tests/worlds/test_worlds.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-k", "hole or wrong", *tests]
    done = subprocess.run(command, env=os.environ | {"POSTWARDEN_AT_LENGTH": "1"}, check=False)  # noqa: S603
    return row("verdicts at length: failed", int(done.returncode != 0), "", 0)


def row(name: str, value: float, unit: str, most: float) -> dict[str, object]:
    """Give a row that is well when the value is at most the target."""
    return {"name": name, "value": value, "unit": unit, "target": most, "ok": value <= most}


def main() -> int:
    """Fuzz all; the exit status is 1 when a row is not well."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    names = sys.argv[2:] or list(TARGETS)
    BUILD.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in names:
        for one in fuzzed(name, seconds):
            rows.append(one)
            print(
                f"{'ok  ' if one['ok'] else 'FAIL'} {one['name']:<45} {one['value']} {one['unit']}"
            )
    if len(sys.argv) < 3:
        rows.append(judged())
    pathlib.Path("build/fuzz.json").write_text(json.dumps(rows, indent=1) + os.linesep)
    return 0 if all(one["ok"] for one in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
