"""One message, to who asked, once somebody else agreed, for a short time."""

import pytest
from django.db import connection

from glass.conftest import COPY, IVY, OTHER, WHY, Glasses
from people.conftest import Records
from postwarden.cases import service as cases
from postwarden.cases.models import CaseRow
from postwarden.cases.service import NoSuchCase
from postwarden.cases.service import Stage as CaseStage
from postwarden.glass.models import GlassRow
from postwarden.glass.service import NoSuchRequest, Refusal, Refused, Stage
from postwarden.people.models import Identity, TieRow
from postwarden.people.service import ITSELF, BadKey, NotAllowed, member, retire
from postwarden.relocation.service import Absence

MINUTES = 60


def refusal(function, *words, **named):
    with pytest.raises(Refused) as told:
        function(*words, **named)
    return told.value.refusal


def test_what_was_asked_and_granted_is_shown_and_all_of_it_is_on_record(glasses):
    glass = glasses.grant(glasses.ask())
    assert glasses.read(glass).text == "good morning"
    assert glasses.read_of == [("main", COPY)]
    acts = ["asked", "granted", "opening", "fetched", "opened"]
    assert glasses.acts() == [f"glass.{one}" for one in acts]
    told = [one.facts for one in glasses.book.ledger.about(IVY)]
    assert {one["detail"]["request"] for one in told} == {glass.asked.hash}
    assert told[0]["why"] == WHY
    assert [one["actor"] for one in told] == ["ben", ITSELF, "ben", "lena", "ben"]


def test_without_a_grant_nothing_is_read(glasses):
    glass = glasses.ask()
    assert refusal(glasses.read, glass) is Refusal.NOT_GRANTED
    glasses.desk.refuse(glass.asked.hash, member("lena"), "no need", glasses.now())
    assert refusal(glasses.read, glass) is Refusal.NOT_GRANTED
    assert refusal(glasses.grant, glass) is Refusal.ANSWERED
    assert glasses.read_of == []
    assert glasses.acts() == ["glass.asked", "glass.refused"]


def test_nobody_grants_what_they_asked_for(glasses):
    glass = glasses.ask()
    assert refusal(glasses.grant, glass, who="ben") is Refusal.OWN_REQUEST
    assert refusal(glasses.read, glass) is Refusal.NOT_GRANTED


def test_who_asked_reads_and_nobody_else(glasses):
    glass = glasses.grant(glasses.ask())
    with pytest.raises(NotAllowed):
        glasses.read(glass, who="lena")
    assert refusal(glasses.read, glass, who="dora") is Refusal.OTHERS
    assert glasses.read_of == []


def test_its_time_ends(glasses):
    glass = glasses.grant(glasses.ask(minutes=15))
    assert glasses.read(glass, after=15 * MINUTES - 10).text == "good morning"
    assert refusal(glasses.read, glass, after=10) is Refusal.EXPIRED


def test_a_request_waits_a_day_and_no_longer(glasses):
    glass = glasses.ask()
    glasses.now(24 * 60 * MINUTES)
    assert refusal(glasses.grant, glass) is Refusal.TOO_LATE


def test_a_grant_is_for_one_message(glasses):
    first, second = glasses.grant(glasses.ask()), glasses.ask(copy=OTHER)
    assert refusal(glasses.read, second) is Refusal.NOT_GRANTED
    with pytest.raises(BadKey):
        glasses.grant(second, signed=first)
    assert glasses.read(first).text == "good morning"
    assert {wanted.id for _, wanted in glasses.read_of} == {"f1"}


def test_a_message_that_is_gone_is_not_shown_and_no_other_is(glasses):
    glass = glasses.grant(glasses.ask())
    del glasses.store["aa"]
    secret = glasses.begin(glass)
    glasses.fetcher.run()
    told = glasses.reading(glass)
    assert (told.stage, told.absence) == (Stage.ABSENT, Absence.GONE)
    assert refusal(glasses.show, glass, secret) is Refusal.NOTHING_WAITS
    last = next(glasses.book.ledger.about(IVY))
    assert last.facts["detail"]["outcome"] == "gone"


