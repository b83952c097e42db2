"""Cases for people by name: not there for everybody else, and nobody lets themselves in."""

import io
import json
import tarfile

import pytest
from django.db import transaction

from cases.conftest import finding
from people.conftest import Records
from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Code, NoSuchCase, Note, Refused, Search
from postwarden.ledger.service import Entry
from postwarden.people.models import Identity, TieRow
from postwarden.people.service import (
    EVERYWHERE,
    GRANTS,
    Grant,
    NotAllowed,
    Role,
    UnknownIdentity,
    add,
    member,
    retire,
)

EVA, IVY = "eva@example.net", "ivy@example.net"


@pytest.fixture
def book(book_on_sqlite):
    return book_on_sqlite


@pytest.fixture
def inner(book):
    """A case with something of everything in it, restricted by dora to herself and ben."""
    name = book.open("home")
    book(cases.suspect, name, [EVA], "seen")
    book.report(name, EVA)
    book.take(name, finding("f", EVA))
    book(cases.restrict_case, name, ["ben"], "a colleague may be concerned", who="dora")
    return name


def refused(book, *words, who="dora", **named):
    with pytest.raises(Refused) as caught:
        book(*words, who=who, **named)
    return caught.value.refusal.code


def sees(book, who, name):
    """Tell by each way there is whether somebody is told of a case; all ways have to say the same."""
    actor = member(who)
    listed = cases.every_case(actor)
    account = cases.picture(book.desk, actor, EVA, book.now)
    told = [
        name in {one.reference for one in listed},
        name in {one.reference for one in cases.some_cases(actor, Asked()).rows},
        name in {one.case for one in cases.entries(book.desk, actor, Search()).rows},
        name in {one.reference for one in cases.open_cases(actor)},
        name in {one.reference for one in account.parts},
        name in {one.case for one in account.looked},
        bool(cases.unmatched(actor)) or bool(cases.known_accounts(actor, Asked()).rows),
        bool(cases.ask_helpdesk(book.desk, actor, EVA, book.now).concerns),
        bool(cases.ask_helpdesk(book.desk, actor, IVY, book.now).concerns),
        bool(cases.ask_helpdesk(book.desk, actor, EVA, book.now).reports),
        name not in cases.hidden(actor),
        _knows(actor, name),
        "a colleague" in _told(book, actor),
    ]
    looks = (
        lambda: cases.head(actor, name),
        lambda: cases.case_file(actor, name),
        lambda: cases.case_file(actor, f"{name}/R1"),
        lambda: cases.own_words(actor, name),
        lambda: cases.known(
            actor, name, {one for grant in actor.grants for one in cases_rights(grant)}
        ),
        lambda: cases.accounts(actor, name, Asked()),
        lambda: cases.timeline(actor, name, Asked()),
        lambda: cases.flows(book.desk, actor, name, 5),
        lambda: cases.finding(book.desk, actor, name, "f"),
        lambda: cases.entries(book.desk, actor, Search(case=name)),
        lambda: cases.kept_persons(actor, name),
        lambda: cases.insiders(actor, name),
        lambda: book(cases.note, name, Note(book.now, "x"), (), who=who),
        lambda: book.report(name, EVA, who=who),
        lambda: book.take(name, finding("f", EVA), who=who),
        lambda: book(cases.add_task, name, "x", who=who),
        lambda: book(cases.export_case, name, who=who),
        lambda: book(cases.change, name, cases.Change(title=f"by {who}"), who=who),
    )
    for look in looks:
        try:
            look()
        except NoSuchCase:
            told.append(False)
        else:
            told.append(True)
    assert len({*told}) == 1, told
    return told[0]


def _knows(actor, name):
    try:
        cases.known_to(actor, name)
    except NoSuchCase:
        return False
    return True


def _told(book, actor):
    """Give all that the record says to somebody, and what their neighbours' cases do."""
    rows = cases.entries(book.desk, actor, Search()).rows
    looked = cases.picture(book.desk, actor, EVA, book.now).looked
    return f"{rows}{looked}{[cases.case_file(actor, one.reference) for one in cases.every_case(actor)]}"


def cases_rights(grant):
    return GRANTS[grant.role]


def test_to_everybody_else_it_is_not_there(book, inner):
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    assert sees(book, "dora", inner)
    assert not sees(book, "olga", inner)
    assert sees(book, "ben", inner)
    assert cases.count_cases()[cases.Stage.OPEN] == 0
    with pytest.raises(NoSuchCase):
        cases.head(member("anna"), inner)
    assert cases.every_case(cases.SYSTEM)[0].reference == inner
    book(cases.unrestrict_case, inner, "nothing was found", who="ben")
    assert sees(book, "olga", inner)
    assert cases.insiders(member("olga"), inner) is None
    assert cases.count_cases()[cases.Stage.OPEN] == 1


