"""A lab on which mail went astray, the console that is served for it, and Debian's Chromium."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.hands import DESK, Person
from browser.incident import Stray, happened, staffed
from browser.serving import Desk, serving
from drills.lab.conftest import _end, _place, servers  # noqa: F401  # fixtures
from needed import lacking
from postwarden.drills.lab import service as labs
from postwarden.drills.lab.service import Store

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window; as root it has no sandbox of its own."""
    if shutil.which(CHROMIUM) is None:
        lacking(f"{CHROMIUM}: no browser; `tools/setup.sh servers`")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def place(servers: None) -> Iterator[Path]:  # noqa: F811  # the fixture
    with _place() as folder:
        try:
            yield folder / "lab"
        finally:
            _end(folder / "lab")


@pytest.fixture(scope="module")
def stray(place: Path) -> Stray:
    """What happened on the lab: the alias map was one line off for a moment."""
    return happened(labs.up(place, Store.MAILDIR))


@pytest.fixture(scope="module")
def links(place: Path, stray: Stray) -> Mapping[str, str]:
    """Two people work there; give what lets them in."""
    return staffed(place / "postwarden.toml")


@pytest.fixture(scope="module")
def desk(place: Path, links: Mapping[str, str]) -> Desk:
    """The installation on the command line."""
    return Desk(place / "postwarden.toml")


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    """The console's, while it is served and its worker runs."""
    with serving(desk.configuration) as address:
        yield address


@pytest.fixture(scope="module")
def people(
    links: Mapping[str, str], address: str, chromium: Browser
) -> Callable[..., list[Person]]:
    """Let people come, each with a browser of their own."""

    def come(*names: str, by: type[Person], size: tuple[int, int] = DESK) -> list[Person]:
        there = [by(chromium, name, address, size) for name in names]
        for who in there:
            who.come(links[who.name])
        return there

    return come
