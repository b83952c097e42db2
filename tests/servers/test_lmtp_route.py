"""The route by LMTP against a scripted agent: what it answers, and what nobody can know."""

import socket
import threading
from contextlib import contextmanager

import pytest

from postwarden.relocation.service import (
    Parcel,
    PermanentRouteError,
    Room,
    TemporaryRouteError,
    Where,
    content_hash,
)
from postwarden.servers.lmtp import LmtpRoute

ANNA = "anna@example.test"
CONTENT = b"Return-Path: <shop@shop.example>\r\nSubject: x\r\n\r\n.a line\r\n8-bit \xff\r\nno end"
DROP = object()


@contextmanager
def agent(**answers):
    """An agent that answers each verb as told; "end" is its answer to the message."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def serve():
            try:
                while True:
                    talk(listening.accept()[0])
            except OSError:
                return

        def talk(connection):
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 agent\r\n")
                for line in lines:
                    verb = line[:4].decode().upper()
                    seen.append(line)
                    answer = answers.get(verb, {"DATA": "354 go on"}.get(verb, "250 fine"))
                    if answer is DROP:
                        return
                    connection.sendall(f"{answer}\r\n".encode())
                    if verb == "DATA" and answer.startswith("354"):
                        body = b""
                        while not body.endswith(b"\r\n.\r\n"):
                            body += lines.readline()
                        seen.append(body)
                        if answers.get("end") is DROP:
                            return
                        connection.sendall(f"{answers.get('end', '250 saved')}\r\n".encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield LmtpRoute("127.0.0.1", listening.getsockname()[1], 5.0), seen
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def parcel(key="p-1-1"):
    return Parcel(key, ANNA, "INBOX", CONTENT, 1_795_000_000_000_000)


def delivered(route, one):
    tickets = list(route.stage([one]).values())
    route.publish(tickets)
    return tickets, route.settle(tickets)[one.key]


def test_what_the_agent_takes_has_arrived_byte_for_byte():
    with agent() as (route, seen):
        tickets, where = delivered(route, parcel())
        assert where is Where.ARRIVED
        assert list(route.arrived(tickets)) == [(tickets[0], content_hash(CONTENT))]
        assert b"mail from:<shop@shop.example>\r\n" in [line.lower() for line in seen]
        assert CONTENT.replace(b"\r\n.a", b"\r\n..a") + b"\r\n.\r\n" in seen


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({"RCPT": "550 no such user"}, Where.LOST),
        ({"RCPT": "452 later"}, Where.LOST),
        ({"DATA": "451 later"}, Where.LOST),
        ({"DATA": DROP}, Where.LOST),
        ({"MAIL": DROP}, Where.LOST),
        ({"end": "552 over quota"}, Where.LOST),
        ({"end": "451 later"}, Where.LOST),
        ({"end": DROP}, Where.UNCLEAR),
        ({"end": "no reply at all"}, Where.UNCLEAR),
        ({"end": "251 somewhere"}, Where.UNCLEAR),
        ({"end": "354 go on"}, Where.UNCLEAR),
    ],
)
def test_only_a_reply_that_says_no_lets_it_be_tried_again(answers, where):
    with agent(**answers) as (route, _):
        assert delivered(route, parcel())[1] is where


def test_nothing_is_handed_over_twice():
    with agent(end=DROP) as (route, seen):
        tickets, _ = delivered(route, parcel())
        route.publish(tickets)
        assert sum(line.upper().startswith(b"DATA") for line in seen) == 1


def test_what_follows_an_unclear_reply_is_not_told_by_it():
    with agent(end="garbled") as (route, seen):
        tickets = route.stage([parcel(), parcel("p-2-1")])
        route.publish(list(tickets.values()))
        settled = route.settle(list(tickets.values()))
        assert settled == {"p-1-1": Where.UNCLEAR, "p-2-1": Where.LOST}
        assert sum(line.upper().startswith(b"DATA") for line in seen) == 1


@pytest.mark.parametrize(
    "one",
    [
        parcel()._replace(content=b"Return-Path: <j\xc3\xb6rg@shop.example>\r\n\r\nbody\r\n"),
        parcel()._replace(account="j\xf6rg@example.test"),
        parcel()._replace(account="a@example.test>\r\nMAIL FROM:<b@example.test"),
        parcel()._replace(content=b"Return-Path: <a\x00b@shop.example>\r\n\r\nbody\r\n"),
    ],
)
def test_what_cannot_be_said_in_ascii_is_not_staged(one):
    with agent() as (route, seen):
        assert route.stage([one]) == {}
        hostile = "a@example.test>\r\nMAIL FROM:<b@example.test"
        assert route.rooms([hostile]) == {hostile: Room(exists=False)}
        assert route.rooms(["j\xf6rg@example.test"]) == {"j\xf6rg@example.test": Room(exists=False)}
        assert not any(line.upper().startswith(b"MAIL") for line in seen)


def test_what_another_process_may_have_handed_over_is_unclear():
    with agent() as (route, _):
        tickets = list(route.stage([parcel()]).values())
        assert route.settle(tickets) == {"p-1-1": Where.STAGED}
        again = LmtpRoute(*route._where)
        assert again.settle(tickets) == {"p-1-1": Where.UNCLEAR}
        again.publish(tickets)
        assert again.settle(tickets) == {"p-1-1": Where.UNCLEAR}


def test_accounts_are_there_where_the_agent_takes_mail_for_them():
    with agent() as (route, _):
        assert route.rooms([ANNA]) == {ANNA: Room(exists=True)}
    with agent(RCPT="550 no such user") as (route, _):
        assert route.rooms([ANNA]) == {ANNA: Room(exists=False)}
    with agent(RCPT="451 later") as (route, _), pytest.raises(TemporaryRouteError, match="451"):
        route.rooms([ANNA])


def test_an_agent_that_is_away_is_asked_later():
    with agent() as (route, _):
        pass
    with pytest.raises(TemporaryRouteError):
        route.rooms([ANNA])
    tickets = list(route.stage([parcel()]).values())
    with pytest.raises(TemporaryRouteError):
        route.publish(tickets)
    assert route.settle(tickets) == {"p-1-1": Where.STAGED}
    route.clear(["p-"], [ANNA])
    assert route.settle(tickets) == {"p-1-1": Where.UNCLEAR}


def test_it_reads_removes_and_puts_nothing_back():
    route = LmtpRoute("127.0.0.1", 9)
    for asked in (
        lambda: route.read([]),
        lambda: route.remove([]),
        lambda: route.restore(parcel(), (), ()),
    ):
        with pytest.raises(PermanentRouteError):
            asked()
    assert route.residue() == ()
