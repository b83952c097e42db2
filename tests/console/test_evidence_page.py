"""Evidence by its pages: what a snapshot is for, and where its logs say nothing."""

import re
import shutil
from pathlib import Path

import pytest

from evidence.test_evidence_reading import snapshot, write
from postwarden.console.strip import WIDTH, strips
from postwarden.sources.service import GapRecord, SpanRecord

HOUR = 3_600_000_000
NAME = "20260317T010000Z"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def taken(desk):
    """A snapshot whose log has one gap of an hour."""
    root = Path(desk.configuration.evidence.path)
    now = desk.now
    snapshot(root, NAME, now)
    span = SpanRecord("postfix", "mx1", "mail.log", now - 4 * HOUR, now, 10, 9)
    write(root / NAME / "spans", SpanRecord, [span])
    gap = GapRecord("postfix", "mx1", now - 2 * HOUR, now - HOUR, "silence", "mail.log", 7)
    write(root / NAME / "gaps", GapRecord, [gap])
    yield
    shutil.rmtree(root / NAME)


def test_a_gap_is_shown_as_a_gap_in_a_strip_and_in_a_table(desk, taken):
    browser = desk.browser("auditor-all")
    assert NAME in words(browser.get("/evidence/"))
    page = browser.get(f"/evidence/{NAME}/")
    assert "1 gap in the logs" in words(page)
    assert "no line where there should be some" in words(page)
    drawn = re.findall(r'class="blank" x="([\d.]+)" y="2" width="([\d.]+)"', page.content.decode())
    assert drawn == [("500.00", "250.00")]


@pytest.mark.parametrize("name", ["20990101T000000Z", "..", "nonsense", "%2e%2e", "a" * 400])
def test_what_is_no_snapshot_is_not_there(desk, name):
    assert desk.browser("anna").get(f"/evidence/{name}/").status_code == 404


def test_without_a_snapshot_it_says_what_to_do(desk):
    assert "Take the first snapshot" in words(desk.browser("anna").get("/evidence/"))
    assert "Take the first snapshot" not in words(desk.browser("auditor-all").get("/evidence/"))


def test_strips_share_one_scale(desk):
    found = strips([("a", 0, 100), ("b", 50, 60)], [("b", 60, 100), ("c", 7, 7)])
    assert [one.name for one in found] == ["a", "b", "c"]
    assert found[0].covered == ((0.0, WIDTH),)
    assert found[1].gaps == ((600.0, 400.0),)
    assert found[2].gaps[0].length == 1.0  # as little as it may be, it is seen
    assert strips([], []) == []
