"""Webhooks: told to a real receiver, signed, tried again, and nothing that its owner may not know of."""

import base64
import hashlib
import hmac
import json
import socket

import pytest

from console.conftest import HELD, _collected, bare, desk, furnished, tree
from people.conftest import Records
from postwarden.cases import service as cases
from postwarden.holds.service import Wish
from postwarden.hooks.rules import WAITS
from postwarden.hooks.service import (
    BadHook,
    Event,
    Hooks,
    HookSettings,
    NoSuchHook,
    NotTaken,
    State,
    Teller,
)
from postwarden.people.models import Identity, RoleRow
from postwarden.people.service import Permission, bearer, make_token, member, retire, revoke_token
from postwarden.rooms import present
from postwarden.servers.webhooks import HttpSender
from postwarden.servers.webhooks.places import outside
from postwarden.state import outbox
from postwarden.wiring import recorder

__all__ = ["_collected", "bare", "desk", "furnished", "tree"]
HOUR = 3_600_000_000


class Office:
    """Webhooks of an installation, its worker, and a clock."""

    def __init__(self, desk, *, internal=True, sender=None):
        book = desk.holds.desk.ledger
        self.desk = desk
        settings = HookSettings(internal=internal)
        self.hooks = Hooks(desk.holds.desk, desk.holds.plans, recorder(book), settings)
        sender = sender or HttpSender(internal=internal, seconds=5)
        self.teller = Teller(self.hooks, sender, lambda: desk.now)

    def subscribe(self, url, *events, who="anna"):
        self.sequence()
        return self.hooks.subscribe(member(who), url, events or tuple(Event), self.desk.now)

    def sequence(self):
        self.desk.holds.desk.ledger.sequence(self.desk.now)

    def work(self, later=0):
        self.desk.now += later
        self.sequence()
        self.teller.run()

    def deliveries(self, hook, who="anna"):
        return self.hooks.deliveries(member(who), hook.number, None, 50).rows

    def note(self, text="called"):
        event = cases.Note(self.desk.now, text)
        self.desk(cases.note, self.desk.case, event, ())


@pytest.fixture
def office(desk):
    return Office(desk)


def test_what_happened_is_told_signed_and_without_personal_data(office, receiver):
    office.note("before anybody subscribed")
    hook, secret = office.subscribe(receiver.url)
    office.note(f"{HELD[0]} called")
    office.desk(cases.suspect, office.desk.case, ["eva@example.net"], "too")
    office.work()
    told = [json.loads(body) for _, body in receiver.got]
    assert [one["type"] for one in told] == ["case.noted", "accounts.suspected"]
    assert {one["data"]["case"] for one in told} == {office.desk.case}
    assert b"@" not in b"".join(body for _, body in receiver.got)
    for headers, body in receiver.got:
        found = {name.lower(): value for name, value in headers.items()}
        signed = f"{found['webhook-id']}.{found['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert found["webhook-signature"] == f"v1,{mac}"
        assert int(found["webhook-timestamp"]) == office.desk.now // 1_000_000
    assert {one.state for one in office.deliveries(hook)} == {State.TAKEN}
    office.work(HOUR)
    assert len(receiver.got) == 2


def test_only_the_events_asked_for_are_told(office, receiver):
    office.subscribe(receiver.url, Event.CASE_CLOSED, Event.PLAN_FROZEN)
    office.note()
    wish = Wish(HELD[:1], office.desk.case, "test")
    plan = office.desk.holds.hold(wish, member("anna"), office.desk.now).plan
    office.work()
    assert [json.loads(body)["data"]["plan"] for _, body in receiver.got] == [plan.hash]


def test_what_is_not_taken_is_told_again_with_the_same_id_until_it_is_given_up(office, receiver):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    receiver.status = 500
    office.work()
    for wait in WAITS:
        office.work(wait - 1)
        tried = len(receiver.got)
        office.work(1)
        assert len(receiver.got) == tried + 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    [last] = office.deliveries(hook)
    assert (last.state, last.tries) == (State.GIVEN_UP, len(WAITS) + 1)
    assert last.trouble == "answered with status 500"


def test_one_that_comes_back_is_told(office, receiver):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    receiver.status = 503
    office.work()
    assert [one.state for one in office.deliveries(hook)] == [State.WAITS]
    receiver.status = 200
    office.work(WAITS[0])
    assert [(one.state, one.tries) for one in office.deliveries(hook)] == [(State.TAKEN, 2)]


def test_one_that_is_gone_is_told_nothing_more(office, receiver):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    receiver.status = 410
    office.work()
    office.note()
    office.work(HOUR)
    assert len(receiver.got) == 1
    [after] = office.hooks.of(member("anna"))
    assert (after.number, after.why) == (hook.number, "answered with status 410")


def test_no_redirect_is_followed(office, receiver):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    receiver.status = 307
    office.work()
    assert len(receiver.got) == 1
    assert [one.trouble for one in office.deliveries(hook)] == ["answered with status 307"]


