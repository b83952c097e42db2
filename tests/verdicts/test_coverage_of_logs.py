"""Where a log is whole, and where its silence proves nothing."""

from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.service import GapRecord, SpanRecord
from postwarden.verdicts.coverage import SLACK, Coverage, gaps_from_absence

SECOND = 1_000_000
moments = st.integers(0, 1_000).map(lambda second: second * SECOND)
missing = st.lists(st.tuples(moments, st.just("log/mail.log"), st.integers(1, 99)), max_size=12)
present = st.lists(moments, max_size=12).map(sorted)


def gap(since, until, server="dovecot"):
    return GapRecord(server, "mx1", since, until, "silence", "log/dovecot.log", 1)


def coverage(*gaps, first=0, last=1_000 * SECOND, server="dovecot"):
    return Coverage.of([SpanRecord(server, "mx1", "log/x", first, last, 9, 9)], gaps)


@given(missing, present)
def test_each_missing_line_lies_in_a_gap_that_spans_no_line(lacking, there):
    gaps = gaps_from_absence("postfix", lacking, there)
    for moment, _, _ in lacking:
        assert any(one.since <= moment <= one.until for one in gaps)
    for one in gaps:
        assert one.since <= one.until
        assert not any(one.since < moment < one.until for moment in there)
    assert len(gaps) <= len(lacking)


@given(missing, present)
def test_the_order_of_the_missing_does_not_matter(lacking, there):
    assert gaps_from_absence("postfix", lacking, there) == (
        gaps_from_absence("postfix", lacking[::-1], there)
    )


@given(st.lists(st.tuples(moments, moments), max_size=5), moments)
def test_a_gap_silences_its_log_and_ends_its_wholeness(pairs, moment):
    found = coverage(*(gap(min(pair), max(pair)) for pair in pairs))
    silent = any(min(pair) <= moment <= max(pair) for pair in pairs)
    assert ("dovecot" in found.silent_at(moment)) == silent
    if found.whole_since("dovecot", moment):
        assert "dovecot" not in found.silent_at(moment)
        assert found.whole_since("dovecot", moment + SECOND)


def test_a_log_that_is_not_there_covers_nothing():
    found = coverage(server="postfix")
    assert not found.whole_since("dovecot", 0)
    assert found.silent_at(5) == ()
    assert found.silent_at(None) == ()


def test_a_log_that_begins_later_counts_only_where_nothing_was_to_be_said():
    late = coverage(first=500 * SECOND)
    assert not late.whole_since("dovecot", 100 * SECOND)
    assert late.whole_since("dovecot", 100 * SECOND, idle_from=500 * SECOND - SLACK)
    assert not late.whole_since("dovecot", 100 * SECOND, idle_from=400 * SECOND)
    assert late.silent_at(100 * SECOND) == ("dovecot",)


def test_gaps_of_another_log_do_not_count():
    assert coverage(gap(10, 20, server="postfix")).whole_since("dovecot", 5)


def both(*gaps, first=0, last=1_000 * SECOND):
    spans = [SpanRecord(one, "mx1", "log/x", first, last, 9, 9) for one in ("postfix", "dovecot")]
    return Coverage.of(spans, gaps)


@given(moments, moments, st.sampled_from(["postfix", "dovecot"]), moments, moments)
def test_a_time_is_whole_unless_a_gap_of_either_log_touches_it(one, other, server, start, end):
    since, until = sorted((one, other))
    first, last = sorted((start, end))
    assert both().whole_between(since, until)
    touched = first <= until and last >= since
    assert both(gap(first, last, server)).whole_between(since, until) == (not touched)


def test_a_time_is_not_whole_where_a_log_is_missing_or_short():
    assert not coverage(server="postfix").whole_between(0, 10)
    assert not coverage(server="dovecot").whole_between(0, 10)
    assert not both(first=50 * SECOND).whole_between(10 * SECOND, 90 * SECOND)
    assert not both(last=50 * SECOND).whole_between(10 * SECOND, 90 * SECOND)
