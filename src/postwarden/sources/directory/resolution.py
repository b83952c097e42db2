"""What the directory answers for an address."""

from dataclasses import dataclass
from typing import NamedTuple


class Step(NamedTuple):
    """One link of a chain: the entry that leads from one address to the next, or to an account.

    Attributes:
        source: the address, or "@domain", that was looked up.
        target: what the entry gave.
        via: "canonical", "alias", "catch-all", "domain", "local", "srs", "bcc" or "account".
        file: where the entry stands; "" for the configuration and for rules without a table.
        line: from 1; 0 where `file` is "".
    """

    source: str
    target: str
    via: str
    file: str
    line: int


class Problem(NamedTuple):
    """What is wrong with the tables on the way from an address.

    Attributes:
        code: "loop", "limit", or "captured-by-catch-all" (an account's own address that only a
            catch-all answers for, so that the account does not get its own mail).
        subject: the address where it shows.
        detail: a sentence.
        file: of the entry concerned.
        line: from 1, or 0 without a file.
    """

    code: str
    subject: str
    detail: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where mail to an address is meant to arrive.

    Attributes:
        address: as asked for, in normal form.
        accounts: where it is meant to be stored, sorted.
        bcc_accounts: who else is entitled to a copy by recipient_bcc_maps, sorted.
        outside: addresses outside the provider that it goes on to, sorted.
        commands: commands, files and unread lists that it is handed to, sorted.
        unknown: it is the provider's own, but leads nowhere.
        foreign: it is not in an own domain, and no table speaks of it.
        steps: every link followed, those of one address together, nearest first.
        problems: loops, limits and catch-alls that take too much.
    """

    address: str
    accounts: tuple[str, ...]
    bcc_accounts: tuple[str, ...]
    outside: tuple[str, ...]
    commands: tuple[str, ...]
    unknown: bool
    foreign: bool
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]

    def chain_to(self, account: str) -> tuple[Step, ...]:
        """Give the shortest chain of steps that ends in the account; empty when none does."""
        into: dict[str, Step] = {}
        for step in self.steps:
            into.setdefault(_place(step), step)
        chain: list[Step] = []
        link = into.get(f"={account}")
        while link is not None and link not in chain:
            chain.append(link)
            link = into.get(link.source) if link.source != self.address else None
        return tuple(reversed(chain))


def _place(step: Step) -> str:
    """Name the end of a step; an account is told from the address of the same name."""
    return f"={step.target}" if step.via == "account" else step.target
