"""What a plan makes of copies that others have, or had, a hand in: each a case that was found the hard way."""

from errno import ENOSPC

import pytest

from people.conftest import NOW, KeyFile
from postwarden.custody.service import Refused, Stage
from postwarden.people.service import member
from postwarden.relocation import carrying
from postwarden.relocation.acts import Goal
from postwarden.relocation.errors import NothingToDecide
from postwarden.relocation.models import CopyRow, DeliveryRow
from postwarden.relocation.rules import MOST_TRIES
from postwarden.relocation.service import AmbiguousRouteError, RepairsOfCases, faults
from postwarden.servers.maildir import MaildirRoute
from postwarden.servers.maildir import route as maildir
from postwarden.sources.service import StoreSettings
from relocation.maildirs import HOSTS, Maildirs, hash_of, letter, repair, wanted
from relocation.offices import Office

BOB, CAROL, EVE, FINN = (f"{name}@example.net" for name in ("bob", "carol", "eve", "finn"))
LATER = 130_000_000


class Killed(BaseException):
    """Stands for SIGKILL."""


class Scripted:
    """A route whose named calls fail, after they were done, as often as told."""

    def __init__(self, route):
        self.route, self.fails, self.error = route, {}, AmbiguousRouteError("no answer")

    def __getattr__(self, name):
        does = getattr(self.route, name)

        def call(*words):
            found = does(*words)
            if self.fails.get(name, 0):
                self.fails[name] -= 1
                raise self.error
            return found

        return call if callable(does) else does


class Astray:
    """An office, a store where mail went astray, and plans over it."""

    def __init__(self, state, folder, key_folder):
        (folder / "mail").mkdir()
        self.mail, self.time = Maildirs(folder / "mail"), NOW
        self.mail.add(BOB, CAROL, EVE, FINN)
        self.folder, self.state = folder, state
        self.office = self.another()
        self.key = KeyFile(key_folder)
        self.office.people(self.key)
        self.case, self.contents = self.office.case(), {}

    def another(self, host=""):
        store = StoreSettings("store", "maildir", self.mail.template)
        route = Scripted(MaildirRoute(store, HOSTS, ".", "desk"))
        office = Office(self.state.path, self.folder, {"store": route}, self.now, host)
        office.route = route
        return office

    def now(self):
        self.time += 1_000
        return self.time

    def wrong(self, holder, *goals, number=1, named=True):
        content = letter(number, astray=holder, named=named)
        file = self.mail.put(holder, f"{number}.M", content, NOW // 1_000_000 - number)
        copy = wanted(f"finding-{number}-{holder}", holder, file, content)
        told = repair(
            copy, content, message=f"<{number}@shop.example>" if named else "", queue="4Q"
        )
        self.contents[copy.id] = hash_of(content)
        return told._replace(goals=tuple(Goal(one, "store") for one in goals))

    def plan(self, *repairs):
        return self.office.approved(self.case, repairs, self.key).hash

    def carry(self, plan, office=None, rounds=1):
        for _ in range(rounds):
            self.time += LATER
            if self.office.desk.plans.stage(plan) is not Stage.DONE:
                (office or self.office).run(plan)

    def outcomes(self, plan):
        rows = CopyRow.objects.filter(plan=plan).order_by("place")
        return [(row.outcome, row.why) for row in rows]

    def has(self, account):
        return [one.content for one in self.mail.everything() if one.account == account]

    def told(self, act):
        return [
            copy[0]
            for one in self.office.ledger.entries()
            if one.act == act
            for copy in one.facts["detail"]["copies"]
        ]


@pytest.fixture
def astray(on_sqlite, tmp_path):
    return Astray(on_sqlite, tmp_path, tmp_path)


def second_time(act):
    """Give what acts when it is called once more: the first batch was given then, the second one taken."""
    called = []

    def after():
        called.append(None)
        if len(called) == 2:
            act()

    return after


def delete(astray, copy):
    astray.mail.path(copy.copy.account, copy.copy.file).unlink()


def test_a_delivery_under_way_is_waited_for_by_what_is_taken_beside_it(astray, monkeypatch):
    """Killed between two copies of one message, a plan once tried for ever to deliver the second one."""
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    first, second = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE)
    plan = astray.plan(first, second)
    astray.office.route.fails, astray.office.route.error = {"publish": 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)
    monkeypatch.setattr(carrying, "_AT_ONCE", 2)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", ""), ("relocated", "")]
    assert astray.has(EVE) == [astray.contents[first.copy.id]]
    assert astray.office.desk.progress(plan).stage is Stage.DONE


@pytest.mark.parametrize("at_once", [1, 2])
def test_copies_that_are_gone_do_not_wait_for_each_other(astray, monkeypatch, at_once):
    monkeypatch.setattr(carrying, "_AT_ONCE", at_once)
    copies = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE)
    plan = astray.plan(*copies)
    for one in copies:
        delete(astray, one)
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("needs-person", "source-gone")] * 2
    assert astray.office.desk.progress(plan).stage is Stage.DONE


