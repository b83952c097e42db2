"""Set-up and make: what pages ask people to type is there, and nothing is installed without a word."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = [ROOT / ".ci/run", *sorted((ROOT / "tools").glob("*.sh"))]
TARGET = re.compile(r"^([a-z]+):.*##", re.MULTILINE)
TARGETS = set(TARGET.findall((ROOT / "Makefile").read_text()))

STUBS = {
    "id": "echo 1000",
    "dpkg-query": "exit 1",
    "apt-get": "exit 0",
    "sudo": '[ "$1" != tee ] || while read -r _; do :; done; echo "$*" >>"$CALLS"',
}


@pytest.fixture
def run(tmp_path):
    """Run set-up where sudo only notes what it was asked, and nothing is installed."""
    for name, body in STUBS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)

    def _run(*words, without=()):
        for name in without:
            (tmp_path / name).unlink()
        calls = tmp_path / "calls"
        calls.touch()
        script = tmp_path / "tools" / "setup.sh"  # this machine may keep services off already
        script.parent.mkdir(exist_ok=True)
        text = (ROOT / "tools/setup.sh").read_text()
        assert "/usr/sbin/policy-rc.d" in text
        script.write_text(text.replace("/usr/sbin/policy-rc.d", str(tmp_path / "policy-rc.d")))
        path = f"{tmp_path}:/usr/bin:/bin" if not without else str(tmp_path)
        done = subprocess.run(
            ["/bin/bash", script, *words],
            env={"PATH": path, "CALLS": str(calls), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, calls.read_text().splitlines()

    return _run


def test_what_is_installed_is_said_first(run):
    done, calls = run("servers")
    assert done.returncode == 0
    assert done.stderr.startswith("set-up: installing by apt: ")
    asked = next(call for call in calls if " install " in call)
    for package in ("dovecot-imapd", "postfix", "postgresql", "mariadb-server", "slapd"):
        assert f" {package} " in done.stderr + " "
        assert f" {package} " in asked + " "


def test_services_stay_off_while_packages_are_installed(run):
    _, calls = run("bench")
    verbs = [call.split()[0] for call in calls]
    assert verbs.index("tee") < verbs.index("env") < verbs.index("rm")


def test_without_apt_it_says_what_is_needed(run, tmp_path):
    for name in ("dirname", "grep", "tr"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done, calls = run("bench", without=["apt-get"])
    assert done.returncode == 1
    assert "no apt-get here; please install: notmuch maildir-utils" in done.stderr
    assert calls == []


def test_without_a_word_it_explains_itself(run):
    done, calls = run()
    assert done.returncode == 2
    assert done.stdout.count("tools/setup.sh ") == 6
    assert calls == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stop_at_the_first_fault(script):
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text()
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_ci_runs_nothing_but_make():
    commands = [
        line
        for line in (ROOT / ".ci/run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd ", "export "))
    ]
    assert commands == ["make check"]


def test_help_lists_what_the_pages_ask_to_type():
    asked = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        asked |= set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE))
    assert {"demo", "test", "setup", "check", "bench", "docs"} <= asked
    assert asked <= TARGETS
    told = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {line.split()[1] for line in told.splitlines()} == TARGETS