def test_who_is_let_in_and_taken_out_with_a_reason_on_record(book, inner):
    book(cases.let_in, inner, "anna", "she repairs", who="ben")
    assert cases.insiders(member("anna"), inner) == ("anna", "ben", "dora")
    with pytest.raises(
        NotAllowed
    ):  # a postmaster works in it, and decides not whom it is there for
        book(cases.let_in, inner, "rolf", "x", who="anna")
    book(cases.take_out, inner, "anna", "done", who="ben")
    with pytest.raises(NoSuchCase):
        cases.head(member("anna"), inner)
    book(cases.take_out, inner, "ben", "done", who="dora")
    assert refused(book, cases.take_out, inner, "dora", "done") is Code.LAST_INSIDER
    assert refused(book, cases.take_out, inner, "ben", "done") is Code.NOT_INSIDE
    assert refused(book, cases.let_in, inner, "dora", "again") is Code.INSIDE_ALREADY
    assert refused(book, cases.let_in, inner, "ben", "  ") is Code.NO_REASON
    assert refused(book, cases.restrict_case, inner, [], "twice") is Code.RESTRICTED
    with pytest.raises(UnknownIdentity):
        book(cases.let_in, inner, "nobody", "x", who="dora")
    told = [
        (one.act, one.facts["actor"], one.facts["why"], one.facts["detail"])
        for one in book.ledger.entries()
        if one.act in ("case.restricted", "case.let-in", "case.taken-out")
    ]
    assert told == [
        ("case.restricted", "dora", "a colleague may be concerned", {"names": ["ben", "dora"]}),
        ("case.let-in", "ben", "she repairs", {"name": "anna"}),
        ("case.taken-out", "ben", "done", {"name": "anna"}),
        ("case.taken-out", "dora", "done", {"name": "ben"}),
    ]


def test_nobody_lets_themselves_in(book, inner):
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    for missing in ("2026-0099", "x", inner):
        book(cases.knock, missing, "a deputy", who="olga")  # each is answered alike
    book(cases.knock, inner, "not of my customers", who="cleo")
    assert cases.knocks(member("olga")) == []
    [asked] = cases.knocks(member("ben"))
    assert (asked.case, asked.name, asked.why) == (inner, "olga", "a deputy")
    refusal = refused(book, cases.answer_knock, asked.number, who="olga", agrees=True, why="me")
    assert refusal is Code.NO_REQUEST
    TieRow.objects.create(
        identity=Identity.objects.get(name="olga"), by=Identity.objects.get(name="ben")
    )
    refusal = refused(book, cases.answer_knock, asked.number, who="ben", agrees=True, why="yes")
    assert refusal is Code.TIED
    book(cases.answer_knock, asked.number, who="dora", agrees=True, why="she is my deputy")
    assert "olga" in cases.insiders(member("olga"), inner)
    refusal = refused(book, cases.answer_knock, asked.number, who="ben", agrees=False, why="no")
    assert refusal is Code.NO_REQUEST


