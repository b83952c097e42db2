"""A desk with people of every kind, and short words for what tests do with it."""

from types import SimpleNamespace

import pytest
from django.db import transaction

from people.conftest import NOW, Records
from postwarden.cases import service as cases
from postwarden.ledger.service import Ledger
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member
from postwarden.people.settings import Organisation, Organisations
from postwarden.verdicts.service import Finding, Reason, Verdict

HOUR = 3_600_000_000
ORGANISATIONS = Organisations(
    (
        Organisation("home", "Example Mail", ("example.net", "example.org")),
        Organisation("brand", "Brand Mail", ("brand.test",)),
    )
)
PEOPLE = {
    "anna": Grant(Role.POSTMASTER, EVERYWHERE),
    "dora": Grant(Role.OFFICER, EVERYWHERE),
    "ben": Grant(Role.OFFICER, "home"),
    "cleo": Grant(Role.OFFICER, "brand"),
    "hana": Grant(Role.HELPDESK, "brand"),
    "rolf": Grant(Role.READER, "brand"),
}


class Book:
    """The room as a test uses it: somebody acts, one second passes."""

    def __init__(self, settings, contributions=()):
        with transaction.atomic():
            for name, grant in PEOPLE.items():
                add(name, name.title(), [grant], "anna", Records(), NOW)
        self.settings = settings
        self.ledger = Ledger(settings.path, "example.net/postwarden")
        self.desk = cases.Desk(self.ledger, ORGANISATIONS, tuple(contributions))
        self.now = NOW

    def __call__(self, function, *words, who="anna", **named):
        self.now += 1_000_000
        return function(self.desk, member(who), *words, now=self.now, **named)

    def open(self, *organisations, kind=cases.Kind.MISDELIVERY, who="anna", title="astray"):
        return self(cases.open_case, cases.Opening(kind, title, organisations), who=who).reference

    def file(self, name, who="anna"):
        return cases.case_file(member(who), name)

    def states(self, name):
        return {account: str(state) for account, state in self.file(name).case.accounts.items()}

    def report(self, reference, account, who="anna", **told):
        telling = cases.Telling(account, told.pop("received", self.now), **told)
        return self(cases.add_report, reference, telling, who=who)

    def take(self, reference, *findings, snapshot="s1", who="anna", **told):
        boxes = frozenset(told.pop("mailboxes", {one.account for one in findings}))
        taken = cases.Taken(snapshot, boxes, findings, **told)
        return self(cases.take_findings, reference, taken, who=who)

    def acts(self):
        return [(one.act, one.case, one.facts.get("person")) for one in self.ledger.entries()]


def finding(name, account, verdict=Verdict.MISDELIVERED, **told):
    facts = SimpleNamespace(
        **{
            "message_id": f"<{name}@shop.test>",
            "rightful": ("ivy@example.net",),
            "at": NOW,
            **told,
        }
    )
    return Finding(
        id=name,
        store="main",
        account=account,
        folder="INBOX",
        file=f"cur/{name}",
        message_id=facts.message_id,
        verdict=verdict,
        rightful=facts.rightful,
        original_recipients=("sales@example.net",),
        queue_id="4XYZ",
        accepted_at=facts.at,
        delivered_at=facts.at,
        reasons=(Reason("elsewhere"),),
    )


@pytest.fixture
def book(state):
    return Book(state)


@pytest.fixture
def book_on_sqlite(on_sqlite):
    return Book(on_sqlite)
