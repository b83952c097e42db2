"""Which findings a question is about."""

from dataclasses import replace

import pytest

from cases.conftest import finding
from postwarden.verdicts.examination import _asked
from postwarden.verdicts.service import Question


@pytest.mark.parametrize(
    ("accepted", "delivered", "plainly", "widely"),
    [
        (5, 6, False, False),
        (15, 16, True, True),
        (5, 15, False, True),  # deferred into the time
        (15, 25, True, True),  # deferred out of it
        (None, 15, True, True),
        (None, 5, False, False),
        (None, None, False, True),
    ],
)
def test_a_wide_question_is_also_about_what_was_delivered_then(
    accepted, delivered, plainly, widely
):
    found = replace(finding("a1", "eva@example.net"), accepted_at=accepted, delivered_at=delivered)
    assert _asked(found, Question(10, 20)) is plainly
    assert _asked(found, Question(10, 20, widely=True)) is widely
    assert _asked(found, Question())
