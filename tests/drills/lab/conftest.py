"""Labs as fixtures: each is stopped and removed with the test or module that asked for it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.conftest import Answer, ask
from needed import skip_without_servers
from postwarden.drills.lab import service
from postwarden.drills.lab.service import Lab, Store


@pytest.fixture(name="postwarden", scope="session")
def _postwarden() -> Callable[..., Answer]:
    return ask


@pytest.fixture(scope="session")
def servers() -> None:
    """Skip where the servers cannot run."""
    skip_without_servers()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a lab can be, as pytest's own folders may be closed to the servers' users."""
    with _place() as place:
        yield place / "lab"


@pytest.fixture
def make(servers: None, folder: Path) -> Iterator[Callable[..., Lab]]:
    """Start a lab in `folder`, again if called again."""

    def up(store: Store | None = None) -> Lab:
        return service.up(folder, store)

    yield up
    _end(folder)


@pytest.fixture(scope="module")
def lab(servers: None) -> Iterator[Lab]:
    """A lab that stores Maildirs."""
    with _place() as place:
        try:
            yield service.up(place / "lab")
        finally:
            _end(place / "lab")


@contextmanager
def _place() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="lab-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def _end(folder: Path) -> None:
    if (folder / "lab.json").exists():
        service.down(folder)
