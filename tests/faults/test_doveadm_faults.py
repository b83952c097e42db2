"""Faults of doveadm's HTTP API against the effects of holds: each cell ends in a state that is asserted."""

import json

import pytest

from crash.doveadm import Doveadm
from faults.scripted import http, scripted
from holds.conftest import FakeDovecot
from postwarden.holds.service import Aligner
from postwarden.holds.settings import DovecotSettings
from postwarden.servers.dovecot import DovecotControl, api
from postwarden.state.models import EffectRow

EVA, FINN, GINA = "eva@example.net", "finn@example.net", "gina@brand.example"
SECOND = 1_000_000


class Faulty:
    """A Dovecot that does what is asked, or not, and answers badly while `fault` is set."""

    def __init__(self, mail, fault):
        self.doveadm, self.fault, self.server = Doveadm(mail), fault, None

    def __call__(self, request, send):
        if self.fault is None:
            send(self.well(request))
        else:
            self.fault(self, request, send)

    def well(self, request):
        return http(json.dumps(self.doveadm.answer(request)).encode())


def status(line):
    return lambda _it, _request, send: send(http(b"{}", line, headers="Location: /other\r\n"))


def says(text):
    return lambda _it, _request, send: send(http(text))


def rows(*found):
    """Answer every command with rows that no such command has."""

    def answer(_it, request, send):
        send(
            http(json.dumps([["doveadmResponse", list(found), t] for _, _, t in request]).encode())
        )

    return answer


def cut(it, request, send):
    whole = it.well(request)
    send(whole[: len(whole) - 3])


def stall(it, _request, _send):
    it.server.released.wait(20)


def drip(it, request, send):
    head, end, body = it.well(request).partition(b"\r\n\r\n")
    send(head + end)
    for byte in body:
        send(bytes([byte]))
        if it.server.released.wait(0.2):
            return


def done_and_gone(it, request, _send):
    it.doveadm.answer(request)


def exit_75(_it, request, send):
    told = {"type": "exitCode", "exitCode": 75}
    send(http(json.dumps([["error", told, tag] for _, _, tag in request]).encode()))


def one_too_few(it, request, send):
    send(http(json.dumps(it.doveadm.answer(request)[:-1]).encode()))


def other_tags(it, request, send):
    send(http(json.dumps([[*one[:-1], "x"] for one in it.doveadm.answer(request)]).encode()))


def no_gzip(_it, _request, send):
    send(http(b"no gzip at all", headers="Content-Encoding: gzip\r\n"))


def endless(it, _request, send):
    send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    while not it.server.released.is_set():
        send(b" " * 65_536)


FAULTS = {
    "500": status("500 Internal Server Error"),
    "401": status("401 Unauthorized"),
    "moved": status("302 Found"),
    "no HTTP": lambda _it, _request, send: send(b"* OK Dovecot ready.\r\n"),
    "nothing": says(b""),
    "garbage": says(b"\xff\x00{]"),
    "no list": says(b'{"doveadmResponse": 1}'),
    "deep": says(b"[" * 100_000),
    "strange rows": rows({"nothing": "of it"}),
    "cut in the middle": cut,
    "stalls": stall,
    "drips": drip,
    "done and gone": done_and_gone,
    "exit 75": exit_75,
    "one too few": one_too_few,
    "other tags": other_tags,
    "no gzip": no_gzip,
    "endless": endless,
}


@pytest.fixture(params=FAULTS)
def faulty(request, dovecot, monkeypatch):
    monkeypatch.setattr(api, "_LONGEST", 1_000_000)
    dovecot.live, dovecot.boxes = {EVA: 2, FINN: 1}, {EVA: ({"main"}, "main")}
    it = Faulty(dovecot, FAULTS[request.param])
    with scripted(it) as server:
        it.server = server
        yield it


def aligner(desk, faulty):
    doors = [DovecotSettings(faulty.server.url, "key")]
    return Aligner(desk.desk, DovecotControl(doors, seconds=0.5), lambda: desk.time)


