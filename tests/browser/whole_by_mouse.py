"""The whole case by mouse, by two people who know nothing but what is written on the pages."""

import pytest

from browser import story
from browser.hands import ByMouse
from drills.lab.conftest import servers  # noqa: F401  # the fixture

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]


def test_a_newcomer_finds_holds_approves_repairs_and_releases_by_mouse(people, desk, stray):
    anna, dora = people("anna", "dora", by=ByMouse)
    story.whole(anna, dora, stray)
    assert desk("holds", "--case", "2026-0001", "--json") == ""
    assert "ledger.json" in story.exported(anna)
    assert anna.complaints == dora.complaints == []
