"""`postwarden case show` names nobody of organisations whose cases its reader may not read."""

import json

import pytest
from django.db import connections

from cases.conftest import finding
from custody.installation import BRANDED, EVA, Installation
from postwarden.cases import service as cases
from postwarden.configuration import load
from postwarden.people.service import member
from postwarden.rooms import present
from postwarden.wiring import case_desk


@pytest.fixture
def place(tmp_path):
    """A case of both organisations: two copies of Eva's mail lie with the brand's Bo, who has one of their own."""
    there = Installation(tmp_path)
    words = ("--organisation", "home", "--organisation", "brand")
    there.run("anna", "case", "open", "misdelivery", "Mail astray", *words)
    found = (
        finding("f1", BRANDED, rightful=(EVA, BRANDED)),
        finding("f2", EVA, rightful=(BRANDED,)),
    )
    taken = cases.Taken("s1", frozenset({EVA, BRANDED}), found)
    desk = case_desk(load(str(there.file)))
    cases.take_findings(desk, member("anna"), "2026-0001", taken, present())
    yield there
    connections.close_all()


def test_who_reads_all_organisations_is_told_of_all(place):
    text = place.run("anna", "case", "show", "2026-0001")
    assert f"f1  {BRANDED}  misdelivered, rightful: {EVA}, {BRANDED}" in text
    assert f"f2  {EVA}  misdelivered, rightful: {BRANDED}" in text


def test_who_reads_one_is_told_that_there_is_somebody_else(place):
    text = place.run("bram", "case", "show", "2026-0001")
    assert f"f1  {BRANDED}  misdelivered, rightful: …, {BRANDED}" in text
    told = place.run("bram", "case", "show", "2026-0001", "--json")
    [one] = json.loads(told)["findings"]
    assert (one["rightful"], one["original_recipients"]) == (["…", BRANDED], ["…"])
    for said in (text, told):
        assert EVA not in said
        assert "sales@example.net" not in said
