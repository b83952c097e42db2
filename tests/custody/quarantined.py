"""A quarantine of its own for a test, and copies to put into it."""

from pyrage import x25519

from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.service import Kept, Quarantine
from postwarden.ledger.service import Ledger

NOW = 1_790_000_000_000_000
DAY = 24 * 3_600_000_000
CASE = "2026-0001"
CANARY = b"canary-of-a-letter"


def copy(number=0, **changed):
    told = Kept(
        content=b"Subject: %s\r\n\r\n\xff\x00 number %d\r\n" % (CANARY, number),
        internal_date=NOW - number,
        flags=("\\Answered", "\\Seen"),
        keywords=("$Forwarded",),
        account="eva.canary@example.net",
        folder="INBOX/Rechnungen",
    )
    return told._replace(**changed)


class Place:
    """A quarantine with two people's keys, either of which opens it."""

    def __init__(self, state, folder):
        self.identities = [x25519.Identity.generate() for _ in range(2)]
        self.state, self.folder = state, folder / "quarantine"
        self.ledger = Ledger(state.path, "example.net/postwarden")
        recipients = tuple(str(one.to_public()) for one in self.identities)
        self.settings = QuarantineSettings(str(self.folder), recipients, days=30)
        self.quarantine = Quarantine(self.ledger, self.settings)

    def put(self, *copies, case=CASE, now=NOW):
        return self.quarantine.put(case, copies, now)

    def read(self, stored, case=CASE):
        opened = self.quarantine.unlock(case, [str(self.identities[1])])
        return [opened.read(one.name) for one in stored]

    def whole(self, stored, case=CASE):
        return self.quarantine.whole(case, stored)

    def file(self, stored, case=CASE):
        return self.folder / case / stored.name[:2] / f"{stored.name}.age"

    def files(self):
        return sorted(one for one in self.folder.rglob("*") if one.is_file())

    def entries(self, act=None):
        found = [(one.act, one.facts) for one in self.ledger.entries()]
        return [facts for name, facts in found if name == act] if act else [a for a, _ in found]