def test_one_that_hangs_keeps_no_other_from_being_told(desk, receiver):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        office = Office(desk, sender=HttpSender(internal=True, seconds=1.5))
        office.subscribe(f"http://127.0.0.1:{hanging.getsockname()[1]}/")
        office.subscribe(receiver.url, who="officer-all")
        for _ in range(3):
            office.note()
        office.work()
        assert len(receiver.got) == 3


def test_nobody_is_told_of_what_they_may_not_know(office, receiver):
    office.subscribe(receiver.url, who="postmaster-brand")
    office.note()
    wish = Wish(HELD[:1], "", "of no case")
    office.desk.holds.hold(wish, member("anna"), office.desk.now)
    office.work()
    assert receiver.got == []


def test_nobody_is_told_of_another_organisation_s_accounts_in_a_case_of_both(office, receiver):
    case, desk = office.desk.case, office.desk
    desk(cases.change, case, cases.Change(organisations=("brand",)))
    office.subscribe(receiver.url, who="postmaster-brand")
    desk(cases.add_report, case, cases.Telling(HELD[0], desk.now))
    desk(cases.note, case, cases.Note(desk.now, "called"), (), account=HELD[1])
    office.work()
    assert receiver.got == []
    desk(cases.add_report, case, cases.Telling("eva@brand.test", desk.now))
    office.note()
    office.work()
    told = [json.loads(body)["type"] for _, body in receiver.got]
    assert told == ["report.received", "case.noted"]


def test_nobody_is_told_of_a_part_that_is_there_for_others_alone(office, receiver):
    case, desk = office.desk.case, office.desk
    office.subscribe(receiver.url, "case.split")
    office.subscribe(receiver.url, "case.split", who="officer-all")
    choice = cases.Choice((HELD[0],), (), ())
    part = desk(cases.split_case, case, choice, "of a colleague", "apart")
    desk(cases.restrict_case, part.reference, [], "a colleague may be concerned", who="officer-all")
    office.work()
    assert [json.loads(body)["data"]["case"] for _, body in receiver.got] == [case]


def test_rights_taken_away_bite_on_the_next_event(office, receiver):
    office.subscribe(receiver.url, who="postmaster-home")
    office.subscribe(receiver.url, who="officer-home")
    office.note()
    office.work()
    assert len(receiver.got) == 2
    retire("officer-home", "anna", Records(), office.desk.now)
    RoleRow.objects.filter(identity=Identity.objects.get(name="postmaster-home")).delete()
    office.note()
    office.work()
    assert len(receiver.got) == 2


def test_one_that_was_removed_hears_nothing_of_what_waited(office, receiver):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    office.sequence()
    office.teller.follow()
    office.hooks.remove(member("anna"), hook.number, office.desk.now)
    office.work()
    assert receiver.got == []
    [given_up] = office.deliveries(hook)
    assert (given_up.state, given_up.trouble) == (State.GIVEN_UP, "the webhook was removed")
    with pytest.raises(NoSuchHook):
        office.hooks.remove(member("anna"), hook.number, office.desk.now)
    acts = [one.act for one in office.desk.holds.desk.ledger.entries()]
    assert acts.count("webhook.made") == acts.count("webhook.removed") == 1


