"""What people at a browser take for the words they wait for."""

import pytest

from browser.hands import WITHIN, _pattern


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("done · 1,234 of 1,234 acts done", True),
        ("57 of 57 acts done", True),
        ("5 of 57 acts done", False),
        ("7 of 57 acts done", False),
        ("57 of 5 acts done", False),
        ("157 of 57 acts done", False),
        ("57 of 57 acts undone", False),
    ],
)
def test_all_of_them_is_one_number_twice(written, found):
    assert bool(_pattern("{n} of {n} acts done", WITHIN).search(written)) == found


def test_what_is_pressed_is_called_exactly_so_but_for_its_count():
    called = _pattern("Findings")
    assert [bool(called.search(one)) for one in ("Findings", "Findings 171", "See the Findings")] == [
        True, True, False,
    ]  # fmt: skip
