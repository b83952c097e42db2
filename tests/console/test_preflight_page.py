"""Preflight by its page: a map is compared, shown, and not kept."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from postwarden import maps
from postwarden.maps import Foreseen, alias_tables
from postwarden.verdicts.service import Change

OURS = Change("sales@example.net", ("ann@example.net",), ("ben@example.net",))
THEIRS = Change("sales@brand.test", ("ann@brand.test",), ())


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def given(desk, monkeypatch):
    """The maps that were compared: table, text and days."""
    found = []

    def compared(configuration, path, days, snapshot):
        with open(path) as file:
            found.append((path.rpartition("/")[2], file.read(), days))
        return Foreseen("s1", [(OURS, 7), (THEIRS, 3)])

    monkeypatch.setattr(maps, "preflight", compared)
    return found


def test_a_map_is_pasted_or_uploaded_and_what_it_changes_is_shown(desk, given):
    (table,) = alias_tables(desk.configuration)
    browser = desk.browser("anna")
    told = {"table": table, "days": "3"}
    shown = words(browser.post("/preflight/", told | {"text": "a b\r\nc d\r\n"}))
    assert "2 addresses would lead elsewhere, with 10 deliveries" in shown
    file = SimpleUploadedFile("../../virtual.new", b"a b\n")
    assert browser.post("/preflight/", told | {"file": file}).status_code == 200
    assert given == [("virtual", "a b\nc d\n", 3), ("virtual", "a b\n", 3)]
    acts = [one.act for one in desk.holds.desk.ledger.entries()]
    assert acts[-2:] == ["preflight.run", "preflight.run"]


def test_of_others_organisations_there_is_a_count_alone(desk, given):
    (table,) = alias_tables(desk.configuration)
    told = {"table": table, "days": "3", "text": "a b"}
    shown = words(desk.browser("postmaster-brand").post("/preflight/", told))
    assert "sales@brand.test" in shown
    assert "example.net" not in shown
    assert "and 1 address of other organisations" in shown


@pytest.mark.parametrize(
    "told",
    [{}, {"text": " "}, {"text": "a b", "table": "/etc/passwd"}, {"text": "a b", "days": "0"},
     {"text": "a b", "days": "9" * 30}, {"text": "x" * ((1 << 20) + 1)}, {"text": "a\0b"}],
)  # fmt: skip
def test_what_cannot_be_compared_is_told_and_nothing_was_done(desk, given, told):
    (table,) = alias_tables(desk.configuration)
    answer = desk.browser("anna").post("/preflight/", {"table": table, "days": "3", **told})
    assert (answer.status_code, b"errorlist" in answer.content) == (200, True)
    assert given == []


def test_without_a_snapshot_it_says_what_to_do(desk):
    (table,) = alias_tables(desk.configuration)
    told = {"table": table, "days": "3", "text": "a b"}
    assert "postwarden scan" in words(desk.browser("anna").post("/preflight/", told))
