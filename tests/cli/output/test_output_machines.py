import csv
import io
import json

from fake_findings import HOSTILE, crossed, finding, findings, unexplained
from hypothesis import given
from hypothesis import strategies as st

from postwarden.cli.output.csv import COLUMNS, write_csv
from postwarden.cli.output.hostile import acts, visible
from postwarden.cli.output.jsonl import write_jsonl
from postwarden.verdicts.service import Citation, Reason

KEYS = [
    *("account", "copy", "store", "folder", "file", "message_id", "verdict", "rightful"),
    *("original_recipient", "original_recipients", "queue_id", "accepted_at", "delivered_at"),
    *("has_rightful_copy", "lacking", "opened", "exposure", "second_hand", "other_message", "gone"),
    *("settled", "duplicate_of"),
    "reasons",
]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


def jsonl(*given):
    stream = io.StringIO()
    write_jsonl(given, stream)
    return stream.getvalue()


def rows(*given):
    stream = io.StringIO(newline="")
    write_csv(given, stream)
    return list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))


def test_each_finding_is_one_object_on_one_line_with_the_keys_in_order():
    lines = jsonl(*findings(40)).splitlines()
    assert len(lines) == 40
    assert all(list(json.loads(line)) == KEYS for line in lines)
    assert list(json.loads(lines[0])["exposure"]) == [
        *("downloaded", "answered", "forwarded", "copied", "moved", "listed")
    ]


def test_values_are_what_the_finding_says():
    one = finding(3)
    told = json.loads(jsonl(one))
    assert told["copy"] == one.id
    assert told["verdict"] == "misdelivered"
    assert told["rightful"] == list(one.rightful)
    assert told["opened"] is one.exposure.opened
    assert told["exposure"]["downloaded"] is False
    assert told["exposure"]["answered"] is None
    assert told["delivered_at"].startswith("2026-11-20T")
    assert told["delivered_at"].endswith("Z")
    assert [reason["code"] for reason in told["reasons"]] == [r.code for r in one.reasons]
    assert told["reasons"][0]["citations"] == [{"file": "log/dovecot.log", "line": 103}]


def test_headers_are_cited_by_name_and_a_file_of_a_like_name_is_still_a_file():
    header = json.loads(jsonl(crossed(1)))["reasons"][0]["citations"]
    assert header == [{"header": "DKIM-Signature"}]
    reason = Reason("no-delivery-proof", (), (Citation("header log", 4),))
    line = json.loads(jsonl(finding(1, reasons=(reason,))))["reasons"][0]["citations"]
    assert line == [{"file": "header log", "line": 4}]


def test_a_time_beyond_the_calendar_is_not_known():
    assert json.loads(jsonl(finding(1, delivered_at=2**63)))["delivered_at"] is None


@given(ANY_TEXT)
def test_any_text_survives_jsonl_and_nothing_in_it_acts(text):
    printed = jsonl(finding(1, message_id=text))
    printed.encode("utf-8")
    assert not any(map(acts, printed[:-1]))
    told = json.loads(printed)["message_id"]
    whole = not any("\ud800" <= character <= "\udfff" for character in text)
    assert told == text if whole else "\\" in told


@given(ANY_TEXT)
def test_any_text_in_a_table_cell_neither_acts_nor_computes(text):
    stream = io.StringIO(newline="")
    write_csv([finding(1, message_id=text, account=text, original_recipients=(text,))], stream)
    stream.getvalue().encode("utf-8")
    (row,) = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    for cell in row.values():
        assert not any(map(acts, cell))
        assert not cell.startswith(("=", "+", "-", "@"))


def test_formulas_are_neutralised():
    for start in "=+-@\t\r\n":
        (row,) = rows(finding(1, message_id=f"{start}cmd|'/C calc'!A0"))
        assert row["message_id"].startswith("'")


def test_the_table_has_a_header_and_joins_lists_with_a_space():
    one = finding(2, original_recipients=("a@example.net", "b@example.net"))
    (row,) = rows(one)
    assert tuple(row) == COLUMNS
    assert row["original_recipients"] == "a@example.net b@example.net"
    assert row["reasons"] == "delivered-session directory-leads-elsewhere"
    assert row["citations"] == "log/dovecot.log:102 log/mail.log:42 directory/virtual:5"
    assert row["second_hand"] == "false"
    assert row["other_message"] == ""


def test_every_fact_of_jsonl_is_in_the_table_too():
    told = set(KEYS) - {"exposure"} | {"downloaded", "answered", "forwarded", "copied", "moved"}
    assert told <= set(COLUMNS)


def test_nothing_found_gives_no_line_and_a_table_of_headings_only():
    assert jsonl() == ""
    assert rows() == []


def test_hostile_text_becomes_visible():
    shown = visible(HOSTILE)
    for text in ("\\x1b[31m", "\\u202e", "\\x0d\\x0a", "\\x9b2J", "\\u2028", "\\x80"):
        assert text in shown
    assert shown.isprintable()


def test_ordinary_text_of_any_script_is_left_alone():
    for text in ("grüße@exämple.test", "почта@пример.test", "משה@example.net", "a b"):
        assert visible(text) == text


def test_unexplained_copies_are_told_without_owners():
    told = json.loads(jsonl(unexplained(1)))
    assert told["rightful"] == []
    assert told["original_recipient"] is None


def test_a_place_that_is_cited_twice_is_told_once():
    place = Citation("directory/virtual", 4)
    reason = Reason("no-delivery-proof", (), (place, Citation("directory/users", 1), place))
    one = finding(1, reasons=(reason,))
    told = json.loads(jsonl(one))["reasons"][0]["citations"]
    assert [citation["line"] for citation in told] == [4, 1]
    assert rows(one)[0]["citations"] == "directory/virtual:4 directory/users:1"
