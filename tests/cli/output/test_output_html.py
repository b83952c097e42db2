import io
import re
import time
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from fake_findings import (
    HOSTILE,
    MINUTE,
    START,
    ZONE,
    background,
    crossed,
    finding,
    findings,
    summary,
)
from hypothesis import given
from hypothesis import strategies as st

from postwarden.cli.output import html as report
from postwarden.cli.output.figures import counted
from postwarden.cli.output.flowchart import SHOWN, flow_chart
from postwarden.cli.output.hostile import acts
from postwarden.cli.output.html import UNEXPLAINED_SHOWN, write_html
from postwarden.cli.output.timechart import time_chart
from postwarden.verdicts.service import Reason, Verdict, summarise

VOID = {"meta", "wbr", "br", "link"}


def page(given, **background):
    stream = io.StringIO()
    write_html(summary(given, **background), given, stream, ZONE)
    return stream.getvalue()


class Page(HTMLParser):
    """Reads a page strictly: every element closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.tags = Counter()
        self.attributes = []
        self.ids = []
        self.words = []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


@pytest.mark.parametrize("count", [0, 1, 12, 60])
def test_the_page_is_well_formed_whole_and_needs_nothing_from_outside(count):
    text = page(findings(count))
    parsed = Page(text)
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(parsed.tags)
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    targets = [value for _, name, value in parsed.attributes if name in ("href", "src", "action")]
    assert all(target.startswith("#") for target in targets)
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


@pytest.mark.parametrize("count", [0, 1, 12, 60])
def test_ids_are_unique_and_every_door_leads_somewhere(count):
    parsed = Page(page(findings(count)))
    assert len(parsed.ids) == len(set(parsed.ids))
    doors = [value[1:] for _, name, value in parsed.attributes if name == "href"]
    assert set(doors) <= set(parsed.ids)
    named = [
        one for _, name, value in parsed.attributes if name == "aria-labelledby"
        for one in value.split()
    ]  # fmt: skip
    assert set(named) <= set(parsed.ids)


@pytest.mark.parametrize("count", [1, 12, 60])
def test_it_can_be_read_without_seeing_it(count):
    parsed = Page(page(findings(count)))
    assert parsed.tags["h1"] == parsed.tags["main"] == parsed.tags["header"] == 1
    assert parsed.tags["footer"] == 1
    assert parsed.tags["table"] == parsed.tags["caption"]
    assert parsed.tags["svg"] == 2
    assert parsed.tags["desc"] == 2
    assert ("html", "lang", "en") in parsed.attributes


def _figures(text):
    section = text[text.index('<dl class="figures">') : text.index("<nav")]
    numbers = re.findall(r"<dd>(?:<[^>]+>)*([\d,]+)", section)
    return [int(number.replace(",", "")) for number in numbers]


@pytest.mark.parametrize("count", [0, 1, 12, 60, 300])
def test_the_figures_are_those_of_the_summary(count):
    given = findings(count)
    drawn = summary(given)
    assert _figures(page(given)) == [
        drawn.wrong,
        len(drawn.holders),
        drawn.opened.yes,
        drawn.opened.unknown,
        len(drawn.owners),
        drawn.lacking,
        drawn.counts[Verdict.UNEXPLAINED],
    ]


def _rows(text, caption):
    table = next(t for t in re.findall(r"<table.*?</table>", text, re.DOTALL) if caption in t)
    body = table[table.index("<tbody>") :]
    rows = [
        re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    ]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]


def test_the_tables_are_those_of_the_summary():
    given = findings(60)
    drawn, text = summary(given), page(given)
    holders = _rows(text, counted(len(drawn.holders), "mailbox"))
    assert [row[:6] for row in holders] == [
        [h.account, *map(str, (h.wrong, h.crossed, h.opened.yes, h.opened.unknown, h.opened.no))]
        for h in drawn.holders
    ]
    owners = _rows(text, "a message counts once")
    assert [row[:7] for row in owners] == [
        [o.account, *map(str, (o.messages, o.elsewhere, o.opened.yes, o.opened.unknown)),
         str(o.lacks), str(o.may_lack)]
        for o in drawn.owners
    ]  # fmt: skip
    flows = _rows(text, counted(len(drawn.flows), "way"))
    assert [(row[0], row[2], row[3]) for row in flows] == [
        (flow.original, flow.holder, str(flow.copies)) for flow in drawn.flows
    ]
    times = _rows(text, "from the time given")
    line = drawn.timeline.buckets
    assert sum(int(row[1]) for row in times) == sum(bucket.right for bucket in line)
    assert sum(int(row[2]) for row in times) == sum(bucket.wrong for bucket in line) == drawn.wrong


def test_every_wrong_copy_and_every_reason_is_there():
    given = findings(60)
    text = page(given)
    for one in given:
        assert f"postwarden explain {one.id}<" in text
    assert text.count('<details class="copy">') == len(given)
    assert text.count('<code class="cite">log/dovecot.log:') >= 40


def test_gaps_and_what_cannot_be_known_are_told():
    text = Page(page(findings(12))).text
    assert "1 gap in the logs: a missing line proves nothing there" in text
    assert "Fri 20 November 11:40 (Amsterdam), 45 min: a rotated file is missing" in text
    assert "dovecot-events log: none read for this time" in text


def test_hostile_text_neither_acts_nor_becomes_markup():
    values = (("address", HOSTILE), ("accounts", HOSTILE), ("holder", HOSTILE))
    hostile = finding(
        1,
        account=HOSTILE,
        rightful=(HOSTILE,),
        original_recipients=(HOSTILE, '"><svg onload=alert(1)>'),
        id='"><script>',
        message_id=HOSTILE,
        folder=HOSTILE,
        file=HOSTILE,
        queue_id=HOSTILE,
        reasons=(Reason("directory-leads-elsewhere", values),),
    )
    text = page(
        [hostile, crossed(2)],
        provider=HOSTILE,
        snapshot=HOSTILE,
        purpose=HOSTILE,
        problems={HOSTILE: 1},
    )
    parsed = Page(text)
    assert "script" not in parsed.tags
    assert "onload" not in {name for _, name, _ in parsed.attributes}
    assert "\\u202e" in parsed.text
    assert not any(map(acts, text.replace("\n", "")))
    text.encode("utf-8")


def test_equal_input_gives_equal_bytes_whatever_the_order():
    given = findings(60)
    assert page(given) == page(given[::-1])


def test_two_thousand_findings_take_less_than_two_seconds():
    given = findings(2_000)
    drawn = summary(given)
    began = time.process_time()
    write_html(drawn, given, io.StringIO(), ZONE)
    assert time.process_time() - began < 2


def test_unexplained_copies_beyond_the_first_are_counted(monkeypatch):
    monkeypatch.setattr(report, "UNEXPLAINED_SHOWN", 3)
    given = findings(60)
    text = Page(page(given)).text
    many = sum(one.verdict is Verdict.UNEXPLAINED for one in given)
    assert UNEXPLAINED_SHOWN > many > 3
    assert f"{many - 3} more unexplained copies" in text


def test_the_fault_is_shaded_only_when_known():
    assert "wrong map live" in page(findings(12))
    assert "wrong map live" not in page(findings(12), fault=None)


def test_the_picture_of_time_lies_within_its_frame():
    chart = time_chart(summary(findings(60)), ZONE)
    assert chart is not None
    for span in (
        *chart.bars,
        *chart.fault,
        *(s for t in chart.strips for s in (*t.covered, *t.gaps)),
    ):
        assert 0 <= span.x <= span.x + span.width <= 100.1
    assert max(bar.right for bar in chart.bars) == 80
    assert max(bar.wrong for bar in chart.bars) == 70
    assert 2 <= len(chart.ticks) <= 6
    assert all(0 <= tick.x <= 100 for tick in chart.ticks)


@given(st.lists(st.integers(START, START + 400 * 1_440 * MINUTE), min_size=1, max_size=6))
def test_the_axis_of_time_has_few_marks_in_order_whatever_its_length(moments):
    given = [finding(n, delivered_at=moment) for n, moment in enumerate(moments)]
    chart = time_chart(summary(given, right=dict.fromkeys(moments, 1)), ZONE)
    assert chart is not None
    places = [tick.x for tick in chart.ticks]
    assert places == sorted(set(places))
    assert len(places) <= 6
    assert all(0 <= place <= 100 for place in places)
    assert sum(row.wrong for row in chart.rows) == len(moments)


def test_without_any_time_there_is_no_picture_of_it():
    given = [finding(1, delivered_at=None)]
    assert time_chart(summary(given, right={}), ZONE) is None
    assert "No delivery with a known time" in page(given, right={})


@pytest.mark.parametrize("moment", [-(2**62), 0, 2**62])
def test_times_beyond_the_calendar_stop_nothing(moment):
    Page(page([finding(1, delivered_at=moment, accepted_at=moment)], taken=moment))


def _paths(chart):
    for band in chart.bands:
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", band.path)]
        yield numbers[1], numbers[7], numbers[8]


def test_bands_fill_their_bars_and_stay_in_the_picture():
    drawn = summary(findings(300))
    chart = flow_chart(drawn)
    assert chart is not None
    assert chart.merged == len(drawn.flows) - SHOWN > 0
    misdelivered = drawn.counts[Verdict.MISDELIVERED]
    assert sum(end.copies for end in chart.left) == misdelivered
    assert sum(end.copies for end in chart.right) == misdelivered
    filled = sum(lower - end for _, end, lower in _paths(chart))
    assert filled == pytest.approx(sum(end.height for end in chart.right), abs=1)
    for start, end, lower in _paths(chart):
        assert min(start, end) >= 0
        assert lower <= chart.height + 1
    for ends in (chart.left, chart.right):
        for above, below in pairwise(ends):
            assert above.top + above.height <= below.top


def test_a_band_leads_to_the_copies_it_stands_for():
    given = findings(12)
    drawn = summary(given)
    chart = flow_chart(drawn)
    assert chart is not None
    for band in chart.bands:
        assert band.target is not None
        assert drawn.holders[band.target - 1].account in band.title


def test_only_crossed_copies_make_no_flow():
    given = [crossed(1)]
    assert flow_chart(summary(given)) is None
    assert "Nothing was delivered into a wrong mailbox" in page(given)


def _themes():
    with open(report.__file__.replace("html.py", "report.css"), encoding="utf-8") as source:
        roots = re.findall(r":root \{(.*?)\}", source.read(), re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", root)) for root in roots]


def _luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_contrast_is_enough_in_both_themes(theme):
    colours = _themes()[theme]
    for name in ("ink", "muted", "accent", "settled", "wrong", "unknown"):
        for ground in ("paper", "shade"):
            assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert _contrast(colours["right"], colours["paper"]) >= 2, "bars also have a base line"


def test_the_hour_that_comes_twice_is_told_apart():
    autumn = replace(background(), right={START: 1})
    drawn = summarise([finding(1, accepted_at=1792886400_000_000)], autumn, ZONE)
    stream = io.StringIO()
    write_html(drawn, [finding(1, accepted_at=1792886400_000_000)], stream, ZONE)
    assert "Sun 25 October 02:00 (Amsterdam, CEST)" in stream.getvalue()


def test_crossed_copies_have_a_column_only_where_there_are_some():
    assert 'data-label="Crossed"' in page([finding(1), crossed(2)])
    assert 'data-label="Crossed"' not in page([finding(1)])


def test_acts_that_are_due_are_explained_and_no_others():
    text = page([finding(1, has_rightful_copy=False)])
    assert text.count("block logins while mail keeps arriving") == 1
    assert text.count("give this account its own copy") == 1
    assert "ask the holder where to" not in text
