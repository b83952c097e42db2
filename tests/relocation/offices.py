"""Whoever puts copies where they belong, with all that this needs, in a folder of a test."""

from pathlib import Path

from holds.conftest import ORGANISATIONS, PEOPLE
from people.conftest import NOW, Records
from postwarden.cases import service as cases
from postwarden.custody.quarantine.identities import identities_in, make_key_file, recipient_of
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.service import Plans, Quarantine, consent
from postwarden.ledger.service import Ledger
from postwarden.people.service import add, challenge, enrol, member
from postwarden.relocation.service import Counted, Outside, RepairDesk, RestoreDesk, Seen
from postwarden.sources.service import header_hash

HOUR = 3_600_000_000


def header(content):
    """Know a message as the provider's evidence does."""
    return header_hash(content, frozenset({"mx.example.net"}))


def in_inbox(_store, _account, _content):
    """File as accounts without a filter do."""
    return "INBOX"


def _not(_seconds):
    """Rest not at all."""


class Office:
    """A desk of repairs on a state that was opened; `host` stands for another one of the same state."""

    def __init__(self, state, folder, routes, clock, host="", ledger=Ledger, rest=_not):
        self.folder, self.clock = Path(folder), clock
        self.key = str(self.folder / "key.age")
        if not Path(self.key).exists():
            make_key_file(self.key)
        locks = self.folder / f"locks{host}"
        locks.mkdir(exist_ok=True)
        self.preserved = set()
        self.ledger = ledger(state, "example.net/postwarden")
        self.cases = cases.Desk(self.ledger, ORGANISATIONS)
        kept = QuarantineSettings(str(self.folder / "quarantine"), (recipient_of(self.key),))
        self.box = Quarantine(self.ledger, kept)
        outside = Outside(
            routes, lambda _: frozenset(self.preserved), in_inbox, header, clock, str(locks), rest
        )
        plans = Plans(self.ledger, self.cases.organisation_of)
        self.desk = RepairDesk(self.cases, plans, self.box, outside)
        self.restores = RestoreDesk(self.cases, plans, self.box, outside)

    def people(self, key):
        """Let there be who plans, and who approves with this key."""
        for name, grant in PEOPLE.items():
            add(name, name.title(), [grant], "anna", Records(), NOW)
        enrol("ben", key.public, key.sign(challenge("ben", key.public)), "anna", Records(), NOW)

    def case(self):
        opening = cases.Opening(cases.Kind.MISDELIVERY, "astray")
        return cases.open_case(self.cases, member("anna"), opening, self.clock()).reference

    def approved(self, case, repairs, key):
        """Give a plan of repairs that somebody else has approved."""
        seen = Seen("snapshot", "0" * 64, None, None)
        counted = Counted(seen, (), (), tuple(sorted(one.copy.id for one in repairs)))
        return self.signed(self.desk.plan(case, "astray", repairs, counted, member("anna")), key)

    def signed(self, plan, key, who="ben"):
        """Let somebody else approve a plan; give it."""
        expires = self.clock() + 12 * HOUR
        signature = key.sign(consent(plan.hash, len(plan.acts), expires))
        return self.desk.plans.approve(plan.hash, who, expires, signature, self.clock())

    def run(self, plan):
        """Begin it, or go on with it, and carry it out as far as it goes at once."""
        self.desk.run(plan, member("anna"))
        return self.desk.carry(plan)

    def restore(self, plan, after=lambda _: None):
        """Put copies back, as far as it goes at once."""
        identities = identities_in(self.key)
        return self.restores.run(plan, identities, member("anna"), after)

    def opened(self, case):
        return self.box.unlock(case, identities_in(self.key))
