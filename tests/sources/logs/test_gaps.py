import itertools
import random

import pytest

from postwarden.sources.logs.gaps import MINUTE, Silence, is_gap
from postwarden.sources.records import GapRecord
from postwarden.vocabulary import from_rfc3339, rfc3339

START = from_rfc3339("2026-11-09T00:00:00Z") // MINUTE


def gaps_of(minutes):
    found = []
    for before, after in itertools.pairwise(minutes):
        silence = Silence(before * MINUTE, after * MINUTE, "f", 1, "silence")
        if after - before > 15 and is_gap(minutes, silence):
            found.append((before - START, after - START))
    return found


def server(rates, days, seed):
    """Active minutes of a server whose lines per minute depend on the hour."""
    chance = random.Random(seed)
    return [
        START + minute
        for minute in range(days * 1440)
        if chance.random() < rates(minute // 60 % 24, minute // 1440 % 7)
    ]


def office(hour, weekday):
    if weekday >= 5:
        return 0.01
    return 0.7 if 8 <= hour < 18 else 0.1 if 18 <= hour < 23 else 0.002


def tiny(hour, _weekday):
    return 0.05 if 7 <= hour < 23 else 0.0


def busy(hour, _weekday):
    return 0.999 if 7 <= hour < 23 else 0.9


@pytest.mark.parametrize("days", [1, 2, 10, 30])
@pytest.mark.parametrize("rates", [office, tiny, busy])
@pytest.mark.parametrize("seed", range(4))
def test_ordinary_silence_is_no_gap(rates, days, seed):
    assert gaps_of(server(rates, days, seed)) == []


@pytest.mark.parametrize("days", [1, 9])
@pytest.mark.parametrize("hours", [1, 2, 5])
@pytest.mark.parametrize("at", [8, 13])
def test_hours_missing_from_a_busy_log_are_found(days, hours, at):
    first = (days // 2) * 1440 + at * 60
    minutes = [
        minute
        for minute in server(busy, days, 1)
        if not first <= minute - START < first + hours * 60
    ]
    ((since, until),) = gaps_of(minutes)
    assert abs(since - first) <= 3
    assert abs(until - first - hours * 60) <= 3


def test_hours_missing_from_an_office_log_are_found_by_other_days():
    first = 8 * 1440 + 10 * 60
    minutes = [m for m in server(office, 20, 3) if not first <= m - START < first + 120]
    assert len(gaps_of(minutes)) == 1


def test_a_window_of_every_night_is_a_habit():
    minutes = [m for m in server(busy, 9, 1) if not 180 <= (m - START) % 1440 < 240]
    assert gaps_of(minutes) == []


def lines(first, last, step=20, text="postfix/qmgr[1]: x"):
    """Lines from second to second of 20 November."""
    return "".join(
        f"Nov 20 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} mx1 {text}\n"
        for second in range(first, last, step)
    )


def read_gaps(read_file, path):
    return [
        (one.reason, rfc3339(one.since)[11:16], rfc3339(one.until)[11:16], one.file, one.line)
        for one in read_file("postfix", path)
        if isinstance(one, GapRecord)
    ]


def test_a_hole_within_a_file(tmp_path, read_file):
    (tmp_path / "mail.log").write_text(lines(0, 36_000) + lines(43_200, 80_000))
    assert read_gaps(read_file, tmp_path / "mail.log") == [
        ("silence", "09:59", "12:00", "mail.log", 1801)
    ]


def test_a_hole_that_ends_with_a_start_of_the_server(tmp_path, read_file):
    started = "Nov 20 12:00:00 mx1 postfix/master[1]: daemon started -- version 3.7.11\n"
    (tmp_path / "mail.log").write_text(lines(0, 36_000) + started + lines(43_200, 80_000))
    assert [one[0] for one in read_gaps(read_file, tmp_path / "mail.log")] == ["restart"]


def test_a_hole_between_files(tmp_path, read_file):
    (tmp_path / "mail.log.1").write_text(lines(0, 36_000))
    (tmp_path / "mail.log").write_text(lines(43_200, 80_000))
    assert read_gaps(read_file, tmp_path / "mail.log*") == [
        ("rotation", "09:59", "12:00", "mail.log", 1)
    ]


def test_a_missing_rotation(tmp_path, read_file):
    (tmp_path / "mail.log.3").write_text(lines(0, 600, 300))
    (tmp_path / "mail.log.1").write_text(lines(3_600, 4_200, 300))
    (tmp_path / "mail.log").write_text(lines(4_200, 4_800, 300))
    assert read_gaps(read_file, tmp_path / "mail.log*") == [
        ("rotation", "00:05", "01:00", "mail.log.1", 1)
    ]


@pytest.mark.parametrize(
    ("notices", "since", "until"),
    [
        (
            [
                (600, ("rsyslogd: imuxsock[pid: 7, name: smtpd]: begin to drop messages due to "
                      "rate-limiting")),
                (660, ("rsyslogd: imuxsock[pid: 7, name: smtpd]: 120 messages lost due to "
                      "rate-limiting")),
            ],
            "00:10",
            "00:11",
        ),
        (
            [
                (600, ("rsyslogd-2177: imuxsock begins to drop messages from pid 7 due to "
                      "rate-limiting")),
                (660, "rsyslogd-2177: imuxsock lost 120 messages from pid 7 due to rate-limiting"),
            ],
            "00:10",
            "00:11",
        ),
        (
            [(660, "systemd-journald[9]: Suppressed 120 messages from postfix.service")],
            "00:10",
            "00:11",
        ),
        (
            [(600, "rsyslogd: imjournal: begin to drop messages due to rate-limiting")],
            "00:10",
            "00:19",
        ),
    ],
)  # fmt: skip
def test_rate_limits(tmp_path, read_file, notices, since, until):
    text = lines(0, 1200)
    for second, notice in notices:
        text += lines(second, second + 1, text=notice)
    (tmp_path / "mail.log").write_text("".join(sorted(text.splitlines(keepends=True))))
    ((reason, first, last, _, _),) = read_gaps(read_file, tmp_path / "mail.log")
    assert (reason, first, last) == ("rate-limited", since, until)


def test_a_sender_cannot_claim_a_rate_limit(tmp_path, read_file):
    forged = "postfix/smtpd[1]: warning: rsyslogd: 120 messages lost due to rate-limiting"
    (tmp_path / "mail.log").write_text(lines(0, 60) + lines(60, 61, text=forged))
    assert read_gaps(read_file, tmp_path / "mail.log") == []
