"""What a world is written in: people, ordinary mail, and acts at times of one day."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

from postwarden.drills.simulated.clock import HOUR, MINUTE, SECOND, moment
from postwarden.drills.simulated.directory import Directory
from postwarden.drills.simulated.dovecot import Dovecot
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.maildir import Copy
from postwarden.drills.simulated.postfix import Client, Onward, Postfix
from postwarden.drills.simulated.records import Queued
from postwarden.drills.simulated.sessions import Imap, Pop3
from postwarden.drills.simulated.site import DOMAIN, Over, new_site

MIDNIGHT = moment("2026-11-20 00:00:00")
FIRST = [
    "anna",
    "bram",
    "cora",
    "daan",
    "eva",
    "fleur",
    "gijs",
    "hanna",
    "ivo",
    "jasmijn",
    "kees",
    "lotte",
    "milan",
    "noor",
    "otto",
    "puck",
    "quinten",
    "roos",
    "sem",
    "tess",
    "umar",
    "vera",
    "wout",
    "xandra",
    "yara",
    "zeno",
]
LAST = ["bakker", "dekker", "visser", "mulder", "smit", "jansen", "vos", "kok"]
OUTSIDE = ("shop.test", "school.test", "bank.test", "forum.test", "example.com")


def hour(number: float) -> int:
    """Give a time of the day the worlds play on, as a moment."""
    return MIDNIGHT + int(number * HOUR)


def people(count: int) -> tuple[str, ...]:
    """Name `count` accounts of the provider."""
    names = [f"{first}.{last}" for last in LAST for first in FIRST]
    names += [f"user{number}" for number in range(max(0, count - len(names)))]
    return tuple(f"{name}@{DOMAIN}" for name in names[:count])


def short(account: str) -> str:
    """Give the alias every account has besides its name: initial and family name."""
    local, _, domain = account.partition("@")
    first, _, last = local.partition(".")
    return f"{first[:3]}{last}@{domain}" if last else f"my-{local}@{domain}"


def ordinary(accounts: tuple[str, ...]) -> Directory:
    """Give an ordinary directory: an alias for each account, and a few groups."""
    aliases: dict[str, tuple[str, ...]] = {short(account): (account,) for account in accounts}
    for number, start in enumerate(range(0, len(accounts), 8), 1):
        aliases[f"team{number}@{DOMAIN}"] = accounts[start : start + 4]
    return Directory(accounts, aliases)


class LetterOptions(TypedDict, total=False):
    """Options of `Writer.write`."""

    extra: str
    signed: bool
    message_id: str | None
    body: bytes


class Play:
    """A world while it plays."""

    def __init__(self, accounts: int, messages: int, seed: int, corpus: Path | None) -> None:
        self.accounts = people(accounts)
        self.messages = messages
        self.site = new_site(ordinary(self.accounts), start=MIDNIGHT, seed=seed, corpus=corpus)
        self.dovecot = Dovecot(self.site)
        self.postfix = Postfix(self.site, self.dovecot)
        self.dice = self.site.dice

    @property
    def directory(self) -> Directory:
        """The directory as intended at the beginning."""
        return self.site.intended.at(0)

    @directory.setter
    def directory(self, value: Directory) -> None:
        self.site.intended, self.site.live = Over(value), Over(value)

    def wrongly(self, faulty: Directory, since: float, until: float) -> None:
        """Let a faulty directory be live between two hours of the day."""
        self.site.faulty = faulty
        self.site.live.change(hour(since), faulty)
        self.site.live.change(hour(until), self.site.intended.at(hour(until)))

    def at(self, when: int, act: Callable[..., object], *args: object, **named: object) -> None:
        """Plan an act with its arguments."""
        self.site.clock.at(when, partial(act, *args, **named))

    def run(self) -> None:
        """Play until nothing more is planned."""
        self.site.clock.run()

    def outsider(self) -> str:
        """Name somebody outside."""
        return f"{self.dice.choice(FIRST)}{self.dice.randint(1, 99)}@{self.dice.choice(OUTSIDE)}"

    def receive(
        self,
        rcpts: Sequence[str],
        *,
        sender: str | None = None,
        letter: Letter | None = None,
        client: Client | None = None,
        signed: bool = True,
    ) -> Queued:
        """Accept a message from outside now."""
        sender = self.outsider() if sender is None else sender
        author = sender or "mailer-daemon@shop.test"
        if letter is None:
            letter = self.site.writer.any(
                author, rcpts[0], self.site.clock.now - 2 * SECOND, signed=signed
            )
        return self.postfix.accept(letter, sender, rcpts, client or self.client(author))

    def receive_written(
        self, rcpts: Sequence[str], sender: str, to: str, **letter: Unpack[LetterOptions]
    ) -> Queued:
        """Accept a message from outside now that is written for it; see `Writer.write`."""
        written = self.site.writer.write(sender, to, self.site.clock.now, **letter)
        return self.receive(rcpts, sender=sender, letter=written)

    def client(self, sender: str) -> Client:
        """Give the server that speaks for an outside sender."""
        name = f"out.{sender.partition('@')[2]}"
        return Client("smtp", name, name, f"198.51.100.{self.dice.randint(1, 250)}")

    def submit(
        self,
        account: str,
        rcpts: Sequence[str],
        *,
        letter: Letter | None = None,
        content: bytes | None = None,
        sent: bool = True,
    ) -> Queued:
        """Let a user send a message now, and keep a copy in Sent."""
        site = self.site
        letter = letter or site.writer.write(account, ", ".join(rcpts), site.clock.now)
        client = Client("submission", "[192.168.1.7]", "dsl.access.test", "203.0.113.9", account)
        queued = self.postfix.accept(
            letter, account, rcpts, client, Onward(content) if content else None
        )
        if sent:
            with Imap(site, self.dovecot, account) as imap:
                imap.append("Sent", letter, content=content)
        return queued

    def imap(self, account: str, actor: str | None = None) -> Imap:
        """Log in by IMAP."""
        return Imap(self.site, self.dovecot, account, actor)

    def pop3(self, account: str) -> Pop3:
        """Log in by POP3."""
        return Pop3(self.site, self.dovecot, account)

    def stored(self, account: str, folder: str = "INBOX") -> list[Copy]:
        """Give what an account holds now."""
        return self.site.store.of(account, folder)

    def traffic(self, messages: int | None = None, since: float = 6, until: float = 20) -> None:
        """Plan ordinary mail: from outside and inside, to names, aliases, extensions and groups."""
        for _ in range(self.messages if messages is None else messages):
            when = self.dice.randrange(hour(since), hour(until))
            kind = self.dice.random()
            if kind < 0.12:
                self.at(when, self._inside)
            elif kind < 0.2:
                self.at(when, self._several)
            else:
                self.at(when, self._outside)

    def _outside(self) -> None:
        self.receive([self._address()])

    def _several(self) -> None:
        rcpts = list(dict.fromkeys(self._address() for _ in range(self.dice.randint(2, 4))))
        self.receive(rcpts)

    def _inside(self) -> None:
        self.submit(self.dice.choice(self.accounts), [self._address()])

    def _address(self) -> str:
        account = self.dice.choice(self.accounts)
        kind = self.dice.random()
        if kind < 0.45:
            return account
        if kind < 0.85:
            return short(account)
        if kind < 0.92:
            return account.replace("@", f"+{self.dice.choice(('news', 'shop', 'club'))}@")
        return f"team{self.dice.randint(1, (len(self.accounts) + 7) // 8)}@{DOMAIN}"

    def readers(self, accounts: Sequence[str], since: float = 20.5) -> None:
        """Plan an evening in which people read, answer, file and delete some of their mail."""
        for place, account in enumerate(accounts):
            self.at(hour(since) + place * MINUTE, self._evening, account)

    def _evening(self, account: str) -> None:
        if self.dice.random() < 0.2:
            with self.pop3(account) as pop3:
                pop3.download(delete=self.dice.random() < 0.5)
            return
        with self.imap(account) as imap:
            copies = imap.select()
            imap.list(copies)
            for copy in copies:
                self._handle(imap, copy)

    def _handle(self, imap: Imap, copy: Copy) -> None:
        kind = self.dice.random()
        if kind < 0.6:
            imap.read(copy)
        if kind < 0.08:
            imap.answered(copy)
        elif kind < 0.2:
            imap.move(copy, "Archive")
        elif kind < 0.28:
            imap.copy(copy, "Projects/Größe")
        elif kind < 0.36:
            imap.expunge(copy)
        elif kind < 0.4:
            imap.forwarded(copy)
