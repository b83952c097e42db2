"""A case a page at a time."""

from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.cases.service import Asked, NoSuchCase, Note, State
from postwarden.people.service import NotAllowed, member
from postwarden.verdicts.service import Reason, Verdict

HOME = tuple(f"user{n:03}@example.net" for n in range(30))
BRAND = tuple(f"user{n:03}@brand.test" for n in range(30))


@pytest.fixture
def wide(book):
    """A case with 60 accounts of two organisations."""
    reference = book.open("home", "brand")
    book(cases.suspect, reference, (*HOME, *BRAND), "they share a map")
    return reference


def every(function, who, reference, **asked):
    rows, after = [], ""
    while True:
        page = function(member(who), reference, Asked(after=after, most=7, **asked))
        assert len(page.rows) <= 7
        rows += page.rows
        after = page.after
        if not after:
            return rows


def test_pages_together_are_all_accounts_each_once_in_order(book, wide):
    rows = every(cases.accounts, "anna", wide)
    assert [one.account for one in rows] == sorted((*HOME, *BRAND))
    assert {one.state for one in rows} == {State.SUSPECTED}
    assert all(one.since is not None and one.since <= book.now for one in rows)


def test_search_and_state_narrow(book, wide):
    book(cases.move, wide, HOME[:2], State.EXCLUDED, "not touched")
    assert [
        one.account for one in every(cases.accounts, "anna", wide, states=(State.EXCLUDED,))
    ] == [*HOME[:2]]
    found = every(cases.accounts, "anna", wide, search="USER017@")
    assert [one.account for one in found] == [BRAND[17], HOME[17]]
    assert every(cases.accounts, "anna", wide, search="%") == []


def test_only_what_is_the_readers_own(book, wide):
    assert [one.account for one in every(cases.accounts, "cleo", wide)] == [*BRAND]
    assert cases.head(member("cleo"), wide).states == {State.SUSPECTED: 30}
    assert cases.head(member("anna"), wide).accounts == 60
    book.take(wide, finding("h", HOME[0]), finding("b", BRAND[0]))
    assert [one.finding for one in every(partial(cases.findings, book.desk), "cleo", wide)] == ["b"]
    told = [one.account for one in every(cases.timeline, "cleo", wide)]
    assert not set(told) & {*HOME}
    other = book.open("home")
    for function in (cases.accounts, partial(cases.findings, book.desk), cases.timeline):
        with pytest.raises(NotAllowed):
            function(member("cleo"), other, Asked())
        with pytest.raises(NoSuchCase):
            function(member("cleo"), "2026-0099", Asked())


def test_whom_of_others_mail_was_meant_for_is_not_told(book, wide):
    meant = f"ivy@example.net, {BRAND[1]}"
    values = (("address", "sales@example.net"), ("accounts", meant), ("holder", BRAND[0]))
    home = replace(
        finding("b", BRAND[0], rightful=("ivy@example.net", BRAND[1])),
        lacking=("ivy@example.net",),
        reasons=(
            Reason("directory-leads-elsewhere", values),
            Reason("content-size", (("other", "<b@example.net>"),)),
        ),
    )  # fmt: skip
    own = replace(finding("c", BRAND[1]), original_recipients=("shop@brand.test",))
    book.take(wide, home, own)
    (one, two) = every(partial(cases.findings, book.desk), "cleo", wide)
    assert one.facts["rightful"] == [cases.SOMEBODY, BRAND[1]]
    assert one.facts["original_recipients"] == one.facts["lacking"] == [cases.SOMEBODY]
    first, second = cases.reasons_of(one)
    told = (("address", "…"), ("accounts", f"…, {BRAND[1]}"), ("holder", BRAND[0]))
    assert (first.values, second.values) == (told, (("other", "<b@example.net>"),))
    assert two.facts["original_recipients"] == ["shop@brand.test"]
    assert "@example.net" not in str({**one.facts, "proof": one.facts["proof"][:1]})
    flows = cases.flows(book.desk, member("cleo"), wide, 9).rows
    assert [one.addressed for one in flows] == ["shop@brand.test", "…"]
    whole = cases.some_findings(book.desk, member("anna"), wide, ["b"])["b"].facts
    assert whole["rightful"] == ["ivy@example.net", BRAND[1]]
    lines = {
        "cleo": f"to=<…>, orig_to=<…>, from=<a@shop.test>, relay={BRAND[0]}",
        "ben": "to=<ivy@example.net>, orig_to=<Sales@Example.Net>, from=<a@shop.test>, relay=…",
    }
    line = (
        f"to=<ivy@example.net>, orig_to=<Sales@Example.Net>, from=<a@shop.test>, relay={BRAND[0]}"
    )
    for who, shown in lines.items():
        assert cases.line_for(book.desk, member(who), line) == shown
    assert cases.line_for(book.desk, member("anna"), line) == line
    assert [one.addressed for one in cases.flows(book.desk, member("ben"), wide, 9).rows] == []


def test_findings_come_by_account_and_count_with_it(book, wide):
    some = [finding(f"f{n:02}", HOME[n % 3]) for n in range(20)]
    book.take(wide, *some, finding("odd", HOME[5], Verdict.UNEXPLAINED))
    rows = every(partial(cases.findings, book.desk), "anna", wide)
    assert [(one.account, one.finding) for one in rows] == sorted(
        (one.account, one.finding) for one in rows
    )
    assert len(rows) == 21
    assert cases.head(member("anna"), wide).findings == {"misdelivered": 20, "unexplained": 1}
    first = cases.accounts(member("anna"), wide, Asked(search=HOME[0])).rows[0]
    assert first.wrong == sum(one.account == HOME[0] for one in some)


def test_the_timeline_runs_backwards_and_loses_nothing(book, wide):
    for n in range(20):
        book(cases.note, wide, Note(book.now - (n % 4) * 1_000, f"note {n}"), ())
    rows = every(cases.timeline, "anna", wide)
    assert [one.at for one in rows] == sorted((one.at for one in rows), reverse=True)
    assert len(rows) == len(book.file(wide).timeline) == cases.head(member("anna"), wide).entries


@pytest.mark.parametrize("name", ["accounts", "findings", "timeline"])
def test_queries_do_not_grow_with_the_page(book, wide, name):
    function = partial(cases.findings, book.desk) if name == "findings" else getattr(cases, name)
    book.take(wide, *(finding(f"f{n:02}", HOME[n]) for n in range(20)))
    counts = set()
    for most in (1, 10, 60):
        with CaptureQueriesContext(connection) as caught:
            function(member("anna"), wide, Asked(most=most))
        counts.add(len(caught))
    assert len(counts) == 1
