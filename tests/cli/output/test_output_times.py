from zoneinfo import ZoneInfo

import pytest

from postwarden.cli.output import times
from postwarden.vocabulary import from_rfc3339

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = from_rfc3339("2026-11-20T01:14:59Z")


def test_people_read_the_providers_time_and_machines_utc():
    assert times.full(NIGHT, AMSTERDAM) == "Fri 20 November 02:14 (Amsterdam)"
    assert times.with_year(NIGHT, AMSTERDAM) == "Fri 20 November 2026 02:14 (Amsterdam)"
    assert times.short(NIGHT, AMSTERDAM) == "Fri 20 Nov 02:14"
    assert times.machine(NIGHT) == "2026-11-20T01:14:59Z"


def test_an_hour_that_comes_twice_names_its_zone():
    first = from_rfc3339("2026-10-25T00:30:00Z")
    assert times.full(first, AMSTERDAM) == "Sun 25 October 02:30 (Amsterdam, CEST)"
    second = from_rfc3339("2026-10-25T01:30:00Z")
    assert times.full(second, AMSTERDAM) == "Sun 25 October 02:30 (Amsterdam, CET)"


@pytest.mark.parametrize("moment", [None, 2**62, -(2**62), 2**100])
def test_what_no_calendar_holds_is_not_known(moment):
    assert times.full(moment, AMSTERDAM) == times.NO_TIME
    assert times.with_year(moment, AMSTERDAM) == times.NO_TIME
    assert times.short(moment, AMSTERDAM) == "not known"
    assert times.machine(moment) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (90_060, "1 d 1 h 1 min")],
)
def test_lengths_are_written_in_their_units(seconds, text):
    assert times.length(seconds * 1_000_000) == text


def test_zones_are_named_by_their_city():
    assert times.zone_name(ZoneInfo("America/New_York")) == "New York"
    assert times.zone_name(ZoneInfo("UTC")) == "UTC"
