"""The whole case without a mouse: what has the focus can be seen, and everything is reached by Tab."""

import pytest

from browser import story
from browser.hands import ByKeyboard
from drills.lab.conftest import servers  # noqa: F401  # the fixture

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]


def test_the_whole_case_is_worked_by_keyboard_alone(people, desk, stray):
    anna, dora = people("anna", "dora", by=ByKeyboard)
    story.whole(anna, dora, stray)
    assert desk("holds", "--case", "2026-0001", "--json") == ""
    assert anna.complaints == dora.complaints == []