def test_a_copy_that_is_gone_is_its_holders_doing_once_another_one_arrived(astray, monkeypatch):
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    gone, there = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE)
    plan = astray.plan(gone, there)
    delete(astray, gone)
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("holder-deleted", ""), ("relocated", "")]
    assert astray.has(EVE) == [astray.contents[there.copy.id]]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("goals", [(EVE,), ()])
def test_what_another_plan_took_away_nobody_says_its_holder_deleted(astray, named, goals):
    copy = astray.wrong(BOB, *goals, named=named)
    first, second = astray.plan(copy), astray.plan(copy)
    for plan in (first, second):
        astray.carry(plan)
    assert astray.outcomes(first) == [("relocated" if goals else "removed", "")]
    assert astray.outcomes(second) == [("left", "settled")]
    assert len(astray.has(EVE)) == len(goals)


def test_what_another_plan_is_taking_away_is_waited_for(astray):
    copy = astray.wrong(BOB, EVE)
    first, second = astray.plan(copy), astray.plan(copy)
    astray.office.route.fails, astray.office.route.error = {"remove": 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(first)
    astray.carry(second)
    assert astray.outcomes(second) == [("", "settled")]
    assert "another repair" in astray.office.desk.progress(second).trouble
    astray.carry(first)
    astray.carry(second)
    assert astray.outcomes(second) == [("left", "settled")]


def test_what_keeps_failing_is_on_record_and_nobody_waits_for_it(astray, monkeypatch):
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    first, second = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE)
    plan = astray.plan(first, second)
    astray.office.route.fails = {"settle": 5}
    astray.carry(plan, rounds=7)
    failing, waiting = astray.outcomes(plan)
    assert failing == ("needs-person", "keeps-failing")
    assert waiting == ("needs-person", "not-known-arrived")
    assert astray.told("copy.ended") == [first.copy.id, second.copy.id]
    assert [one.sent for one in DeliveryRow.objects.order_by("pk")] == ["unclear", "doubted"]
    assert len(astray.has(BOB) + astray.has(CAROL)) == 2


def test_staging_of_earlier_tries_goes_even_where_nobody_else_looks(astray):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    astray.office.route.fails, astray.office.route.error = {"stage": 1, "clear": 1}, Killed()
    for _ in range(2):
        with pytest.raises(Killed):
            astray.carry(plan)
    assert (astray.mail.box(EVE) / "postwarden").exists() or astray.outcomes(plan)[0][0]
    astray.carry(plan, astray.another())
    assert astray.mail.unusual() == []
    assert astray.office.desk.progress(plan).stage is Stage.DONE


def test_two_of_different_hosts_deliver_once(astray, monkeypatch):
    """The first is held up before it publishes; the second has done everything when it goes on."""
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    other, real = astray.another("-elsewhere"), astray.office.route.route.publish

    def late(tickets):
        monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
        astray.carry(plan, other)
        real(tickets)

    monkeypatch.setattr(astray.office.route.route, "publish", late)
    astray.carry(plan)
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]
    assert astray.outcomes(plan) == [("relocated", "")]
    assert astray.told("copy.ended") == [copy.copy.id]


class Altered(Scripted):
    """A route by which what arrived for one account reads otherwise than it was sent."""

    def __init__(self, route, account):
        super().__init__(route)
        self.account = account

    def arrived(self, tickets):
        for ticket, found in self.route.arrived(tickets):
            yield ticket, ("0" * 64 if ticket.account == self.account else found)


def test_a_source_stays_while_one_of_its_owners_has_not_what_was_sent(astray):
    copy = astray.wrong(EVE, BOB, CAROL)
    plan = astray.plan(copy)
    route = astray.office.route
    astray.office.desk.outside.routes["store"] = Altered(route.route, CAROL)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("needs-person", "not-known-arrived")]
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]
    assert astray.has(BOB) == [astray.contents[copy.copy.id]]


def test_a_source_stays_while_quarantine_cannot_be_read_back(astray, monkeypatch):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    monkeypatch.setattr(astray.office.box, "whole", lambda case, stored: [False] * len(stored))
    astray.carry(plan)
    assert astray.outcomes(plan) == [("", "")]
    assert "cannot be read back" in astray.office.desk.progress(plan).trouble
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]
    assert astray.has(BOB) == []
    monkeypatch.undo()
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", "")]


def test_a_store_that_is_not_mounted_leaves_nothing_for_good(astray):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    root = astray.mail.root
    root.rename(f"{root}.away")
    root.mkdir()
    astray.carry(plan)
    assert "empty or not there" in astray.office.desk.progress(plan).trouble
    root.rmdir()
    root.with_name(f"{root.name}.away").rename(root)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", "")]


