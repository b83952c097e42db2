"""Holds on a real Dovecot: how soon logins are refused, and how soon live sessions are gone."""

import os
import resource
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from bench.provider import logged_in, postwarden, provider
from bench.rows import Row, at_most
from postwarden.drills.lab.service import Lab, MissingServers

_ACCOUNTS, _SESSIONS, _MANY = 10_000, 500, 100_000
_SMALL = (200, 10, 400)


def holds(*, small: bool) -> Iterator[Row]:
    """Hold accounts whose holders are logged in, spread over the list; then many more."""
    accounts, sessions, many = _SMALL if small else (_ACCOUNTS, _SESSIONS, _MANY)
    try:
        with provider(accounts) as (lab, names):
            _run(lab, "person", "add", "anna", "--role", "postmaster")
            yield from _held(lab, names, sessions)
            yield from _many(lab, many)
    except MissingServers as error:
        print(f"holds: not measured: {error}", file=sys.stderr)


def _held(lab: Lab, names: Sequence[str], count: int) -> Iterator[Row]:
    _allow_files(count + 200)
    live = names[:: len(names) // count][:count]
    open_ones = [session for name in live if (session := logged_in(lab, name)) is not None]
    ended: list[float] = []
    watching = threading.Thread(target=_watch, args=(open_ones, ended))
    watching.start()
    began = time.perf_counter()
    command = postwarden(lab, "hold", "--file", _list(lab, names), "--reason", "bench")
    first = _refused(lab, names[1], began)
    last = _refused(lab, names[-1], began)
    status = command.wait()
    whole = time.perf_counter() - began
    watching.join()
    what = f"holds: {len(names):,}"
    yield Row(f"{what}, commands that failed", status, "commands", "= 0", status == 0)
    yield at_most(f"{what}, first refused login after the command began", first, "s", 2)
    yield Row(f"{what}, the list's last account is refused after", last, "s")
    yield Row(f"{what}, the command took", whole, "s")
    found = len(ended) == count
    yield Row(
        f"{what}, live sessions ended of {count:,}", len(ended), "sessions", f"= {count:,}", found
    )
    yield at_most(f"{what}, {count:,} live sessions ended after", max(ended) - began, "s", 10)


def _many(lab: Lab, count: int) -> Iterator[Row]:
    names = [f"many{number}@example.test" for number in range(count)]
    began = time.perf_counter()
    status = _run(lab, "hold", "--file", _list(lab, names), "--reason", "bench")
    what = f"holds: {count:,} more"
    yield Row(f"{what}, commands that failed", status, "commands", "= 0", status == 0)
    yield Row(f"{what}, the command took", time.perf_counter() - began, "s")


def _run(lab: Lab, *words: str) -> int:
    return postwarden(lab, *words).wait()


def _list(lab: Lab, names: Sequence[str]) -> str:
    path = os.path.join(lab.root, "list")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)
    return path


def _refused(lab: Lab, account: str, began: float) -> float:
    """Log in ten times a second, for each try costs the server what a login does, until refused."""
    while (session := logged_in(lab, account)) is not None:
        session.close()
        time.sleep(0.1)
    return time.perf_counter() - began


def _watch(sessions: Sequence[socket.socket], ended: list[float]) -> None:
    """Note when each session is ended by the server; two minutes at most."""
    deadline = time.monotonic() + 120
    with selectors.DefaultSelector() as selector:
        for session in sessions:
            selector.register(session, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                session = key.fileobj
                assert isinstance(session, socket.socket)
                if not _goes_on(session):
                    ended.append(time.perf_counter())
                    selector.unregister(session)
    for session in sessions:
        session.close()


def _goes_on(session: socket.socket) -> bool:
    try:
        return bool(session.recv(4096))
    except OSError:
        return False


def _allow_files(count: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(count, min(most, 4096)), most))
