"""A private Dovecot with a few accounts, and the routes to its mailboxes: what the contract is tried on."""

import base64
import fcntl
import imaplib
import json
import os
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from postwarden.drills.lab.dovecot import DovecotSettings, configuration
from postwarden.drills.lab.options import HOST, NOBODY, Ports
from postwarden.drills.lab.processes import end, start
from postwarden.drills.lab.servers import Servers
from postwarden.relocation.service import Parcel, Route, Wanted
from postwarden.servers.dovecot import DovecotRoute
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.imap import Place
from postwarden.servers.dovecot.staging import Login
from postwarden.servers.maildir import MaildirRoute
from postwarden.sources.service import StoreSettings, header_hash

STAGING = "staging@example.test"
FULL = "full@example.test"  # with little quota
_TESTS = 40
ACCOUNTS = (
    STAGING,
    FULL,
    *(f"{who}{number}@example.test" for number in range(_TESTS) for who in ("holder", "owner")),
)
PASSWORD, KEY = "lab", "lab"  # of servers that live for a test
SECONDS = 20
DATE = 1_578_189_845_000_000  # 2020-01-05, in the evening
QUOTA = """
mail_fsync = always
mail_plugins = notify mail_log quota
plugin {
  quota = count:User quota
  quota_rule = *:storage=1G
  quota_vsizes = yes
}
"""


class Seen(NamedTuple):
    """A message as its account's owner sees it."""

    content: bytes
    date: str
    flags: tuple[str, ...]