def test_a_dovecot_in_trouble_is_tried_again_and_in_the_end_it_is_done(quick_desk, faulty):
    desk, fault = quick_desk, faulty.fault
    for account in (EVA, GINA):
        desk.hold(account)
    worker = aligner(desk, faulty)
    for _ in range(3):
        worker.run()
    waiting = [one for one in desk.desk.pending() if one.trouble]
    assert waiting, "somebody has to see it in `postwarden holds`"
    retried = EffectRow.objects.exclude(trouble="").values_list("due", flat=True)
    assert all(due >= desk.time + SECOND for due in retried)
    asked = faulty.server.requests
    assert asked <= 2, "there is one try a second, however much is to be done"
    desk.time += 2 * SECOND
    worker.run()
    assert faulty.server.requests > asked
    faulty.fault = None
    for _ in range(4):
        desk.time += 40 * SECOND
        worker.run()
    assert (desk.control.live, desk.control.boxes[EVA][1]) == ({FINN: 1}, None), fault
    assert desk.desk.pending() == []
    acts = desk.acts()
    assert (acts.count("hold.placed"), acts.count("hold.filters-suspended")) == (2, 1)
    assert acts.count("hold.sessions-seen") == 4
    assert desk.ledger.verify([]).faults == ()


def test_a_release_during_the_trouble_brings_the_filters_back(quick_desk, quick_key, faulty):
    desk, fault = quick_desk, faulty.fault
    faulty.fault = None
    desk.hold(EVA)
    worker = aligner(desk, faulty)
    for _ in range(2):
        desk.time += 20 * SECOND
        worker.run()
    faulty.fault = fault
    desk.approve(desk.plan_release(EVA), quick_key)
    worker.run()
    faulty.fault = None
    for _ in range(4):
        desk.time += 40 * SECOND
        worker.run()
    assert desk.control.boxes[EVA][1] == "main"
    assert desk.desk.pending() == []
    assert desk.acts().count("hold.filters-restored") == 1


def test_an_answer_of_ten_megabytes_is_read(quick_desk, dovecot):
    dovecot.live = {EVA: 1} | {f"user{number}@example.net": 1 for number in range(180_000)}
    it = Faulty(dovecot, None)
    with scripted(it) as server:
        it.server = server
        quick_desk.hold(EVA)
        doors = [DovecotSettings(server.url, "key")]
        Aligner(quick_desk.desk, DovecotControl(doors), quick_desk.now).run()
    assert len(json.dumps(it.doveadm.answer([["who", {}, "0"]]))) > 10_000_000
    assert EVA not in dovecot.live
    assert len(dovecot.live) == 180_000


def test_a_number_that_is_none_stands_for_one_session():
    answer = rows({"username": EVA, "connections": "9" * 5_000})
    with scripted(lambda request, send: answer(None, request, send)) as server:
        control = DovecotControl([DovecotSettings(server.url, "key")])
        assert control.sessions() == {EVA: 1}


def test_one_dovecot_that_is_away_keeps_no_sessions_alive_on_another(quick_desk, dovecot):
    dovecot.live = {EVA: 1, FINN: 1}
    away, there = Faulty(FakeDovecot(None), FAULTS["500"]), Faulty(dovecot, None)
    away.doveadm.mail.live = {EVA: 1}
    with scripted(away) as first, scripted(there) as second:
        doors = [DovecotSettings(server.url, "key") for server in (first, second)]
        worker = Aligner(quick_desk.desk, DovecotControl(doors), lambda: quick_desk.time)
        quick_desk.hold(EVA)
        worker.run()
        assert dovecot.live == {FINN: 1}
        assert any("500" in one.trouble for one in quick_desk.desk.pending())
        away.fault = None
        for _ in range(3):
            quick_desk.time += 40 * SECOND
            worker.run()
    assert away.doveadm.mail.live == {}
    assert quick_desk.desk.pending() == []
