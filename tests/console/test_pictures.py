"""A case's pictures: what the findings come to, and where it is drawn."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.conftest import finding
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.cases.service import Flow
from postwarden.console import pictures
from postwarden.console.pictures import SLOT, TALL, flow_picture, time_picture
from postwarden.people.service import member
from postwarden.vocabulary import from_rfc3339

MINUTE = 60_000_000
NIGHT = from_rfc3339("2026-03-17T01:14:00Z")
ZONE = ZoneInfo("Europe/Amsterdam")


def test_every_band_leads_from_its_name_to_its_name():
    flows = [Flow("a", "x", 20, 1), Flow("a", "y", 1, 0), Flow("b", "x", 10, 0)]
    drawn = flow_picture(flows)
    left = {one.name: one.y for one in drawn.left}
    right = {one.name: one.y for one in drawn.right}
    assert [*left] == ["a", "b"]
    for band, flow in zip(drawn.bands, flows, strict=True):
        assert band.path.startswith(f"M0 {left[flow.addressed]}C")
        assert band.path.endswith(f"100 {right[flow.stored]}")
    assert [one.thickness for one in drawn.bands] == [20, 1.5, 10]
    assert drawn.height == 2 * SLOT
    assert flow_picture([]) is None


def test_bars_are_as_high_as_copies_are_many_and_stay_within():
    told = {NIGHT: 4, NIGHT + 3 * MINUTE: 2, None: 7}
    drawn = time_picture(told, (NIGHT, NIGHT + MINUTE), ZONE)
    assert [(one.at, one.copies, one.height) for one in drawn.bars] == [
        (NIGHT, 4, TALL),
        (NIGHT + 3 * MINUTE, 2, TALL / 2),
    ]
    assert (drawn.undated, drawn.most) == (7, 4)
    assert all(one.x >= 0 and one.x + one.width <= 100 for one in drawn.bars)
    first = drawn.bars[0]
    assert first.x <= drawn.fault.x <= first.x + first.width


@pytest.mark.parametrize(
    ("fault", "shown"),
    [((None, None), False), ((NIGHT + 9_000 * MINUTE, None), False), ((NIGHT, None), True),
     ((0, NIGHT * 2), True)],
)  # fmt: skip
def test_the_fault_is_shaded_as_far_as_it_is_known(fault, shown):
    drawn = time_picture({NIGHT: 1}, fault, ZONE)
    assert (drawn.fault is not None) is shown
    if shown:
        assert drawn.fault.x >= 0
        assert drawn.fault.x + drawn.fault.width <= 100.001


def test_nothing_dated_is_no_picture():
    assert time_picture({}, (None, None), ZONE) is None
    assert time_picture({None: 3}, (NIGHT, NIGHT), ZONE) is None


def test_pages_say_in_a_table_what_they_draw(desk):
    some = [finding(f"f{n}", HELD[0], at=NIGHT + n % 2 * MINUTE) for n in range(5)]
    some.append(finding("g", "hold3@brand.test", at=NIGHT))
    taken = cases.Taken("s1", frozenset({*HELD, "hold3@brand.test"}), tuple(some))
    desk(cases.take_findings, desk.case, taken)
    assert cases.flows(desk.holds.desk, member("anna"), desk.case, 1) == (
        (Flow("sales@example.net", HELD[0], 5, 0),),
        1,
    )
    assert cases.arrivals(member("anna"), desk.case) == {NIGHT: 4, NIGHT + MINUTE: 2}
    assert cases.arrivals(member("officer-home"), desk.case) == {NIGHT: 3, NIGHT + MINUTE: 2}
    address = f"/cases/{desk.case}/picture/"
    text = desk.browser("officer-home").get(address).content.decode()
    assert text.count('<path class="band') == 1
    assert "hold3@brand.test" not in text
    assert '17 Mar 02:14</time></td><td class="number">3' in text
    part = desk.browser("anna").get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "style=" not in part


def test_what_hides_empty_parts_of_a_page_hides_no_flow_that_was_opened():
    sheet = (Path(pictures.__file__).parent / "static/console/console.css").read_text()
    hiding = re.findall(r"^([^{}\n]*:empty[^{}\n]*)\{ display: none", sheet, re.MULTILINE)
    assert hiding
    assert not [rule for rule in hiding if rule.startswith((".opened", ".band"))]
