"""The ledger's page: what was done, of what the reader may see."""

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from postwarden import vouching
from postwarden.ledger.service import Entry
from postwarden.rooms import present

OTHERS = "carla@brand.test"


def words(answer):
    return re.sub(r"<[^>]*>", " ", answer.content.decode())


def note(desk, *entries):
    with transaction.atomic():
        desk.holds.desk.ledger.append(entries, desk.now)


def test_entries_are_found_by_case_actor_act_and_time(desk):
    note(desk, Entry("hold.placed", "berta", "why so", case=desk.case, person="hold1@example.net"))
    browser = desk.browser("officer-all")
    rows = re.findall(r"<tr><th", browser.get("/ledger/").content.decode())
    assert len(rows) > 3
    for asked in (
        {"actor": "berta"},
        {"actor": "", "act": "hold.placed"},
        {"actor": "berta", "act": "hold.placed", "case": desk.case},
    ):
        found = words(browser.post("/ledger/", asked, follow=True))
        assert "why so" in found
        assert "case.opened" not in found
    assert "why so" not in words(browser.get("/ledger/?since=2100-01-01T00:00"))
    assert "why so" not in words(browser.get("/ledger/?until=1990-01-01T00:00"))


def test_whose_entries_were_looked_for_stands_in_no_address_and_is_its_readers_alone(desk):
    note(desk, *(Entry("tried", "berta", f"turn {n}") for n in range(60)))
    note(desk, Entry("tried", "dora", "somebody else"))
    browser = desk.browser("officer-all")
    place = browser.post("/ledger/", {"actor": "berta", "act": "tried"})["Location"]
    page = browser.get(place).content.decode()
    assert "turn 59" in page
    assert "somebody else" not in page
    assert 'value="berta"' in page
    places = [place, *re.findall(r'(?:href|action)="([^"]*)"', page)]
    assert any("before=" in one for one in places)
    assert not [one for one in places if "berta" in one]
    others = words(desk.browser("auditor-all").get(place))
    assert "somebody else" in others
    assert 'value="berta"' not in others


def test_what_is_about_others_is_not_shown(desk):
    note(desk, Entry("hold.placed", "berta", "theirs", person=OTHERS))
    assert "theirs" in words(desk.browser("officer-brand").get("/ledger/"))
    assert "theirs" not in words(desk.browser("officer-home").get("/ledger/"))
    assert "There is no such case" in words(
        desk.browser("officer-brand").get(f"/ledger/?case={desk.case}")
    )


def test_pages_together_are_all_entries_each_once(desk):
    note(desk, *(Entry("tried", "berta", f"turn {n:03}") for n in range(120)))
    browser, seen, query = desk.browser("officer-all"), [], "?act=tried"
    while query:
        page = browser.get(f"/ledger/{query}").content.decode()
        seen += re.findall(r"turn \d{3}", page)
        more = re.search(r'href="(\?[^"]*)" rel="next"', page)
        query = more and more[1].replace("&amp;", "&")
    assert seen == [f"turn {n:03}" for n in reversed(range(120))]


def test_as_many_queries_for_many_entries_as_for_few(desk):
    browser = desk.browser("officer-all")
    browser.get("/ledger/")  # the first request binds the database anew
    counts = []
    for many in (5, 45):
        note(desk, *(Entry("tried", "berta", f"turn {n}") for n in range(many)))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get("/ledger/?act=tried")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_it_is_verified_by_a_post_and_that_is_on_record(desk):
    browser = desk.browser("officer-all")
    before = len(list(desk.holds.desk.ledger.entries()))
    browser.get("/ledger/")  # which is on record as read, and verifies nothing
    assert "is what was written" in words(browser.post("/ledger/"))
    assert [one.act for one in desk.holds.desk.ledger.entries()][before:] == [
        "console.read",
        "ledger.verified",
        "console.read",
    ]


def test_one_too_large_to_wait_for_is_left_to_the_command_line(desk, monkeypatch):
    desk.holds.desk.ledger.sequence(present())
    monkeypatch.setattr(vouching, "LARGEST", 0)
    answer = desk.browser("officer-all").post("/ledger/")
    assert (answer.status_code, b"postwarden verify" in answer.content) == (409, True)
    acts = [one.act for one in desk.holds.desk.ledger.entries()]
    assert "ledger.verified" not in acts


def test_what_was_changed_shows(desk):
    note(desk, Entry("tried", "berta", "first"))
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS ledger_entry_no_update")
        cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in cursor.fetchall():
            if "entry" in name:
                cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(
            "UPDATE ledger_entry SET sealed = zeroblob(length(sealed)) WHERE act = 'tried'"
        )
    browser = desk.browser("officer-all")
    assert "Changed after it was written" in words(browser.get("/ledger/?act=tried"))
    assert "is not what was written" in words(browser.post("/ledger/"))


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=-1", f"before={'9' * 40}", "since=yesterday", "until=2026-03-17T02:14%2B01:00",
     "since=0001-01-01T00:00", "case=%00", "case=nonsense", "of=%F0%9F%93%AC", f"act={'a' * 900}"],
)  # fmt: skip
def test_whatever_is_looked_for_is_answered(desk, query):
    assert desk.browser("officer-all").get(f"/ledger/?{query}").status_code == 200
