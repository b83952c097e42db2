"""Who gets which message, and when: chosen from a seed before anything is sent (pure)."""

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Part(StrEnum):
    """When a message is accepted; a parked one is accepted by the wrong map and delivered after."""

    BEFORE = "before"
    DURING = "during"
    PARKED = "parked"
    AFTER = "after"


class Sending(NamedTuple):
    """One message to one or several recipients, in one transaction."""

    letter: int
    recipients: tuple[str, ...]
    part: Part


_SHARES = ((Part.BEFORE, 0.30), (Part.DURING, 0.45), (Part.PARKED, 0.10), (Part.AFTER, 0.15))
_ONE_ACCOUNT, _ONE_ALIAS = 0.45, 0.40  # the rest has several recipients
_TAGGED = 0.1
_SEVERAL = (2, 3, 4)


def schedule(
    count: int, accounts: Sequence[str], aliases: Sequence[str], seed: int
) -> list[Sending]:
    """Say who gets each of `count` messages.

    Each part begins with a message to each alias, as far as it has so many; large groups are written
    to as often as others.

    Args:
        count: of messages; they are numbered from 0.
        accounts: all of them.
        aliases: all of them, groups among them.
        seed: equal ones give equal schedules.
    """
    chance = random.Random(seed)
    sendings: list[Sending] = []
    for part, size in _sizes(count):
        first = chance.sample(sorted(aliases), len(aliases))
        for number in range(size):
            one = (first[number],) if number < len(first) else _chosen(chance, accounts, aliases)
            sendings.append(Sending(len(sendings), one, part))
    return sendings


def _sizes(count: int) -> list[tuple[Part, int]]:
    """Divide so that all parts together are `count`."""
    sizes = [(part, int(count * share)) for part, share in _SHARES]
    rest = count - sum(size for _, size in sizes)
    return [(part, size + rest * (part is Part.DURING)) for part, size in sizes]


def _chosen(
    chance: random.Random, accounts: Sequence[str], aliases: Sequence[str]
) -> tuple[str, ...]:
    lot = chance.random()
    if lot < _ONE_ACCOUNT:
        return (_tagged(chance, chance.choice(accounts)),)
    if lot < _ONE_ACCOUNT + _ONE_ALIAS:
        return (chance.choice(aliases),)
    return tuple(chance.sample([*accounts, *aliases], chance.choice(_SEVERAL)))


def _tagged(chance: random.Random, account: str) -> str:
    if chance.random() >= _TAGGED:
        return account
    local, _, domain = account.partition("@")
    return f"{local}+news@{domain}"
