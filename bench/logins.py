"""IMAP logins through Dovecot with Postwarden in the path, against the same without it."""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.provider import log_in_and_out, provider
from bench.rows import Row, at_least
from postwarden.drills.lab.service import Lab, MissingServers

_ACCOUNTS, _ROUNDS = 200, 15
_SMALL = (20, 2)
_AT_ONCE = 4


def logins(*, small: bool) -> Iterator[Row]:
    """Measure both in turn, in rounds; each account logs in once a round, four at a time."""
    accounts, rounds = _SMALL if small else (_ACCOUNTS, _ROUNDS)
    try:
        with (
            provider(accounts) as (with_it, names),
            provider(accounts, protected=False) as (without, _),
            ThreadPoolExecutor(_AT_ONCE) as clients,
        ):
            for lab in (with_it, without):
                _seconds(clients, lab, names)  # makes mailboxes
            pairs = [
                (_seconds(clients, without, names), _seconds(clients, with_it, names))
                for _ in range(rounds)
            ]
    except MissingServers as error:
        print(f"logins: not measured: {error}", file=sys.stderr)
        return
    bare, held = (median(column) for column in zip(*pairs, strict=True))
    yield Row("logins: by IMAP, SHA512-CRYPT, without Postwarden", accounts / bare, "logins/s")
    yield Row("logins: by IMAP, SHA512-CRYPT, with Postwarden", accounts / held, "logins/s")
    ratio = median(one / other for one, other in pairs)
    yield at_least("logins: rate with Postwarden to the rate without", ratio, "x", 0.8)


def _seconds(clients: ThreadPoolExecutor, lab: Lab, names: Sequence[str]) -> float:
    shares = [names[number::_AT_ONCE] for number in range(_AT_ONCE)]
    began = time.perf_counter()
    list(clients.map(log_in_and_out, [lab] * _AT_ONCE, shares))
    return time.perf_counter() - began
