"""A door, an account or a value in trouble: everybody else is held, ended and restored all the same."""

import json

import pytest

from crash.doveadm import Doveadm
from faults.scripted import http, scripted
from holds.conftest import Desk
from postwarden.custody.service import Stage
from postwarden.holds import keeping
from postwarden.holds.models import AccountRow
from postwarden.holds.sentences import sentence
from postwarden.holds.service import Aligner, ControlError, NothingToDo, Refusal, Wish, Wording
from postwarden.holds.settings import DovecotSettings
from postwarden.people.service import member
from postwarden.servers.dovecot import DovecotControl

EVA, FINN, GINA = "eva@example.net", "finn@example.net", "gina@brand.example"
SECOND = 1_000_000


class Hanging:
    """A webmail that answers too late."""

    def __init__(self, desk):
        self.desk, self.asked = desk, 0

    def tell(self, _reasons):
        self.asked += 1
        assert self.asked < 50, "it is asked again and again, and nothing else is done"
        self.desk.time += 10 * SECOND
        raise ControlError("webmail: timed out")


def test_a_hanging_webmail_keeps_no_session_alive(quick_desk, dovecot):
    webmail = Hanging(quick_desk)
    worker = Aligner(quick_desk.desk, dovecot, lambda: quick_desk.time, webmail)
    for number in range(6):
        quick_desk.hold(f"user{number}@example.net")
    worker.run()
    assert webmail.asked == 1
    dovecot.live = {EVA: 1}
    quick_desk.hold(EVA)
    worker.run()
    assert (dovecot.live, webmail.asked) == ({}, 1)
    for _ in range(30):
        quick_desk.time += SECOND
        worker.run()
    assert 1 < webmail.asked < 5, "it is left alone for longer than it kept us waiting"


def test_a_server_that_never_ends_a_session_is_not_asked_for_ever(quick_desk, dovecot, monkeypatch):
    asked = []
    monkeypatch.setattr(dovecot, "end", asked.append)
    dovecot.live = {EVA: 1, FINN: 1}
    for account in (EVA, FINN):
        quick_desk.hold(account)
    quick_desk.time += 20 * SECOND
    Aligner(quick_desk.desk, dovecot, quick_desk.now).run()  # each look takes longer than the wait
    assert len(asked) == 4
    dovecot.boxes = {GINA: ({"main"}, "main")}
    quick_desk.hold(GINA)
    for _ in range(5):
        quick_desk.align(40)
    assert dovecot.boxes[GINA][1] is None


def test_one_bad_account_leaves_no_other_unprotected(quick_desk, quick_key, dovecot):
    dovecot.boxes = {one: ({"main", "new"}, "main") for one in (EVA, FINN)}
    dovecot.broken = {EVA}
    quick_desk.hold(EVA, FINN)
    for _ in range(2):
        quick_desk.align()
    assert (dovecot.boxes[EVA][1], dovecot.boxes[FINN][1]) == ("main", None)
    (left,) = quick_desk.desk.pending(member("anna"))
    assert (left.accounts, "@" in left.trouble) == ((EVA,), False)
    assert quick_desk.desk.pending(member("bram"))[0].accounts == ()
    quick_desk.approve(quick_desk.plan_release(EVA, FINN), quick_key)
    for _ in range(2):
        quick_desk.align()
    assert dovecot.boxes[FINN][1] == "main"
    dovecot.boxes[FINN] = ({"main", "new"}, "new")
    dovecot.broken = set()
    for _ in range(3):
        quick_desk.align()
    assert dovecot.boxes[FINN][1] == "new"
    assert quick_desk.desk.pending() == []
    assert quick_desk.acts().count("hold.filters-restored") == 1


def test_a_dovecot_that_fails_for_one_user_serves_the_others(quick_desk, dovecot):
    dovecot.boxes = {one: ({"main"}, "main") for one in (EVA, FINN)}
    doveadm = Doveadm(dovecot)
    told = {"type": "exitCode", "exitCode": 75}

    def behave(request, send):
        answer = [
            ["error", told, tag] if given.get("user") == EVA else said
            for (_, given, tag), said in zip(request, doveadm.answer(request), strict=True)
        ]
        send(http(json.dumps(answer).encode()))

    quick_desk.hold(EVA, FINN)
    with scripted(behave) as server:
        control = DovecotControl([DovecotSettings(server.url, "key")])
        assert control.scripts([EVA, FINN]) == {EVA: None, FINN: (frozenset({"main"}), "main")}
        quick_desk.control = control
        for _ in range(2):
            quick_desk.align()
    assert dovecot.boxes[FINN][1] is None
    assert [one.accounts for one in quick_desk.desk.pending(member("anna"))] == [(EVA,)]


LONG = "x" * 330 + "@example.net"


@pytest.mark.parametrize("name", [LONG, "e\0va@example.net", "e\udcffva@example.net", "", "a\nb"])
def test_what_no_account_can_be_called_is_left_out_and_the_others_are_held(desk, name):
    planned = desk.desk.hold(Wish((name, EVA), "", "why \udcff\0"), member("anna"), desk.now())
    assert [refusal for _, refusal in planned.left] == [Refusal.NO_NAME]
    assert desk.desk.carry(planned.plan.hash, desk.now).stage is Stage.DONE
    assert [one.account for one in desk.desk.held()] == [EVA]
    with pytest.raises(NothingToDo, match="no name"):
        desk.hold(name)
    assert desk.desk.holds_of([name]) == []


def test_a_language_that_is_none_holds_nobody_up(desk):
    told = {EVA: "x" * 40, FINN: "Nederlands, maar ook wel Engels graag", GINA: "it"}
    desk.desk = type(desk.desk)(desk.cases, desk.folder, lambda _: told)
    assert desk.hold(EVA, FINN, GINA).done == 3
    reasons = keeping.reasons([EVA, FINN, GINA])
    assert reasons[EVA] == reasons[FINN] == sentence(Wording.EXAMINATION, "nl")
    assert reasons[GINA] == sentence(Wording.EXAMINATION, "it")


def test_a_plan_that_the_database_refuses_kills_no_worker(
    on_postgresql, tmp_path, dovecot, monkeypatch
):
    desk = Desk(on_postgresql, tmp_path / "holds", dovecot)
    languages = {EVA: "x" * 40}
    desk.desk = type(desk.desk)(desk.cases, desk.folder, lambda _: languages)
    for account in (EVA, FINN):
        desk.desk.hold(Wish((account,), "", "why"), member("anna"), desk.now())
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "tag", lambda language: language)
        for _ in range(2):
            desk.align()
        assert AccountRow.objects.filter(held=True).get().account == FINN
        (waiting,) = [one for one in desk.desk.pending() if one.kind == "holds.plan"]
        assert "DataError" in waiting.trouble
    desk.align(40)
    assert AccountRow.objects.filter(held=True).count() == 2