def test_a_copy_that_is_lost_in_quarantine_does_not_keep_others_from_coming_back(astray):
    one, two = astray.wrong(EVE, BOB), astray.wrong(EVE, CAROL, number=2)
    astray.carry(astray.plan(one, two))
    lost = CopyRow.objects.get(finding=one.copy.id)
    (file,) = (astray.folder / "quarantine").rglob(f"{lost.quarantined}.age")
    file.unlink()
    back = astray.office.restores.plan(astray.case, (), "undo", member("anna"))
    astray.office.signed(back, astray.key)
    told = astray.office.restore(back.hash)
    assert (told.done, told.stuck, told.stage) == (1, (one.copy.id,), Stage.DONE)
    assert RepairsOfCases().binding((astray.case,)) == frozenset()
    assert astray.has(EVE) == [astray.contents[two.copy.id]]


def test_two_messages_that_a_sender_gave_one_header_both_arrive(astray):
    """A header alone is the sender's choice: by it, one message once made another one disappear."""
    copies = []
    for body in (b"one", b"two"):
        content = letter(1, astray=EVE, body=body)
        file = astray.mail.put(EVE, f"1.{body.decode()}", content, NOW // 1_000_000)
        copy = wanted(f"finding-{body.decode()}", EVE, file, content)
        told = repair(copy, content, message="<1@shop.example>", queue="4Q")
        copies.append(told._replace(goals=(Goal(BOB, "store"),)))
        astray.contents[copy.id] = hash_of(content)
    plan = astray.plan(*copies)
    astray.carry(plan, rounds=2)
    assert sorted(astray.has(BOB)) == sorted(astray.contents.values())


def test_stopped_and_gone_on_with_a_plan_has_one_bearer_at_a_time(astray):
    plan = astray.plan(astray.wrong(EVE, BOB))
    desk, who = astray.office.desk, member("anna")
    desk.run(plan, who)
    desk.stop(plan, who, "wait")
    desk.run(plan, who)
    desk.run(plan, who)
    assert desk.waiting() == [plan]
    astray.carry(plan)
    assert len(astray.has(BOB)) == 1
    assert desk.waiting() == []
    assert desk.run(plan, who).stage is Stage.DONE
    assert desk.waiting() == []


def test_owners_stores_that_are_full_for_long_leave_no_copy_to_a_person(astray, monkeypatch):
    plan = astray.plan(*(astray.wrong(BOB, EVE, number=number) for number in range(3)))

    def full(*_):
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(maildir, "write", full)
        astray.carry(plan, rounds=MOST_TRIES + 3)
    assert CopyRow.objects.filter(stage="ended").count() == 0
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("relocated", "")] * 3
    assert len(astray.has(EVE)) == 3


def test_what_quarantine_has_no_longer_is_taken_once_more_before_it_is_removed(astray):
    copy = astray.wrong(EVE)
    plan = astray.plan(copy)
    astray.office.route.fails, astray.office.route.error = {"remove": 1}, AmbiguousRouteError("?")
    removing = astray.office.route.route.remove
    astray.office.route.route.remove = lambda copies: {one.id: None for one, _ in copies}
    astray.carry(plan)
    astray.office.route.route.remove = removing
    kept = CopyRow.objects.get(plan=plan)
    assert kept.stage == "removing"
    (file,) = (astray.folder / "quarantine").rglob(f"{kept.quarantined}.age")
    file.unlink()
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("removed", "")]
    assert file.exists()
    assert astray.has(EVE) == []


def test_a_legal_hold_that_comes_meanwhile_keeps_the_source(astray):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    astray.office.route.fails = {"arrived": 1}
    astray.carry(plan)
    astray.office.preserved.add(EVE)
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("left", "preserved")]
    assert astray.has(EVE) == astray.has(BOB) == [astray.contents[copy.copy.id]]


def test_what_is_kept_of_a_copy_cannot_send_it_to_somebody_else(astray):
    plan = astray.plan(astray.wrong(EVE, BOB))
    astray.office.desk.run(plan, member("anna"))
    DeliveryRow.objects.update(account=FINN)
    with pytest.raises(Refused):
        astray.office.desk.carry(plan)
    assert astray.has(FINN) == []


@pytest.mark.parametrize("arrived", [True, False])
def test_what_a_person_says_of_a_copy_the_next_plan_goes_by(astray, arrived):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    route, desk = astray.office.route.route, astray.office.desk
    desk.outside.routes["store"] = Altered(route, BOB)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("needs-person", "not-known-arrived")]
    desk.outside.routes["store"] = route
    if not arrived:
        (there,) = [one for one in astray.mail.files() if "/bob/" in str(one)]
        there.unlink()
    with pytest.raises(NothingToDecide):
        desk.decide(plan, "other", member("anna"), "looked", arrived=arrived)
    desk.decide(plan, copy.copy.id, member("anna"), "looked", arrived=arrived)
    with pytest.raises(NothingToDecide):
        desk.decide(plan, copy.copy.id, member("anna"), "looked", arrived=arrived)
    assert faults(astray.office.ledger, astray.office.box) == []
    again = astray.plan(copy)
    astray.carry(again)
    assert astray.outcomes(again) == [("relocated", "")]
    assert astray.has(BOB) == [astray.contents[copy.copy.id]]
    assert astray.has(EVE) == []
