"""Reading Postfix logs of a usual mix: connections, deliveries with and without aliases, deferrals."""

import os
import random
from collections.abc import Iterator

from bench.measuring import spent
from bench.rows import Row, at_least
from postwarden.sources.service import LogSettings, read_logs
from postwarden.vocabulary import Provider

_LINES = 1_000_000
_BEGAN = 1_763_000_000
_ALPHABET = "BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789"


def logs(place: str, *, small: bool) -> Iterator[Row]:
    """Measure one process by its CPU time."""
    path = os.path.join(place, "mail.log")
    number = write_log(path, 20_000 if small else _LINES)
    counted: list[int] = []
    took = spent(lambda: counted.append(_read(path, place)))
    os.unlink(path)
    if counted[0] * 20 < number:
        raise RuntimeError(f"{path}: only {counted[0]} records were drawn from {number} lines")
    yield at_least("logs: Postfix lines, one process, CPU time", number / took.cpu, "lines/s", 1e5)


def _read(path: str, base: str) -> int:
    provider = Provider("Example Mail", frozenset({"example.net"}), frozenset({"mx1.example.net"}))
    settings = LogSettings(format="postfix", path=path, year=2025)
    now = (_BEGAN + 400 * 86_400) * 1_000_000
    return sum(1 for _ in read_logs([settings], provider, base, now=now))


def write_log(path: str, lines: int) -> int:
    """Write at least so many lines; give how many."""
    chance = random.Random(20261121)  # repeatable, not secret
    written = 0
    with open(path, "w", encoding="ascii") as file:
        while written < lines:
            message = [_line(written, body) for body in _message(chance, written)]
            file.writelines(message)
            written += len(message)
    return written


def _line(number: int, body: str) -> str:
    second = number // 40
    day, rest = divmod(second, 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"Nov {day + 13:2d} {clock} mx1 {body}\n"


def _message(chance: random.Random, number: int) -> list[str]:
    queue = "4j" + "".join(chance.choices(_ALPHABET, k=12))
    pid = chance.randrange(1000, 60_000)
    client = f"out{number % 90}.mail.sender.test[192.0.2.{number % 250}]"
    name = f"user{chance.randrange(100_000)}@example.net"
    session = "".join(chance.choices(_ALPHABET, k=22))
    named = f"to=<{name}>, orig_to=<info@example.net>," if number % 4 == 0 else f"to=<{name}>,"
    relay = "relay=store1.example.net[private/dovecot-lmtp], delay=0.21, delays=0.15/0.01/0.01/0.04"
    sent = (
        f"postfix/lmtp[{pid}]: {queue}: {named} {relay}, dsn=2.0.0, status=sent "
        f"(250 2.0.0 <{name}> {session} Saved)"
    )
    deferred = (
        f"postfix/lmtp[{pid}]: {queue}: {named} relay=none, delay=0.1, delays=0.1/0/0/0, dsn=4.4.1, "
        "status=deferred (connect to store1.example.net[private/dovecot-lmtp]: Connection refused)"
    )
    return [
        f"postfix/smtpd[{pid}]: connect from {client}",
        f"postfix/smtpd[{pid}]: {queue}: client={client}",
        f"postfix/cleanup[{pid + 1}]: {queue}: message-id=<{number}.{session}@mail.sender.test>",
        (
            f"postfix/qmgr[900]: {queue}: from=<bounce-{number}@sender.test>, size={number % 90_000}, "
            "nrcpt=1 (queue active)"
        ),
        (
            f"postfix/smtpd[{pid}]: disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 "
            "quit=1 commands=7"
        ),
        *([deferred] if number % 20 == 0 else []),
        sent,
        f"postfix/qmgr[900]: {queue}: removed",
    ]