class Rig:
    """A running Dovecot with these accounts, all of which have one password."""

    def __init__(self, root: Path, store: str, accounts: Iterable[str] = ACCOUNTS) -> None:
        self.root, self.store = root, store
        self._accounts = tuple(accounts)
        self.ports = Ports.free()
        self.servers = Servers(root)
        self._count = 0
        self._tests = 0
        self.holder = self.owner = ""

    def fresh(self) -> None:
        """Take a holder and an owner whose mailboxes are there, and empty."""
        self.holder, self.owner = ACCOUNTS[2 + 2 * self._tests : 4 + 2 * self._tests]
        self._tests += 1
        for account in (self.holder, self.owner):
            with self.imap(account):
                pass

    def start(self) -> None:
        """Write the configuration and start Dovecot alone."""
        for name in ("log", "dovecot/state", "run", "vmail", "pid"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        os.chown(self.root / "vmail", NOBODY, NOBODY)
        users = (
            f"{one}:{{PLAIN}}{PASSWORD}::::::"
            f"{'userdb_quota_rule=*:storage=20K' if one == FULL else ''}\n"
            for one in self._accounts
        )
        (self.root / "dovecot" / "users").write_text("".join(users))
        locations = {"maildir": "maildir:~/Maildir", "mdbox": "mdbox:~/mdbox"}
        settings = DovecotSettings(
            "example.test", KEY, NOBODY, NOBODY, locations[self.store], further=QUOTA
        )
        text = configuration(self.root, self.ports, settings)
        (self.root / "dovecot" / "dovecot.conf").write_text(text)
        self.go_on()

    def go_on(self) -> None:
        """Start Dovecot, which does not run."""
        start(self.servers.dovecot, self.servers.environment)

    def stop(self) -> None:
        """End Dovecot."""
        end(self.servers.dovecot)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports.doveadm}/doveadm/v1"

    def dovecot(self, seconds: float = SECONDS, orphans: float = 0.0) -> DovecotRoute:
        """Give a route through Dovecot; `seconds` is how long doveadm may take."""
        login = Login(Place(HOST, self.ports.imap, tls=False), STAGING, lambda: PASSWORD, SECONDS)
        api = Doveadm(self.url, KEY, seconds)
        return DovecotRoute("b1", api, login, frozenset(), orphans)

    def files(self) -> MaildirRoute:
        """Give a route to the files."""
        path = f"{self.root}/vmail/{{domain}}/{{local}}/Maildir"
        store = StoreSettings("lab", "maildir", path)
        return MaildirRoute(store, frozenset(), "/", "mx1.example.test")

    def doveadm(self, command: str, **parameters: object) -> list[dict[str, Any]]:
        """Ask Dovecot beside the route; give the rows of its answer."""
        key = base64.b64encode(KEY.encode()).decode()
        request = urllib.request.Request(
            self.url,
            data=json.dumps([[command, parameters, "t"]]).encode(),
            headers={"Authorization": f"X-Dovecot-API {key}"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            ((kind, rows, _),) = json.load(answer)
        assert kind == "doveadmResponse", rows
        return rows

    @contextmanager
    def imap(self, account: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Log in as the account's owner does."""
        with imaplib.IMAP4(HOST, self.ports.imap, SECONDS) as session:
            session.login(account, PASSWORD)
            assert session.select(folder)[0] == "OK"
            yield session

    def put(self, content: bytes, account: str = "", flags: str = r"(\Seen $lab)") -> Wanted:
        """Store a message, with CR LF line ends, in INBOX; give it as evidence would."""
        account = account or self.holder
        with self.imap(account) as session:
            date = '" 5-Jan-2020 03:04:05 +0100"'
            status, told = session.append("INBOX", flags, date, content)
        assert status == "OK"
        uid = re.search(rb"APPENDUID \d+ (\d+)", told[0])[1].decode()
        fields = ["mailbox", "uid", "guid"]
        query = ["mailbox", "INBOX", "uid", uid]
        (row,) = self.doveadm("fetch", user=account, field=fields, query=query)
        return self.wanted(account, row, content)

    def wanted(self, account: str, row: dict[str, str], content: bytes) -> Wanted:
        """Give a stored message as evidence would."""
        self._count += 1
        return Wanted(
            id=f"f{self._count}",
            account=account,
            folder=row["mailbox"],
            file=self._file(account, row),
            guid=row["guid"],
            uid=int(row["uid"]),
            header_hash=header_hash(content, frozenset()),
        )

    def _file(self, account: str, row: dict[str, str]) -> str:
        local, _, domain = account.partition("@")
        box = self.root / "vmail" / domain / local / "Maildir"
        found = [*box.glob(f"cur/{row['guid']}*"), *box.glob(f"new/{row['guid']}*")]
        return str(found[0].relative_to(box)).partition(":2,")[0] if found else f"uid={row['uid']}"

    def parcel(self, content: bytes, account: str = "", folder: str = "INBOX") -> Parcel:
        """Give what is to arrive, with a key of its own."""
        self._count += 1
        return Parcel(f"case1-{self._count}", account or self.owner, folder, content, DATE)

    def mail(self, account: str, folder: str = "INBOX") -> list[Seen]:
        """Give what the owner of an account sees."""
        with self.imap(account, folder) as session:
            _, told = session.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
        found = [one for one in told if isinstance(one, tuple)]
        return [
            Seen(
                content,
                re.search(rb'INTERNALDATE "([^"]+)"', head)[1].decode(),
                tuple(
                    sorted(
                        one.decode()
                        for one in re.search(rb"FLAGS \(([^)]*)\)", head)[1].split()
                        if one != rb"\Recent"
                    )
                ),
            )
            for head, content in found
        ]

    @contextmanager
    def locked(self, account: str) -> Iterator[None]:
        """Let nothing be stored in an account that has mail."""
        local, _, domain = account.partition("@")
        home = self.root / "vmail" / domain / local
        if self.store == "maildir":
            lock = home / "Maildir" / "dovecot-uidlist.lock"
            lock.touch()
            try:
                yield
            finally:
                lock.unlink()
        else:
            with (home / "mdbox/storage/dovecot.map.index.log").open("r+b") as log:
                fcntl.lockf(log, fcntl.LOCK_EX)
                yield

    def staging(self) -> list[str]:
        """Give the folders of the staging account that are Postwarden's."""
        rows = self.doveadm("mailboxList", user=STAGING)
        return [row["mailbox"] for row in rows if row["mailbox"].startswith("postwarden")]


class Way(NamedTuple):
    """A route to try the contract on, and the Dovecot below it."""

    rig: Rig
    route: Route


@contextmanager
def running(store: str) -> Iterator[Rig]:
    """Give a Dovecot that lives as long as the context."""
    root = Path(tempfile.mkdtemp(prefix="rig-"))
    root.chmod(0o755)
    try:
        rig = Rig(root, store)
        with served(rig):
            yield rig
    finally:
        shutil.rmtree(root)


@contextmanager
def served(rig: Rig) -> Iterator[None]:
    """Let a Dovecot run as long as the context."""
    try:
        rig.start()
        yield
    finally:
        rig.stop()


ROUTES = {
    "dovecot-maildir": ("maildir", Rig.dovecot),
    "dovecot-mdbox": ("mdbox", Rig.dovecot),
    "files": ("maildir", Rig.files),
}