def test_a_right_that_was_taken_away_counts_no_more(glasses):
    glass = glasses.grant(glasses.ask())
    retire("lena", "anna", Records(), glasses.now())
    assert refusal(glasses.read, glass) is Refusal.GRANTER_GONE
    retire("ben", "anna", Records(), glasses.now())
    with pytest.raises((NotAllowed, NoSuchRequest)):
        glasses.read(glass)
    assert glasses.read_of == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("answered_by", "dora"), ("answered_by", "ben"), ("signature", "none"), ("fingerprint", "x"),
     ("text", "{}"), ("text", "[1")],
)  # fmt: skip
def test_a_grant_written_into_the_database_opens_nothing(glasses, column, value):
    glass = glasses.grant(glasses.ask())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE glass_request SET {column} = %s", [value])
    assert refusal(glasses.read, glass) in (Refusal.FORGED, Refusal.GRANTER_GONE)
    assert glasses.read_of == []


def test_a_grant_whose_time_is_up_is_not_opened_by_a_later_time_written_into_the_database(glasses):
    glass = glasses.grant(glasses.ask())
    later = glasses.now(3_600)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE glass_request SET answered_at = %s", [later])
    assert refusal(glasses.read, glass) is Refusal.FORGED
    assert glasses.read_of == []


def test_a_longer_time_written_into_the_database_is_none_that_was_signed(glasses):
    glass = glasses.grant(glasses.ask())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE glass_request SET text = replace(text, ':15,', ':60,')")
    assert refusal(glasses.read, glass) is Refusal.FORGED


@pytest.mark.parametrize(
    ("told", "why"),
    [({"why": "because"}, Refusal.NO_REASON), ({"why": " " * 90}, Refusal.NO_REASON),
     ({"minutes": 0}, Refusal.NO_TIME), ({"minutes": 100_000}, Refusal.NO_TIME)],
)  # fmt: skip
def test_what_says_not_why_or_takes_too_long_is_not_asked(glasses, told, why):
    assert refusal(glasses.ask, **told) is why
    assert glasses.acts() == []


def test_others_organisations_ask_and_see_nothing(glasses):
    for who in ("cleo", "hana", "rolf"):
        with pytest.raises(NotAllowed):
            glasses.ask(who=who)
    glass = glasses.ask()
    assert glasses.desk.every(member("cleo")) == []
    with pytest.raises(NoSuchRequest):
        glasses.desk.one(glass.asked.hash, member("cleo"))
    assert [one.asked.hash for one in glasses.desk.every(member("lena"))] == [glass.asked.hash]


def test_postgresql_keeps_the_same(on_postgresql, tmp_path):
    glasses = Glasses(on_postgresql, tmp_path)
    glass = glasses.grant(glasses.ask())
    assert glasses.read(glass).text == "good morning"
    assert refusal(glasses.grant, glass) is Refusal.ANSWERED


def test_who_let_the_other_in_is_nobody_else(glasses):
    glass, granted = glasses.ask(), glasses.grant(glasses.ask(copy=OTHER))
    names = {one.name: one for one in Identity.objects.all()}
    TieRow.objects.create(identity=names["lena"], by=names["ben"])
    assert refusal(glasses.grant, glass) is Refusal.TIED
    assert refusal(glasses.read, granted) is Refusal.TIED
    assert glasses.read_of == []


def test_it_is_asked_for_an_open_case_of_the_organisation_and_nothing_else_is_told(glasses):
    closed = glasses.book.open("home")
    CaseRow.objects.filter(pk=closed).update(stage=CaseStage.CLOSED.value)
    told = set()
    for case in (glasses.book.open("brand"), closed, "2026-9999"):
        with pytest.raises(NoSuchCase) as caught:
            glasses.ask(case=case)
        told.add(str(caught.value).removeprefix(case))
    assert len(told) == 1
    assert refusal(glasses.ask, why="short") is Refusal.NO_REASON


def test_a_request_of_a_hidden_case_is_as_none_also_where_it_was_forged(glasses):
    glass = glasses.ask()
    glasses.book(cases.restrict_case, glasses.case, [], "a colleague", who="dora")
    for text in (glass.asked.text(), glass.asked.text().replace(WHY, "other words"), "{}"):
        GlassRow.objects.update(text=text)
        with pytest.raises(NoSuchRequest):
            glasses.desk.one(glass.asked.hash, member("ben"))
    with pytest.raises(Refused):
        glasses.desk.one(glass.asked.hash, member("dora"))
