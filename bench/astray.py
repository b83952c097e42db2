"""Mail that lies in wrong mailboxes: generated, stored through IMAP, and known as evidence would know it."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.provider import PASSWORD, postwarden, provider
from postwarden.configuration import load
from postwarden.drills.lab.cast import STAGING
from postwarden.drills.lab.options import HOST, HOSTNAME
from postwarden.drills.lab.service import Lab, Store
from postwarden.relocation.acts import Goal
from postwarden.relocation.service import Counted, Repair, Seen, Wanted
from postwarden.servers.dovecot.api import Answer, Asked, Doveadm, Failure
from postwarden.servers.dovecot.imap import Imap, Letter, Place
from postwarden.sources.service import header_hash

_SMALLEST, _LARGEST = 2_000, 30_000
_SECONDS = 600.0
_DAY = 1_795_000_000
_TOGETHER = 25
_WORDS = ("order", "invoice", "parcel", "meeting", "garden", "thanks", "regards", "photo")
_BACKEND = """
[[relocation.backends]]
name = "lab"
stores = ["lab"]
url = "{url}"
api_key = "{key}"
imap = "imap://{host}:{imap}"
account = "{staging}"
password_file = "dovecot/staging.password"
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Whose mailbox messages lie in, and whose they are."""

    holder: str
    owner: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A message in a wrong mailbox."""

    pair: Pair
    uid: int
    guid: str
    content: bytes


