"""A small provider with one fault, scanned once, and the command line in this process."""

import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

import pytest

from postwarden.cli import main
from postwarden.drills.simulated import simulate

SINGLE = "processes = 1\n"


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


def ask(*words: object, folder: Path | None = None) -> Answer:
    """Run `postwarden` with these words, 80 columns wide; an exception that escapes fails the test."""
    out, err, status = StringIO(), StringIO(), 0
    before = os.getcwd()
    os.chdir(folder or before)
    try:
        with (
            redirect_stdout(out),
            redirect_stderr(err),
            mock.patch("sys.argv", ["postwarden", *map(str, words)]),
            mock.patch.dict(os.environ, {"COLUMNS": "80", "NO_COLOR": "1"}),
        ):
            main()
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        os.chdir(before)
    return Answer(status, out.getvalue(), err.getvalue())


@pytest.fixture(name="postwarden", scope="session")
def _postwarden() -> Callable[..., Answer]:
    return ask


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a scanned provider tree of 12 accounts, an alias map of which was shifted for a while."""
    place = tmp_path_factory.mktemp("provider") / "tree"
    simulate("demo", place, accounts=12, messages=60)
    file = place / "postwarden.toml"
    file.write_text(file.read_text() + SINGLE)
    answer = ask("scan", "-c", file, "--purpose", "tests")
    assert answer.status == 0, answer.err
    return place


@pytest.fixture
def own_tree(tree: Path, tmp_path: Path) -> Path:
    """Give a copy of the tree that a test may change."""
    return Path(shutil.copytree(tree, tmp_path / "tree", symlinks=True))


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what Ibis 12 still calls by its old name; see docs/decisions/0001-engine.md."""
    config.addinivalue_line("filterwarnings", "ignore:fetch_\\w+\\(\\) is deprecated")
