from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.logs.stamps import Clock, day
from postwarden.sources.records import ProblemRecord
from postwarden.vocabulary import Provider, from_rfc3339, moment_of, rfc3339

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NEW_YEAR = from_rfc3339("2027-01-02T00:00:00Z")


def read_all(stamps, zone=AMSTERDAM, year=2026, latest=NEW_YEAR):
    clock = Clock(zone, year, latest)
    return [rfc3339(clock.split(f"{stamp} mx1 x: y")[0]) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("Nov 20 10:11:12", "2026-11-20T09:11:12Z"),
        ("Nov  2 10:11:12", "2026-11-02T09:11:12Z"),
        ("Jul 20 10:11:12", "2026-07-20T08:11:12Z"),
        ("2026-11-20T10:11:12.345678+01:00", "2026-11-20T09:11:12.345678Z"),
        ("2026-11-20T10:11:12Z", "2026-11-20T10:11:12Z"),
        ("2026-11-20T10:11:12", "2026-11-20T09:11:12Z"),
        ("2026-11-20 10:11:12", "2026-11-20T09:11:12Z"),
        ("2026-11-20 10:11:12.5", "2026-11-20T09:11:12.500000Z"),
        ("<22>Nov 20 10:11:12", "2026-11-20T09:11:12Z"),
    ],
)
def test_forms(stamp, expected):
    assert read_all([stamp]) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "Nov 31 10:11:12 x",
        "Foo 20 10:11:12 x",
        "Nov 20 25:11:12 x",
        "Nov 20 10-11-12 x",
        "2026-13-20T10:11:12Z x",
        "2026-11-20Tx x",
        "<22",
        "Nov 20 1a:11:12 x",
        "Nov 20 10:1a:12 x",
    ],
)
def test_what_is_no_stamp(line):
    assert Clock(AMSTERDAM, 2026, NEW_YEAR).split(line) is None


def test_the_year_turns():
    stamps = ["Dec 30 23:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58"]
    assert read_all([*stamps, "Jan  1 00:00:02"]) == [
        "2026-12-30T22:00:00Z",
        "2026-12-31T22:59:59Z",
        "2026-12-31T23:00:01Z",
        "2026-12-31T22:59:58Z",
        "2026-12-31T23:00:02Z",
    ]


@pytest.mark.parametrize(
    ("stamp", "latest", "year"),
    [
        ("Nov 20 10:11:12", "2026-11-20T12:00:00Z", 2026),
        ("Nov 20 10:11:12", "2026-11-19T23:00:00Z", 2026),
        ("Nov 20 10:11:12", "2026-11-01T00:00:00Z", 2025),
        ("Dec 31 10:11:12", "2027-01-01T00:00:00Z", 2026),
        ("Feb 29 10:11:12", "2026-11-01T00:00:00Z", 2024),
    ],
)
def test_an_inferred_year_is_the_latest_possible(stamp, latest, year):
    clock = Clock(AMSTERDAM, None, from_rfc3339(latest))
    assert clock.split(f"{stamp} x") is not None
    assert clock.first_year == year


def test_the_hour_that_comes_twice_runs_forward():
    stamps = ["Oct 25 01:59:59", "Oct 25 02:30:00", "Oct 25 02:59:59", "Oct 25 02:00:00"]
    stamps += ["Oct 25 02:30:00", "Oct 25 03:00:00"]
    assert read_all(stamps) == [
        "2026-10-24T23:59:59Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T00:59:59Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:00:00Z",
    ]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001  zone added below
    st.lists(st.integers(0, 1500), max_size=80),
)
def test_what_is_written_in_order_is_read_as_written(start, steps):
    moments = [start.replace(microsecond=0, tzinfo=UTC)]
    for step in steps:
        moments.append(moments[-1] + timedelta(seconds=step))
    stamps = [when.astimezone(AMSTERDAM).strftime("%b %e %H:%M:%S") for when in moments]
    ambiguous = {when.astimezone(AMSTERDAM).date().isoformat() for when in moments} & {"2026-10-25"}
    read = read_all(stamps, year=moments[0].astimezone(AMSTERDAM).year)
    if ambiguous:
        assert read == sorted(read)
    else:
        assert read == [rfc3339(moment_of(when)) for when in moments]


def test_a_stamp_without_seconds_is_no_stamp():
    assert Clock(AMSTERDAM, 2026, NEW_YEAR).split("2026-11-22 02:02 x") is None
    assert Clock(AMSTERDAM, 2026, NEW_YEAR).split("2026-11-22T02 x") is None
    assert Clock(AMSTERDAM, 2026, NEW_YEAR).split("a bc-12345T x") is None


def test_dated_rotations_name_their_day():
    assert day("20261120") == from_rfc3339("2026-11-21T00:00:00Z")
    assert day("20261120-101112") == from_rfc3339("2026-11-21T00:00:00Z")
    assert day("99999999") is None


def test_what_was_assumed_is_said_once_and_what_was_configured_is_not(tmp_path, read_file):
    for name in ("mail.log", "mail.log.1"):
        (tmp_path / name).write_text("Nov 20 10:11:12 mx1 postfix/qmgr[1]: x\n")
    pattern = tmp_path / "mail.log*"

    def said(zone, year):
        provider = Provider("E", frozenset(), timezone=zone)
        records = read_file("postfix", pattern, year=year, provider=provider)
        return [(one.code, one.detail) for one in records if isinstance(one, ProblemRecord)]

    assumed = said(None, None)
    assert [code for code, _ in assumed] == ["year-inferred", "zone-assumed"]
    assert "2026" in assumed[0][1]
    assert "UTC" in assumed[1][1]
    assert [code for code, _ in said(None, 2026)] == ["zone-assumed"]
    assert said("Europe/Amsterdam", 2026) == []
