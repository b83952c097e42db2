"""The small form of the load: every page and route is asked, and answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_route_is_asked_and_answers_as_it_should(tmp_path):
    output = tmp_path / "load.json"
    command = [sys.executable, "-m", "load", "--small", "--place", str(tmp_path / "place")]
    done = subprocess.run(
        [*command, "--output", str(output)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["name"]: row for row in json.loads(output.read_text())}
    assert rows["pages, errors of 16"]["ok"]
    assert rows["API, errors of 48"]["ok"]
    routes = {name.split(" (")[0] for name in rows if " (" in name}
    assert {"pages today", "pages helpdesk-ask", "API list-holds", "API list-entries"} <= routes
    assert len(routes) == 21
