"""From the store to the browser that asked: by the worker, sealed, shown once, and kept nowhere."""

from pathlib import Path

import pytest
from django.db import connection

from glass.conftest import COPY, IVY, OTHER
from people.conftest import Records
from postwarden.glass.fetching import LEASE
from postwarden.glass.models import GlassReadingRow
from postwarden.glass.service import KEPT, WAITS, NoSuchRequest, Refusal, Refused, Stage
from postwarden.people.models import Identity, TieRow
from postwarden.people.service import NotAllowed, member, retire
from postwarden.relocation.service import TemporaryRouteError
from postwarden.state import outbox

SECOND = 1_000_000


def refusal(function, *words, **named):
    with pytest.raises(Refused) as told:
        function(*words, **named)
    return told.value.refusal


@pytest.fixture
def granted(glasses):
    return glasses.grant(glasses.ask())


def everything_kept(state):
    """Give all bytes of the state, the database's log of writes among them."""
    told = [one.read_bytes() for one in Path(state.path).glob("postwarden.sqlite*")]
    assert any(b"glass_reading" in one for one in told)
    return b"".join(told)


def test_until_the_worker_was_there_it_waits_and_the_store_is_not_asked(glasses, granted):
    assert glasses.reading(granted) is None
    secret = glasses.begin(granted)
    assert glasses.reading(granted).stage is Stage.WAITING
    assert refusal(glasses.show, granted, secret) is Refusal.NOTHING_WAITS
    assert glasses.read_of == []
    glasses.fetcher.run()
    assert glasses.reading(granted).stage is Stage.READY
    assert glasses.read_of == [("main", COPY)]


def test_what_lies_in_the_state_can_be_opened_by_nobody_else_and_nothing_of_it_stays(
    glasses, granted, on_sqlite
):
    secret = glasses.begin(granted)
    glasses.fetcher.run()
    kept = everything_kept(on_sqlite)
    assert len(GlassReadingRow.objects.get().sealed) > len("good morning")
    assert b"good morning" not in kept
    assert secret.encode() not in kept
    other = glasses.grant(glasses.ask(copy=OTHER))
    assert refusal(glasses.show, granted, glasses.begin(other)) is Refusal.ELSEWHERE
    assert refusal(glasses.show, granted, "") is Refusal.ELSEWHERE
    assert glasses.show(granted, secret).text == "good morning"
    assert not GlassReadingRow.objects.filter(request=granted.asked.hash).exists()
    assert refusal(glasses.show, granted, secret) is Refusal.NOTHING_WAITS
    said = [str(one.facts) for one in glasses.book.ledger.entries()]
    assert not any("good" in one for one in said)
    assert b"good morning" not in everything_kept(on_sqlite)


