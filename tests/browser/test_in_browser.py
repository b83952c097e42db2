"""A real browser before the served console: a case is opened and held by two people, its pages bar nobody.

`make browser` works the whole case, by mouse and by keyboard, and looks at every page.
"""

import pytest

from browser import story
from browser.hands import ByMouse
from browser.walking import AXE, WIDTHS, barriers, clipped, seen_at
from drills.lab.conftest import servers  # noqa: F401  # the fixture
from needed import lacking

pytestmark = pytest.mark.servers
MAIN = ("/", "/cases/2026-0001/", "/cases/2026-0001/accounts/", "/cases/open/")


@pytest.fixture(scope="module")
def both(people, stray):
    """Two people who hold accounts: one asked for it, the other signed with a passkey."""
    anna, dora = people("anna", "dora", by=ByMouse)
    story.reported(anna, stray)
    story.held(anna, dora, stray)
    return anna, dora


def test_a_newcomer_opens_a_case_and_holds_and_somebody_else_signs(both):
    anna, dora = both
    dora.follow("Today")
    dora.sees("34 accounts held")
    assert anna.complaints == dora.complaints == []


def test_the_main_pages_bar_nobody_and_fit_a_phone(both):
    if not AXE.exists():
        lacking(f"{AXE}: not there; `tools/setup.sh axe`")
    page = both[0].context.new_page()
    page.add_init_script(path=AXE)
    found = {}
    for address in MAIN:
        page.goto(address)
        for width in (WIDTHS[0], WIDTHS[-1]):
            seen_at(page, width)
            if told := [*barriers(page), *clipped(page)]:
                found[address, width] = told
    page.close()
    assert found == {}