def test_where_nobody_inside_can_answer_somebody_else_may(book, inner):
    for name in ("olga", "ines"):
        add(name, name, [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    book(cases.knock, inner, "both left", who="olga")
    assert cases.knocks(member("ines")) == []
    for name in ("dora", "ben"):
        retire(name, "anna", Records(), book.now)
    assert cases.knocks(member("olga")) == []
    [asked] = cases.knocks(member("ines"))
    book(cases.answer_knock, asked.number, who="ines", agrees=True, why="both left")
    assert cases.head(member("olga"), inner).case.reference == inner
    with pytest.raises(NoSuchCase):
        cases.head(member("ines"), inner)


def test_what_comes_out_of_it_is_restricted_alike_and_it_is_merged_with_none(book, inner):
    choice = cases.Choice((EVA,))
    new = book(cases.split_case, inner, choice, "part", "apart", who="dora").reference
    assert cases.insiders(member("ben"), new) == ("ben", "dora")
    other = book.open("home")
    for pair in ((inner, other), (other, inner)):
        assert refused(book, cases.merge_cases, *pair, "one") is Code.RESTRICTED
    book(cases.unrestrict_case, inner, "done", who="dora")
    book(cases.merge_cases, other, inner, "one", who="dora")
    book(cases.restrict_case, other, [], "again", who="dora")
    assert cases.hidden(member("anna")) == {inner, other, new}
    with pytest.raises(NoSuchCase):
        cases.own_words(member("anna"), inner)


def test_who_may_restrict_none_does_not(book):
    name = book.open("home")
    for who in ("anna", "cleo"):
        with pytest.raises(NotAllowed):
            book(cases.restrict_case, name, [], "mine", who=who)
    assert refused(book, cases.let_in, name, "ben", "x") is Code.NOT_RESTRICTED


def tells(book, who, name, other):
    """Tell by each way whether one of two cases that were split tells somebody of the other."""
    actor = member(who)
    file = cases.case_file(actor, name)
    pages = cases.timeline(actor, name, Asked()).rows
    listed = {one.reference: one for one in cases.every_case(actor)}
    paged = {one.reference: one for one in cases.some_cases(actor, Asked()).rows}
    assert cases.head(actor, name).entries == len(file.timeline) == len(pages)
    of_it = cases.head(actor, name).case, cases.own_words(actor, name), listed[name], paged[name]
    record = cases.entries(book.desk, actor, Search(case=name)).rows
    told = [other in f"{one}" for one in ((file, of_it), pages, record)]
    told.append(other.encode() in bundled(book, who, name)["ledger.json"])
    assert len({*told}) == 1, told
    return told[0]


def bundled(book, who, name):
    with tarfile.open(fileobj=io.BytesIO(book(cases.export_case, name, who=who))) as bundle:
        names = [one for one in bundle.getmembers() if one.isfile()]
        return {one.name.rpartition("/")[2]: bundle.extractfile(one).read() for one in names}


@pytest.fixture
def two(book):
    """A case, and one that was split from it."""
    name = book.open("home")
    book(cases.suspect, name, [EVA, IVY], "they share a map")
    return name, book(cases.split_case, name, cases.Choice((EVA,)), "part", "apart").reference


@pytest.mark.parametrize("order", [1, -1])
def test_neither_of_two_that_were_split_tells_of_the_other_that_is_restricted(book, two, order):
    there, away = two[::order]
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    assert tells(book, "olga", there, away)
    book(cases.restrict_case, away, [], "a colleague", who="dora")
    assert not tells(book, "olga", there, away)
    assert tells(book, "dora", there, away)


def test_a_bundle_of_a_part_has_nothing_of_the_restricted_case_it_came_from(book, two):
    name, new = two
    book(cases.restrict_case, name, [], "a colleague", who="dora")
    book(cases.suspect, name, [EVA], "what was done there", who="dora")
    whole, part = (bundled(book, who, new)["ledger.json"] for who in ("dora", "anna"))
    assert b"what was done there" in whole
    assert name.encode() in whole
    assert b"what was done there" not in part
    assert name.encode() not in part


def test_of_a_restricted_case_a_bundle_tells_what_was_done_to_copies_before_the_split(book):
    name = book.open("home")
    book(cases.suspect, name, [EVA], "seen")
    for when in ("before", "after"):
        told = [Entry(act, "anna", when, name, EVA) for act in ("copy.ended", "glass.opened")]
        with transaction.atomic():
            book.ledger.append(told, book.now)
        if when == "before":
            new = book(cases.split_case, name, cases.Choice((EVA,)), "part", "apart").reference
    book(cases.restrict_case, name, [], "a colleague", who="dora")
    whole, part = (
        [one for one in json.loads(bundled(book, who, new)["ledger.json"]) if one["case"] == name]
        for who in ("dora", "anna")
    )
    acts = ["copy.ended", "glass.opened"]
    assert [one["act"] for one in whole if one["act"] in acts] == acts * 2
    [only] = part
    assert (only["act"], only["parts"][0]["facts"]["why"]) == ("copy.ended", "before")


def test_an_entry_of_no_case_is_hidden_where_its_plan_is(book, inner):
    frozen = Entry("plan.frozen", "dora", case=inner, plan="ab" * 32)
    with transaction.atomic():
        late = Entry("hold.sessions-ending", "postwarden", person=EVA, plan=frozen.plan)
        book.ledger.append([frozen, late], book.now)
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    for who, count in (("dora", 1), ("olga", 0)):
        told = cases.entries(book.desk, member(who), Search(act="hold.sessions-ending")).rows
        looked = cases.picture(book.desk, member(who), EVA, book.now).looked
        assert len(told) == count
        assert sum(one.act == "hold.sessions-ending" for one in looked) == count


def test_the_record_does_not_tell_who_asked_in_vain(book, inner):
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), book.now)
    grown = []
    for asked in ("2026-0099", inner, inner, "x" * 400):
        before = len(book.acts())
        book(cases.knock, asked, "a deputy", who="olga")
        grown.append(len(book.acts()) - before)
        assert cases.entries(book.desk, member("olga"), Search(act="case.knocked")).rows == ()
    assert grown == [1, 1, 1, 1]
    [asked] = cases.entries(book.desk, member("dora"), Search(act="case.knocked")).rows
    assert (asked.case, asked.facts["why"]) == (inner, "a deputy")


def test_a_finding_of_a_restricted_case_explains_no_report_of_another(book):
    name, other = book.open("home"), book.open("home")
    book.report(other, EVA, message_id="<f@shop.test>")
    book.take(name, finding("f", EVA))
    assert cases.unmatched(member("anna")) == []
    book(cases.restrict_case, name, [], "a colleague", who="dora")
    assert [one.account for one in cases.unmatched(member("anna"))] == [EVA]
    assert cases.unmatched(member("dora")) == []
