"""The provider as it runs: its tables over time, its settings, its parts."""

import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from postwarden.drills.simulated.clock import Clock
from postwarden.drills.simulated.directory import Directory
from postwarden.drills.simulated.letters import Letter, Writer
from postwarden.drills.simulated.logs import LogBook
from postwarden.drills.simulated.maildir import Store
from postwarden.drills.simulated.records import Arrival

DOMAIN = "example.net"
HOST = "mx1.example.net"
FILTER_HOST = "amavis.example.net"
MASTER = "migration"


class Over:
    """A directory that changes over time."""

    def __init__(self, first: Directory) -> None:
        self._since = [0]
        self._values = [first]

    def change(self, at: int, value: Directory) -> None:
        """Let `value` hold from a moment later than every earlier change; else ValueError."""
        if at <= self._since[-1]:
            raise ValueError("directories change in the order of time")
        self._since.append(at)
        self._values.append(value)

    def at(self, when: int) -> Directory:
        """Give what holds at a moment."""
        return self._values[bisect_right(self._since, when) - 1]

    @property
    def periods(self) -> list[tuple[int, Directory]]:
        """Give each directory with its first moment."""
        return list(zip(self._since, self._values, strict=True))


@dataclass(frozen=True)
class Sieve:
    """A user's script with one rule: for messages whose header has `tag`, or all when it is empty.

    Attributes:
        action: "redirect", "redirect-copy", "fileinto" or "discard".
        target: address or folder.
    """

    action: str
    target: str = ""
    tag: bytes = b""

    def applies(self, letter: Letter) -> bool:
        """Whether the rule acts on this letter."""
        return self.tag in letter.header

    @property
    def script(self) -> str:
        """The script as the user wrote it (RFC 5228)."""
        act = {
            "redirect": f'redirect "{self.target}";',
            "redirect-copy": f'redirect :copy "{self.target}";',
            "fileinto": f'fileinto :create "{self.target}";',
            "discard": "discard;",
        }[self.action]
        test = f'if header :contains "X-Tag" "{self.tag.decode()}" ' if self.tag else ""
        return (
            f'require ["fileinto", "copy", "mailbox"];\n{test}{{ {act} }}\n'
            if test
            else (f'require ["fileinto", "copy", "mailbox"];\n{act}\n')
        )


@dataclass
class Site:
    """Everything a world plays on.

    Attributes:
        intended: the directory as it should have been.
        live: the directory the servers used.
        filter: None, or where aliases are expanded with a content filter: "before" or "after" it.
        recipient_limit: Postfix's lmtp_destination_recipient_limit.
        user_of: (recipient's account, time) to the account whose mailbox Dovecot opens.
        alter: (arrival, content) to what is stored, where something changes it on the way.
        home_of: (account, time) to the account in whose home Dovecot writes.
        wait: (final address, time) to None or the moment until which it is deferred.
        hold: (queue's sender, time) to None or the moment until which it is held at acceptance.
        programs: address to what a pipe(8) program does with a queued message.
    """

    seed: int
    clock: Clock
    dice: random.Random
    writer: Writer
    intended: Over
    live: Over
    logs: LogBook
    store: Store
    short_ids: bool = False
    filter: str | None = None
    recipient_limit: int = 50
    sieve: dict[str, Sieve] = field(default_factory=dict)
    user_of: Callable[[str, int], str] = lambda account, _: account
    home_of: Callable[[str, int], str] = lambda account, _: account
    alter: Callable[[Arrival, bytes], bytes] = lambda _, content: content
    wait: Callable[[str, int], int | None] = lambda _address, _: None
    hold: Callable[[str, int], int | None] = lambda _sender, _: None
    faulty: Directory | None = None

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account there is at the end."""
        return self.intended.periods[-1][1].accounts


def new_site(directory: Directory, *, start: int, seed: int, corpus: Path | None) -> Site:
    """Set up a provider whose live directory is the intended one."""
    clock = Clock(start)
    dice = random.Random(seed)
    return Site(
        seed,
        clock,
        dice,
        Writer(random.Random(seed + 1), corpus),
        Over(directory),
        Over(directory),
        LogBook(clock),
        Store(HOST),
    )


Tables = Mapping[str, tuple[str, ...]]
