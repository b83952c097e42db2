"""What candidates for a plan are told by a real snapshot with logs: who had theirs, and where mailboxes are."""

import pytest

from postwarden.configuration import load
from postwarden.evidence.service import Engine, latest
from postwarden.relocation.drafting.service import candidates, known_stores
from postwarden.verdicts.service import Examination, Question
from postwarden.wiring import installation
from verdicts.small_evidence import ACCOUNTS, Recipient, Transaction, write
from worlds.examined import scanned

ANN, BEN, COR = ACCOUNTS
TEAM = "team@example.test"


def mail(number, *recipients):
    return Transaction(recipients, "out.shop.test[198.51.100.1]", number, None, True)


def to(account, original=TEAM, opened=None, **changed):
    opened = opened or account
    told = {"home": opened, "postfix": True, "dovecot": True, **changed}
    return Recipient(original, account, opened, **told)


WRONG = to(COR)
EVERY = (
    mail(0, WRONG, to(ANN, home=None)),
    mail(1, WRONG),
    mail(1, to(ANN, ANN, home=None)),
    mail(2, to(ANN, opened=COR)),
    mail(3, WRONG, to(ANN, home=None, dovecot=False)),
    mail(4, to(BEN, "desk@example.test")),
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    place = tmp_path_factory.mktemp("gathered")
    write(place, EVERY, named=True)
    folder = scanned(place)
    about = installation(load(str(place / "postwarden.toml")))
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        yield engine, Examination(engine, latest(str(folder.parent)), about)


def test_who_had_a_message_by_the_logs_is_not_given_it_and_a_message_id_alone_proves_nothing(
    snapshot, on_sqlite
):
    engine, examination = snapshot
    found = candidates(engine, examination, list(examination.findings(Question())))
    told = {one.finding.message_id: one for one in found if one.copy is not None}
    assert {one.finding.account for one in told.values()} == {COR}
    assert {name: (set(one.held), one.lacking) for name, one in told.items()} == {
        "<m0@shop.test>": ({ANN}, [BEN]),
        "<m1@shop.test>": (set(), [ANN, BEN]),
        "<m2@shop.test>": (set(), [ANN, BEN]),
        "<m3@shop.test>": (set(), [ANN, BEN]),
    }


def test_a_mailbox_is_where_the_evidence_has_its_mail(snapshot):
    engine, _ = snapshot
    assert known_stores(engine, ACCOUNTS) == {BEN: ["store1"], COR: ["store1"]}
    assert known_stores(engine, ()) == {}