def test_what_nobody_came_for_is_removed(glasses, granted):
    secret = glasses.begin(granted)
    glasses.fetcher.run()
    glasses.now(KEPT // SECOND)
    assert glasses.reading(granted) is None
    assert refusal(glasses.show, granted, secret) is Refusal.NOTHING_WAITS
    glasses.fetcher.run()
    assert not GlassReadingRow.objects.exists()


def test_what_no_worker_fetched_is_forgotten(glasses, granted):
    glasses.begin(granted)
    glasses.now(WAITS // SECOND)
    glasses.fetcher.run()
    assert glasses.read_of == []
    assert outbox.waiting(["glass.fetch"]) == []


def test_it_waits_no_longer_than_its_time(glasses):
    glass = glasses.grant(glasses.ask(minutes=15))
    glasses.begin(glass, after=14 * 60)
    assert glasses.reading(glass).until == glass.until
    glasses.fetcher.run()
    assert glasses.reading(glass).until == glass.until


def test_a_worker_that_was_killed_while_it_read_leaves_it_to_the_next(glasses, granted):
    secret = glasses.begin(granted)
    outbox.claim(["glass.fetch"], glasses.now(), LEASE)
    glasses.fetcher.run()
    assert glasses.reading(granted).stage is Stage.WAITING
    glasses.now(LEASE // SECOND)
    glasses.fetcher.run()
    assert glasses.show(granted, secret).text == "good morning"


def test_what_cuts_workers_off_is_given_up_with_the_reason(glasses, granted):
    glasses.begin(granted)
    for _ in range(3):
        outbox.claim(["glass.fetch"], glasses.now(LEASE // SECOND), LEASE)
    glasses.now(LEASE // SECOND)
    glasses.fetcher.run()
    told = glasses.reading(granted)
    assert (told.stage, "cut off" in told.trouble) == (Stage.FAILED, True)
    assert glasses.read_of == []


def test_a_reader_who_lost_it_between_reading_and_showing_reads_again(glasses, granted):
    lost = glasses.begin(granted)
    glasses.fetcher.run()
    secret = glasses.begin(granted)
    assert refusal(glasses.show, granted, lost) is Refusal.NOTHING_WAITS
    glasses.fetcher.run()
    assert refusal(glasses.show, granted, lost) is Refusal.ELSEWHERE
    assert glasses.show(granted, secret).text == "good morning"
    acts = glasses.acts()
    assert (acts.count("glass.opening"), acts.count("glass.opened")) == (2, 1)


def test_a_worker_that_was_slow_hands_nothing_to_a_wish_that_was_replaced(glasses, granted):
    first, again = glasses.begin(granted), []
    reads = glasses.fetcher.reader

    def slow(store, wanted):
        again.append(glasses.begin(granted))
        return reads(store, wanted)

    object.__setattr__(glasses.fetcher, "reader", slow)
    glasses.fetcher.run()
    object.__setattr__(glasses.fetcher, "reader", reads)
    assert glasses.reading(granted).stage is Stage.WAITING
    assert refusal(glasses.show, granted, first) is Refusal.NOTHING_WAITS
    glasses.fetcher.run()
    assert glasses.show(granted, again[0]).text == "good morning"


@pytest.mark.parametrize("who", ["lena", "ben"])
def test_a_right_taken_away_while_it_waits_keeps_the_worker_from_asking(glasses, granted, who):
    glasses.begin(granted)
    retire(who, "anna", Records(), glasses.now())
    glasses.fetcher.run()
    assert glasses.read_of == []
    assert GlassReadingRow.objects.get().stage == Stage.REFUSED
    assert glasses.acts()[-1] == "glass.fetched"


def test_a_right_taken_away_before_it_is_shown_keeps_it_from_being_shown(glasses, granted):
    secret = glasses.begin(granted)
    glasses.fetcher.run()
    names = {one.name: one for one in Identity.objects.all()}
    TieRow.objects.create(identity=names["lena"], by=names["ben"])
    assert refusal(glasses.show, granted, secret) is Refusal.TIED
    retire("ben", "anna", Records(), glasses.now())
    with pytest.raises((NotAllowed, NoSuchRequest)):
        glasses.show(granted, secret)


def test_a_reading_written_into_the_database_is_not_fetched(glasses):
    glass = glasses.ask()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO glass_reading (request, public, asked_at, until, stage, absence)"
            " VALUES (%s, 'x', 0, %s, 'waiting', '')",
            [glass.asked.hash, glasses.now() + WAITS],
        )
        cursor.execute(
            "INSERT INTO state_effect (kind, subject, payload, due, token, attempts, trouble)"
            " VALUES ('glass.fetch', %s, '{}', 0, 0, 0, '')",
            [glass.asked.hash],
        )
    glasses.fetcher.run()
    assert glasses.read_of == []
    assert next(glasses.book.ledger.about(IVY)).facts["detail"]["outcome"] == "refused"


def test_a_store_that_does_not_answer_is_told_with_its_reason(glasses, granted):
    def away(_store, _wanted):
        raise TemporaryRouteError("mx1 does not answer")

    secret = glasses.begin(granted)
    object.__setattr__(glasses.fetcher, "reader", away)
    glasses.fetcher.run()
    told = glasses.reading(granted)
    assert (told.stage, told.trouble) == (Stage.FAILED, "mx1 does not answer")
    assert refusal(glasses.show, granted, secret) is Refusal.NOTHING_WAITS
    assert next(glasses.book.ledger.about(IVY)).facts["detail"]["outcome"] == "failed"


def test_nobody_else_sees_how_far_it_is(glasses, granted):
    glasses.begin(granted)
    assert refusal(glasses.reading, granted, who="dora") is Refusal.OTHERS
    with pytest.raises((NotAllowed, NoSuchRequest)):
        glasses.readings.one(granted.asked.hash, member("cleo"), glasses.now())