class Office:
    """A lab with people who plan and approve, and mailboxes between which mail goes astray."""

    def __init__(self, lab: Lab, names: Sequence[str]) -> None:
        self.lab = lab
        self._fills = 0
        half = len(names) // 2
        self.pairs = [Pair(*one) for one in zip(names[:half], names[half:], strict=True)]
        url = f"http://{HOST}:{lab.ports.doveadm}/doveadm/v1"
        self._api = Doveadm(url, lab.doveadm_key, _SECONDS)
        with (lab.root / "dovecot" / "holds.conf").open("a") as file:
            file.write("mail_fsync = always\n")
        lab.servers.doveadm("reload")
        worker = lab.pids["worker"]
        if worker is not None:
            os.kill(worker, signal.SIGTERM)  # it would be first to carry plans out
        self.through_dovecot = lab.config.with_name("through-dovecot.toml")
        text = lab.config.read_text()
        if "relocation.backends" not in text:
            places = {"url": url, "key": lab.doveadm_key, "staging": STAGING}
            text += _BACKEND.format(**places, host=HOST, imap=lab.ports.imap)
        self.through_dovecot.write_text(text)
        self._people()

    def _people(self) -> None:
        self.key = str(self.lab.root / "approver.key")
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key]
        subprocess.run(made, check=True)
        self.done("anna", "person", "add", "anna", "--role", "postmaster")
        self.done("anna", "person", "add", "dora", "--role", "officer")
        self.done("dora", "person", "enrol", "dora", "--key", self.key)
        self.done("anna", "case", "open", "misdelivery", "bench", "--lead", "anna")

    def done(self, who: str, *words: str, config: Path | None = None) -> None:
        """Run a command of Postwarden's that must succeed."""
        status = postwarden(self.lab, *words, who=who, config=config).wait()
        if status:
            raise RuntimeError(f"postwarden {' '.join(words[:2])}: status {status}")

    def ask(self, commands: Sequence[Asked]) -> list[Answer]:
        """Ask Dovecot in one request; raise RuntimeError where a command fails."""
        answers = self._api.ask(commands)
        if any(isinstance(one, Failure) for one in answers):
            raise RuntimeError(f"doveadm {commands[0][0]} failed")
        return answers

    def fill(self, count: int) -> list[Stored]:
        """Let so many messages lie in wrong mailboxes, all of them empty before."""
        self.empty()
        self._fills += 1  # other messages each time: nobody gets one a second time
        rolled = random.Random(self._fills)
        found: list[Stored] = []
        for at, pair in enumerate(self.pairs):
            some = [_message(rolled, pair, one) for one in range(at, count, len(self.pairs))]
            found += self._stored(pair, some)
        return found

    def _stored(self, pair: Pair, contents: Sequence[bytes]) -> Iterator[Stored]:
        if not contents:
            return
        place = Place(HOST, self.lab.ports.imap, tls=False)
        with Imap(place, pair.holder, PASSWORD, _SECONDS) as session:
            for at in range(0, len(contents), _TOGETHER):
                some = contents[at : at + _TOGETHER]
                letters = [Letter(one, (_DAY + at) * 1_000_000, ("\\Seen",)) for one in some]
                session.append("INBOX", letters)
            there = session.held("INBOX")
        for one, content in zip(there, contents, strict=True):
            yield Stored(pair, one.uid, one.guid, content)

    def empty(self) -> None:
        """Take all mail out of the mailboxes."""
        accounts = [name for pair in self.pairs for name in (pair.holder, pair.owner)]
        query = ["mailbox", "INBOX", "all"]
        self.ask([("expunge", {"user": one, "query": query}) for one in accounts])
        if self.lab.store is Store.MDBOX:
            self.ask([("purge", {"user": one}) for one in accounts])

    def arrived(self) -> int:
        """Count the messages in owners' mailboxes, less those in wrong ones."""
        found = 0
        for name in ("owner", "holder"):
            accounts = [getattr(pair, name) for pair in self.pairs]
            query = {"field": ["uid"], "query": ["mailbox", "INBOX", "all"]}
            rows = self.ask([("fetch", {"user": one, **query}) for one in accounts])
            count = sum(len(one) for one in rows)
            found = count if name == "owner" else found - count
        return found

    def approved(self, some: Sequence[Stored]) -> str:
        """Freeze a plan that puts messages where they belong, and have it approved; give its hash."""
        from postwarden.people.service import member  # noqa: PLC0415  # once Django is set up
        from postwarden.wiring import repair_desk  # noqa: PLC0415  # has models

        desk = repair_desk(load(str(self.lab.config)), lambda: time.time_ns() // 1_000)
        repairs = [_repair(self.lab.store, one, at) for at, one in enumerate(some)]
        names = tuple(sorted(one.copy.id for one in repairs))
        counted = Counted(Seen("bench", "0" * 64, None, None), (), (), names)
        plan = desk.plan("2026-0001", "bench", repairs, counted, member("anna"))
        self.done("dora", "plan", "approve", plan.hash, "--key", self.key)
        return plan.hash


@contextmanager
def office(store: Store, pairs: int) -> Iterator[Office]:
    """Give a lab of this kind whose Dovecot syncs as production's do; as `provider`."""
    with provider(2 * pairs, store=store) as (lab, names):
        yield Office(lab, names)


def _message(rolled: random.Random, pair: Pair, number: int) -> bytes:
    lines = [
        "From: shop@example.com",
        f"To: {pair.owner}",
        f"Message-ID: <{number}.{rolled.getrandbits(64):x}@example.com>",
        f"Subject: {rolled.choice(_WORDS)} {number}",
        "",
    ]
    size = int(_SMALLEST * (_LARGEST / _SMALLEST) ** rolled.random())
    while size > 0:
        line = " ".join(rolled.choices(_WORDS, k=10))
        lines.append(line)
        size -= len(line) + 2
    return "\r\n".join([*lines, ""]).encode()


def _repair(store: Store, one: Stored, number: int) -> Repair:
    header = header_hash(one.content, frozenset({HOSTNAME}))
    file = f"cur/{one.guid}" if store is Store.MAILDIR else f"uid={one.uid}"
    copy = Wanted(f"bench-{number}", one.pair.holder, "INBOX", file, one.guid, one.uid, header)
    message = one.content.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
    goals = (Goal(one.pair.owner, "lab"),)
    return Repair(copy, "lab", len(one.content), goals, message=message)
