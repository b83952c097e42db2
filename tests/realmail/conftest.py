"""The private servers as fixtures."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from needed import skip_without_servers
from realmail.options import PairOptions
from realmail.pair import MailPair
from realmail.scenario import VARIANTS, play

CORPUS = Path(__file__).parents[2] / "build" / "corpus" / "package" / "data"


@pytest.fixture(scope="session")
def servers() -> None:
    """Skip where the servers cannot run."""
    skip_without_servers()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that the servers' users may enter, as pytest's own may not be."""
    directory = Path(tempfile.mkdtemp(prefix="realmail-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session", params=VARIANTS)
def provider(request: pytest.FixtureRequest, servers: None) -> Iterator[Path]:
    """The tree of a provider where real servers misdelivered mail, with truth.jsonl."""
    workshop = Path(tempfile.mkdtemp(prefix="realmail-"))
    workshop.chmod(0o755)
    yield play(workshop, CORPUS if CORPUS.is_dir() else None, request.param)
    shutil.rmtree(workshop)


@pytest.fixture
def start_pair(servers: None, place: Path) -> Iterator[Callable[[PairOptions], MailPair]]:
    """Start a pair in a new directory; it ends with the test."""
    with ExitStack() as running:

        def start(options: PairOptions) -> MailPair:
            root = Path(tempfile.mkdtemp(dir=place))
            return running.enter_context(MailPair(root, options))

        yield start
