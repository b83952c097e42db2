"""Findings with their proof: reasons, and the cited line one click away."""

import gzip
import re
from dataclasses import replace

import pytest

from cases.conftest import finding
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.verdicts.service import Citation, Reason

LOG = "Mar 17 02:14:22 mx1 postfix/cleanup[1]: 4X: warning: header Subject: our secret from mx.test[192.0.2.1]; ok"


@pytest.fixture
def proven(desk, tree):
    (tree / "cited.log").write_text(f"first\n{LOG}\n<script>alert(1)</script>\n")
    (tree / "old.log.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    places = (Citation("cited.log", 2), Citation("cited.log", 3), Citation("old.log.gz", 2),
              Citation("gone.log", 7), Citation.header("Received"))  # fmt: skip
    values = (
        ("address", "sales@example.net"),
        ("accounts", "ivy@example.net"),
        ("holder", HELD[0]),
    )
    one = replace(
        finding("f1", HELD[0]), reasons=(Reason("directory-leads-elsewhere", values, places),)
    )
    taken = cases.Taken("s1", frozenset({HELD[0]}), (one,))
    desk(cases.take_findings, desk.case, taken)
    return desk


def get(desk, query="", who="anna", **headers):
    return desk.browser(who).get(f"/cases/{desk.case}/findings/f1/{query}", headers=headers)


def looks(desk):
    return [one.facts for one in desk.holds.desk.ledger.entries() if one.act == "finding.looked-up"]


def test_a_finding_says_why(proven):
    text = get(proven).content.decode()
    assert "The directory leads sales@example.net to ivy@example.net, not to" in text
    assert "cited.log:2" in text
    assert "postfix/cleanup" not in text
    assert looks(proven) == []


def test_the_door_to_an_account_s_findings_names_nobody(proven):
    rows = proven.browser("anna").get(f"/cases/{proven.case}/accounts/").content.decode()
    door = re.search(rf'href="(/cases/{proven.case}/findings/[?]account=([^"]*))"', rows)
    assert "@" not in door[2]
    assert "hold1" not in door[2]
    found = proven.browser("anna").get(door[1]).content.decode()
    assert f"/cases/{proven.case}/findings/f1/" in found
    for made_up in ("x", "%00", "A" * 400, "%ff"):
        address = f"/cases/{proven.case}/findings/?account={made_up}"
        assert proven.browser("anna").get(address).status_code == 200


def test_a_cited_line_is_one_click_away_masked_and_on_record(proven):
    text = get(proven, "?place=0").content.decode()
    assert "postfix/cleanup" in text
    assert "our secret" not in text
    assert [(one["person"], one["detail"]["place"]) for one in looks(proven)] == [
        (HELD[0], "cited.log:2")
    ]
    assert "Cite this place in the timeline" in text


def test_in_place_the_line_comes_alone(proven):
    part = get(proven, "?place=1", hx_request="true").content.decode()
    assert "&lt;script&gt;" in part
    assert "<html" not in part
    assert "<html" not in get(proven, hx_request="true").content.decode()


@pytest.mark.parametrize(
    ("place", "told"),
    [("2", "two"), ("3", "is no longer there"), ("4", "header Received of the copy itself"),
     ("x", "directory leads"), ("²", "directory leads"), ("-1", "directory leads")],
)  # fmt: skip
def test_whatever_is_cited_is_answered(proven, place, told):
    assert told in get(proven, f"?place={place}").content.decode()


def test_what_is_not_cited_is_not_read(proven):
    assert get(proven, "?place=5").status_code == 404
    assert get(proven, "?place=99999").status_code == 404
    assert looks(proven) == []


def test_of_others_findings_nothing_is_told(proven):
    assert get(proven, who="officer-brand").status_code == 404
    assert get(proven, "?place=0", who="helpdesk-home").status_code == 403
    other = proven.browser("anna").get(f"/cases/{proven.case}/findings/f2/")
    assert other.status_code == 404


def test_what_was_taken_before_proof_was_kept_says_so(proven):
    from postwarden.cases.models import FindingRow  # noqa: PLC0415  # as an older version left it

    row = FindingRow.objects.get(finding="f1")
    del row.facts["proof"]
    row.save()
    text = get(proven).content.decode()
    assert "examine the case again" in text
    assert get(proven, "?place=0").status_code == 404
