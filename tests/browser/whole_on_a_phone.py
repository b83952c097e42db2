"""The whole case on a phone: everything is there, and can be touched."""

import pytest

from browser import story
from browser.hands import PHONE, ByMouse
from drills.lab.conftest import servers  # noqa: F401  # the fixture

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]


def test_the_whole_case_is_worked_on_a_phone(people, desk, stray):
    anna, dora = people("anna", "dora", by=ByMouse, size=PHONE)
    story.whole(anna, dora, stray)
    assert desk("holds", "--case", "2026-0001", "--json") == ""
    assert anna.complaints == dora.complaints == []
