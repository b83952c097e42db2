"""A hold desk with people, a Dovecot in memory, and short words for what tests do with them."""

import pytest

from people.conftest import NOW, KeyFile, Records
from postwarden.cases import service as cases
from postwarden.custody.service import consent
from postwarden.holds.service import Aligner, ControlError, HoldDesk, Scripts, Wish
from postwarden.ledger.service import Ledger
from postwarden.people.service import EVERYWHERE, Grant, Role, add, challenge, enrol, member
from postwarden.people.settings import Organisation, Organisations

ORGANISATIONS = Organisations(
    (
        Organisation("home", "Example Mail", ("example.net",), languages=("nl", "en")),
        Organisation("brand", "Brand Mail", ("brand.example",), languages=("de",)),
    )
)
PEOPLE = {
    "anna": Grant(Role.POSTMASTER, EVERYWHERE),
    "ben": Grant(Role.OFFICER, EVERYWHERE),
    "bram": Grant(Role.POSTMASTER, "brand"),
}


class FakeDovecot:
    """Implements `MailControl` in memory; `fail` makes the next calls fail, after they were done.

    `strange` accounts are unknown to it, and the scripts of `broken` ones can neither be read nor changed.
    """

    def __init__(self, error):
        self.live, self.boxes, self.cached = {}, {}, set()
        self.strange, self.broken = set(), set()
        self.fail, self.error = 0, error

    def _answered(self):
        if self.fail:
            self.fail -= 1
            raise self.error("no answer")

    def forget(self, accounts):
        self.cached -= set(accounts)
        self._answered()

    def sessions(self):
        self._answered()
        return dict(self.live)

    def end(self, accounts):
        for one in set(accounts) - self.nameless(accounts):
            self.live.pop(one, None)
        self._answered()

    def nameless(self, accounts):
        return frozenset(one for one in accounts if "*" in one)

    def scripts(self, accounts):
        self._answered()
        return {
            one: None if one in self.broken else Scripts(frozenset(names), active)
            for one in accounts
            if one not in self.strange
            for names, active in [self.boxes.get(one, (set(), None))]
        }

    def deactivate(self, accounts):
        for one in accounts:
            if one in self.boxes and one not in self.broken:
                self.boxes[one] = (self.boxes[one][0], None)
        self._answered()

    def activate(self, scripts):
        for one, name in scripts.items():
            if one not in self.broken:
                self.boxes[one] = (self.boxes[one][0], name)
        self._answered()


class Desk:
    """The room as a test uses it: one second passes with each act."""

    def __init__(self, settings, folder, control):
        for name, grant in PEOPLE.items():
            add(name, name.title(), [grant], "anna", Records(), NOW)
        self.ledger = Ledger(settings.path, "example.net/postwarden")
        self.cases = cases.Desk(self.ledger, ORGANISATIONS)
        self.folder = str(folder)
        self.desk = HoldDesk(self.cases, self.folder, lambda accounts: {})
        self.control = control
        self.time = NOW

    def now(self):
        self.time += 1_000_000
        return self.time

    def open_case(self):
        opening = cases.Opening(cases.Kind.MISDELIVERY, "astray")
        return cases.open_case(self.cases, member("anna"), opening, self.now()).reference

    def hold(self, *accounts, case="", who="anna", **more):
        wish = Wish(accounts, case, "because", **more)
        planned = self.desk.hold(wish, member(who), self.now())
        return self.desk.carry(planned.plan.hash, self.now)

    def plan_release(self, *accounts, case="", **more):
        wish = Wish(accounts, case, "clean", **more)
        return self.desk.release(wish, member("anna"), self.now()).plan

    def approve(self, plan, key):
        expires = self.now() + 3_600_000_000
        signature = key.sign(consent(plan.hash, len(plan.acts), expires))
        self.desk.approve(plan.hash, member("ben"), expires, signature, self.now())
        return self.desk.carry(plan.hash, self.now)

    def align(self, seconds=11):
        self.time += seconds * 1_000_000
        Aligner(self.desk, self.control, self.now).run()

    def acts(self):
        return [one.act for one in self.ledger.entries()]


@pytest.fixture
def dovecot():
    return FakeDovecot(ControlError)


@pytest.fixture
def desk(state, tmp_path, dovecot):
    return Desk(state, tmp_path / "holds", dovecot)


@pytest.fixture
def quick_desk(on_sqlite, tmp_path, dovecot):
    return Desk(on_sqlite, tmp_path / "holds", dovecot)


@pytest.fixture
def key(desk, make_key):
    return _enrolled(make_key)


@pytest.fixture
def quick_key(quick_desk, make_key):
    return _enrolled(make_key)


def _enrolled(make_key):
    made = make_key()
    proof = made.sign(challenge("ben", made.public))
    enrol("ben", made.public, proof, "anna", Records(), NOW)
    return made


@pytest.fixture
def make_key(tmp_path):
    return lambda: KeyFile(tmp_path)