def test_killed_between_telling_and_noting_it_tells_again_with_the_same_id(
    office, receiver, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    office.subscribe(receiver.url)
    office.note()
    with monkeypatch.context() as broken:
        broken.setattr("postwarden.state.outbox.finish", killed)
        with pytest.raises(Killed):
            office.work()
    office.work(60_000_000)
    assert len(receiver.got) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_two_workers_decide_nothing_twice(office, receiver):
    office.subscribe(receiver.url)
    office.note()
    office.sequence()
    office.teller.follow()
    other = Office(office.desk)
    other.teller.follow()
    other.work()
    office.work()
    assert len(receiver.got) == 1


def by_token(name, *scope):
    now = present()
    given = make_token(name, "program", scope, now + HOUR, Records(), now)
    return bearer(given, now)


def subscribed(office, receiver, *scope):
    who = by_token("anna", *scope)
    office.desk.now = present()
    office.sequence()
    hook, _ = office.hooks.subscribe(who, receiver.url, tuple(Event), office.desk.now)
    return hook


def test_no_more_is_told_than_the_token_may_know_of(office, receiver):
    subscribed(office, receiver, Permission.CASE_EDIT)
    office.note()
    office.work()
    assert receiver.got == []
    other = by_token("officer-all", Permission.CASE_EDIT, Permission.CASE_READ)
    office.hooks.subscribe(other, receiver.url, tuple(Event), office.desk.now)
    office.note()
    office.work()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("waits", [True, False])
def test_a_webhook_ends_with_its_token(office, receiver, waits):
    hook = subscribed(office, receiver, Permission.CASE_EDIT, Permission.CASE_READ)
    office.note()
    office.work()
    assert len(receiver.got) == 1
    office.note()
    if waits:
        office.sequence()
        office.teller.follow()
        revoke_token("anna", "program", "anna", Records(), office.desk.now)
    office.work(0 if waits else HOUR)
    assert len(receiver.got) == 1
    [after] = office.hooks.of(member("anna"))
    assert (after.number, after.ended) == (hook.number, office.desk.now)
    assert after.why.startswith("the token")
    assert {one.state for one in office.deliveries(hook)} <= {State.TAKEN, State.GIVEN_UP}


def test_what_a_webhook_that_ended_waits_for_is_waited_for_no_longer(office, receiver):
    hook, _ = office.subscribe(receiver.url, who="officer-home")
    receiver.status = 500
    office.note()
    office.work()
    assert [one.state for one in office.deliveries(hook, "officer-home")] == [State.WAITS]
    retire("officer-home", "anna", Records(), office.desk.now)
    office.work()
    [told] = office.deliveries(hook, "officer-home")
    assert (told.state, told.trouble, told.ended) == (
        State.GIVEN_UP, "its owner acts no more", office.desk.now,
    )  # fmt: skip
    assert outbox.backlog() == []


def test_what_has_no_leaf_yet_when_somebody_subscribes_is_not_told_them(office, receiver):
    office.note("before")
    office.desk.now += 1
    office.hooks.subscribe(member("anna"), receiver.url, tuple(Event), office.desk.now)
    office.note("after")
    office.work()
    assert len(receiver.got) == 1


def test_the_record_has_no_url(office):
    office.subscribe("https://desk.example.net/T0/in-confidence")
    [made] = [one for one in office.desk.holds.desk.ledger.entries() if one.act == "webhook.made"]
    assert made.facts["detail"]["host"] == "desk.example.net"
    assert len(made.facts["detail"]["sha256"]) == 64
    assert "in-confidence" not in str(made.facts)


NO_PLACES = (
    "", "x", "ftp://desk.example.net/", "https://", "http://desk.example.net/",
    "https://a:b@desk.example.net/", "https://desk.example.net:x/", "https://[::1/",
    "javascript:alert(1)", "https://ex\u00e4mple.net/", "https://desk.example.net/\n",
    "https://xn--a.example/", "https://desk.xn--a/", "https://xn--/",
)  # fmt: skip
INSIDE = (
    "127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "192.168.1.1", "[fe80::1]",
    "0.0.0.0", "[::ffff:127.0.0.1]", "100.64.0.1",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::8.8.8.8]", "[2002:a00:1::1]", "[::ffff:10.0.0.1]", "[::10.0.0.1]",
    "[fec0::1]", "[ff0e::1]", "224.0.1.1", "240.0.0.1",
)  # fmt: skip


def test_what_is_no_place_to_tell_is_refused(desk):
    office = Office(desk, internal=False)
    for url in NO_PLACES:
        with pytest.raises(BadHook):
            office.subscribe(url)
    assert office.hooks.of(member("anna")) == []


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_inside_a_network_is_reached(host):
    with pytest.raises(NotTaken, match="inside a network"):
        HttpSender(internal=False).send(f"https://{host}/", {}, b"")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8"]
)
def test_what_is_of_the_whole_internet_is_reached(address):
    assert outside(address)


@pytest.mark.parametrize("url", ["https://xn--a.example/", "https://xn--/"])
def test_a_name_that_is_none_is_not_taken(url):
    with pytest.raises(NotTaken):
        HttpSender(internal=False).send(url, {}, b"")


@pytest.mark.parametrize("place", ["https://xn--a/", "//xn--a.example/", "http://["])
def test_an_answer_that_leads_to_no_name_is_not_taken(office, receiver, place):
    hook, _ = office.subscribe(receiver.url)
    office.note()
    receiver.status, receiver.place = 302, place
    office.work()
    assert [(one.state, one.tries) for one in office.deliveries(hook)] == [(State.WAITS, 1)]


def test_whatever_goes_wrong_with_one_delivery_counts_as_not_taken(desk):
    class Broken:
        def send(self, *_):
            raise KeyError("\0\ud800")

    office = Office(desk, sender=Broken())
    hook, _ = office.subscribe("https://desk.example.net/")
    office.note()
    office.work()
    [told] = office.deliveries(hook)
    assert (told.state, told.tries) == (State.WAITS, 1)
    assert told.trouble.startswith("KeyError: ")


def test_a_name_is_looked_up_once(receiver, monkeypatch):
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    looked = []

    def found(host, *_, **__):
        looked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("postwarden.servers.webhooks.sending.socket.getaddrinfo", found)
    HttpSender(internal=True).send(f"http://desk.example.net:{port}/told", {}, b"{}")
    assert looked.count("desk.example.net") == 1
    assert receiver.got[0][0]["Host"] == f"desk.example.net:{port}"
