"""Pages with rows about people: that they were read is on record, and by whom."""

import pytest
from django.db import OperationalError

from cases.conftest import finding
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.holds.service import Wish
from postwarden.people.service import member

NOTED = {
    "accounts": "/accounts/",
    "glass": "/break-glass/",
    "ledger": "/ledger/",
    "plans-one": "/plans/{plan}/",
    "cases-accounts": "/cases/{case}/accounts/",
    "cases-findings": "/cases/{case}/findings/",
    "cases-finding": "/cases/{case}/findings/f1/",
    "cases-reports": "/cases/{case}/reports/",
    "cases-timeline": "/cases/{case}/timeline/",
    "cases-ledger": "/cases/{case}/ledger/",
}
OTHERS = ("/", "/cases/", "/cases/{case}/", "/cases/{case}/plans/", "/evidence/")


@pytest.fixture
def full(desk):
    found = finding("f1", HELD[0])
    desk(cases.take_findings, desk.case, cases.Taken("s1", frozenset({HELD[0]}), (found,)))
    wish = Wish((HELD[0],), desk.case, "looked at")
    desk.plan = desk.holds.hold(wish, member("anna"), desk.now).plan.hash
    return desk


def read(desk):
    return [
        (one.facts["actor"], one.case, one.facts["detail"]["page"])
        for one in desk.holds.desk.ledger.entries()
        if one.act == "console.read"
    ]


@pytest.mark.parametrize("name", NOTED)
def test_who_reads_rows_about_people_is_on_record(full, name):
    address = NOTED[name].format(case=full.case, plan=full.plan)
    browser = full.browser("officer-all")
    assert browser.get(address).status_code == 200
    case = full.case if name.startswith(("cases-", "plans-")) else None
    assert read(full) == [("officer-all", case, name)]
    browser.get(address, headers={"HX-Request": "true"})
    assert len(read(full)) == 2
    shown = browser.post(address).status_code == 200  # whoever asks so, too
    assert len(read(full)) == 2 + shown


def test_what_cannot_be_put_on_record_is_not_shown(full, monkeypatch):
    def fails(*_):
        raise OperationalError("database is locked")

    monkeypatch.setattr("postwarden.ledger.book.append", fails)
    for name in ("cases-findings", "accounts"):
        told = full.browser("officer-all").get(NOTED[name].format(case=full.case))
        assert told.status_code == 503
        assert HELD[0] not in told.content.decode()
        assert "could not be put on record" in told.content.decode()


def test_pages_without_such_rows_leave_the_record_alone_and_so_does_who_is_turned_away(full):
    browser = full.browser("officer-all")
    for address in OTHERS:
        assert browser.get(address.format(case=full.case)).status_code == 200, address
    for name, status in (("officer-brand", 404), ("helpdesk-home", 403)):
        told = full.browser(name).get(NOTED["cases-accounts"].format(case=full.case))
        assert told.status_code == status
    assert read(full) == []


def test_the_pages_that_are_noted_are_these():
    from postwarden.console.urls import PAGES  # noqa: PLC0415  # once the state is set up

    # a request of break-glass is looked at in test_glass_page
    assert {one.name for one in PAGES if one.noted} == {*NOTED, "glass-one"}
