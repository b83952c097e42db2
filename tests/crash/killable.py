"""A real Dovecot for many runs, each with accounts of its own; it can be killed, and started again."""

import imaplib
import os
import random
import re
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.lab.processes import children, end, running
from postwarden.drills.lab.processes import wait_until as wait
from postwarden.relocation.service import Wanted, canonical
from postwarden.sources.service import header_hash
from relocation import rigs
from relocation.maildirs import HOSTS, hash_of

NAMES = ("bob", "carol", "dora", "eve", "finn", "gus")
_RUNS = 3_000
_DATE = "%d-%b-%Y %H:%M:%S +0000"
_TOLD = re.compile(rb'UID (\d+) FLAGS \(([^)]*)\) INTERNALDATE "([^"]+)"')
_SUBJECT = re.compile(rb"^Subject: (\d+)", re.MULTILINE)
_WORKERS = ("doveadm-server", "imap", "pop3")


class Lying(NamedTuple):
    """A message as its account's owner sees it; `date` is in seconds."""

    account: str
    folder: str
    flags: tuple[str, ...]
    content: str
    date: int


class Letter(NamedTuple):
    """A message to store."""

    content: bytes
    date: int
    flags: tuple[str, ...] = ()
    folder: str = "INBOX"


class Killable(rigs.Rig):
    """Gives each run accounts that nobody had before."""

    def __init__(self, root, store):
        every = [f"{name}{run}@example.test" for run in range(_RUNS) for name in NAMES]
        super().__init__(root, store, (rigs.STAGING, *every))
        self._run = 0
        self.numbers = {}  # of messages that were read, by the hash of their content

    def people(self):
        """Give the accounts of another run."""
        self._run += 1
        return tuple(f"{name}{self._run}@example.test" for name in NAMES)

    def fill(self, account, letters):
        """Store messages in an account; give each as evidence would."""
        with self.imap(account) as session:
            for folder in {one.folder for one in letters} - {"INBOX"}:
                assert session.create(folder)[0] == "OK"
            uids = [self._appended(session, one) for one in letters]
        query = ["mailbox", "*"]
        rows = self.doveadm("fetch", user=account, field=["mailbox", "uid", "guid"], query=query)
        guids = {(row["mailbox"], int(row["uid"])): row["guid"] for row in rows}
        return [
            self._known(account, one, uid, guids[one.folder, uid])
            for one, uid in zip(letters, uids, strict=True)
        ]

    def _appended(self, session, letter):
        date = time.strftime(f'"{_DATE}"', time.gmtime(letter.date))
        flags = f"({' '.join(letter.flags)})"
        status, told = session.append(letter.folder, flags, date, canonical(letter.content))
        assert status == "OK", told
        return int(re.search(rb"APPENDUID \d+ (\d+)", told[0])[1])

    def _known(self, account, letter, uid, guid):
        self._count += 1
        return Wanted(
            id=f"finding-{self._count}",
            account=account,
            folder=letter.folder,
            file=self._named(account, letter.folder, uid, guid),
            guid=guid,
            uid=uid,
            header_hash=header_hash(letter.content, HOSTS),
        )

    def _named(self, account, folder, uid, guid):
        if self.store != "maildir":
            return f"uid={uid}"
        below = "" if folder == "INBOX" else f".{folder}/"
        cur = self.box(account) / f"{below}cur"
        (name,) = (one for one in os.listdir(cur) if one.startswith(guid))
        return f"{below}cur/{name.partition(':2,')[0]}"

    def box(self, account):
        """Give the Maildir of an account."""
        local, _, domain = account.partition("@")
        return self.root / "vmail" / domain / local / "Maildir"

    def everything(self, accounts):
        """Give every message of accounts as their owners see them, sorted."""
        return sorted(one for account in accounts for one in self._all(account))

    def _all(self, account):
        with self.imap(account) as session:
            _, folders = session.list()
            for folder in sorted(line.rpartition(b" ")[2].decode() for line in folders):
                assert session.select(folder, readonly=True)[0] == "OK"
                _, told = session.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
                for head, content in (one for one in told if isinstance(one, tuple)):
                    one = _lying(account, folder, head, content)
                    self.numbers[one.content] = int(_SUBJECT.search(content)[1])
                    yield one

    def strike(self, whom, rolled):
        """Kill with SIGKILL: "dovecot", all of it; "master", which leaves its workers; or one "worker".

        What has to be started again is for `go_on`.
        """
        master = running(self.servers.dovecot)
        if whom == "dovecot":
            os.killpg(master, signal.SIGKILL)
        elif whom == "master":
            os.kill(master, signal.SIGKILL)
        else:
            with suppress(IndexError, ProcessLookupError):
                os.kill(rolled.choice(sorted(children(master, *_WORKERS))), signal.SIGKILL)
            return
        wait(lambda: running(self.servers.dovecot) is None, "Dovecot to die")

    def go_on(self):
        """Start Dovecot, which does not run; processes that outlived their master end first."""
        end(self.servers.dovecot)
        (self.root / "run" / "master.pid").unlink(missing_ok=True)
        super().go_on()

    def is_up(self):
        return running(self.servers.dovecot) is not None


def _lying(account, folder, head, content):
    _, flags, date = _TOLD.search(head).groups()
    return Lying(
        account,
        folder,
        tuple(sorted(one.decode() for one in flags.split() if one != rb"\Recent")),
        hash_of(content),
        round(_seconds(date)),
    )


def _seconds(date):
    return time.mktime(imaplib.Internaldate2tuple(b'INTERNALDATE "%s"' % date))


@contextmanager
def killable(store, within):
    """Give a Dovecot that lives as long as the context, below a folder."""
    root = Path(tempfile.mkdtemp(prefix="d-", dir=within))
    root.chmod(0o755)
    rig = Killable(root, store)
    with rigs.served(rig):
        yield rig


def rolling(*words):
    """Give what rolls dice, the same for the same words."""
    return random.Random(":".join(map(str, words)))
