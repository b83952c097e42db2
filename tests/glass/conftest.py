"""A desk whose store is a dictionary, and people with keys."""

import pytest

from cases.conftest import Book
from people.conftest import KeyFile, Records
from postwarden.glass.service import Fetcher, GlassDesk, Readings, Wish, consent
from postwarden.people.service import Grant, Role, challenge, enrol, member
from postwarden.people.service import add as add_member
from postwarden.relocation.service import Absence, Original, Wanted

IVY = "ivy@example.net"
WHY = "The holder says that a letter in it threatens her; counsel has to know."
COPY = Wanted("f1", IVY, "INBOX", "cur/1", "g1", 7, "aa")
OTHER = COPY._replace(id="f2", file="cur/2", guid="g2", header_hash="bb")


def mail(*lines):
    return "\r\n".join(("From: a@shop.test", "Subject: hello", *lines)).encode()


class Glasses:
    """The room as a test uses it: somebody acts, one second passes."""

    def __init__(self, settings, folder, desk=None):
        self.book = Book(settings)
        self.book.desk = desk or self.book.desk
        add_member("lena", "Lena", [Grant(Role.COUNSEL, "home")], "anna", Records(), self.book.now)
        self.case = self.book.open("home")
        self.store = {"aa": mail("", "good morning"), "bb": mail("", "good night")}
        self.read_of = []
        self.desk = GlassDesk(self.book.desk)
        self.readings = Readings(self.book.desk)
        self.fetcher = Fetcher(self.book.desk, self._read, self.now)
        self.keys = {name: KeyFile(folder) for name in ("anna", "ben", "lena")}
        for name, key in self.keys.items():
            enrol(
                name,
                key.public,
                key.sign(challenge(name, key.public)),
                name,
                Records(),
                self.book.now,
            )

    def _read(self, store, wanted):
        self.read_of.append((store, wanted))
        content = self.store.get(wanted.header_hash)
        if content is None:
            return Absence.GONE
        return Original(content, 0, (), (), wanted.folder)

    def now(self, seconds=1):
        self.book.now += seconds * 1_000_000
        return self.book.now

    def ask(self, who="ben", copy=COPY, **told):
        wish = Wish(
            **{"case": self.case, "why": WHY, "minutes": 15, "store": "main", "copy": copy, **told}
        )
        return self.desk.ask(wish, member(who), self.now())

    def grant(self, glass, who="lena", signed=None):
        key = self.keys[who]
        signature = key.sign(consent((signed or glass).asked))
        return self.desk.grant(glass.asked.hash, member(who), signature, self.now())

    def begin(self, glass, who="ben", after=1):
        return self.readings.begin(glass.asked.hash, member(who), self.now(after))

    def reading(self, glass, who="ben"):
        return self.readings.one(glass.asked.hash, member(who), self.now())

    def show(self, glass, secret, who="ben", after=1):
        return self.readings.show(glass.asked.hash, secret, member(who), self.now(after))

    def read(self, glass, who="ben", after=1):
        """Ask for it, let the worker fetch it at once, and see it."""
        secret = self.begin(glass, who, after)
        self.fetcher.run()
        return self.show(glass, secret, who)

    def acts(self):
        return [one.act for one in self.book.ledger.entries() if one.act.startswith("glass.")]


@pytest.fixture
def glasses(on_sqlite, tmp_path):
    return Glasses(on_sqlite, tmp_path)
