"""A message that the server stored twice for one delivery: which copy is superfluous, and which never is."""

from dataclasses import replace
from itertools import permutations, product

import pytest

from postwarden.configuration import load
from postwarden.evidence.service import Engine, latest
from postwarden.sources.service import CopyRecord, DeliveryRecord
from postwarden.verdicts.duplicates import Delivered, duplicates, is_for_one_address, line_of
from postwarden.verdicts.queuefiles import QueueFiles
from postwarden.verdicts.service import Examination, Exposure, Finding, Question, Verdict
from postwarden.vocabulary import from_rfc3339
from postwarden.wiring import installation
from verdicts.small_evidence import ACCOUNTS, Recipient, Transaction, write
from worlds.examined import scanned

ANN, BEN, _ = ACCOUNTS
FINDING = Finding(
    id="a",
    store="main",
    account=ANN,
    folder="INBOX",
    file="cur/a",
    message_id="<1@shop.test>",
    verdict=Verdict.RIGHTFUL,
    rightful=(ANN,),
    original_recipients=(ANN,),
    queue_id="4Q1",
    accepted_at=0,
    delivered_at=0,
)


def line(number=1, **said):
    values = dict.fromkeys(DeliveryRecord._fields)
    dovecot = {"server": "dovecot", "status": "saved", "account": ANN, "session_id": f"s{number}"}
    return DeliveryRecord(**{**values, **dovecot, "file": "dovecot.log", "line": number, **said})


def copy(name, **said):
    values = {**dict.fromkeys(CopyRecord._fields), "store": "main", "account": ANN}
    place = {"folder": "INBOX", "file": f"cur/{name}", "flags": "", "keywords": "", "size": 9}
    mail = {"message_id": "<1@shop.test>", "queue_id": "4Q1", "header_hash": "h", "header_size": 4}
    return CopyRecord(**{**values, **place, **mail, "lmtp_id": f"s{name}", **said})


def delivered(name, *, at=0, told=True, seen=None, **said):
    finding = replace(FINDING, id=str(name), delivered_at=at, exposure=seen or Exposure())
    return Delivered(finding, copy(name, **said), line(name) if told else None)


def superfluous(*some):
    return {one: found.duplicate_of for one, found in duplicates(some).items()}


def test_the_later_of_two_untouched_ones_is_superfluous():
    assert superfluous(delivered(2, at=1), delivered(1, at=9)) == {"1": "2"}
    (found,) = duplicates([delivered(1), delivered(2, at=5)]).values()
    assert (found.verdict, found.wrong, found.reasons[-1].code) == (
        Verdict.RIGHTFUL,
        False,
        "duplicate",
    )
    assert [one.line for one in found.reasons[-1].citations] == [2, 1]


@pytest.mark.parametrize(
    "used",
    [
        {"flags": "S"},
        {"keywords": "urgent"},
        {"folder": "Archive"},
        {"seen": Exposure(opened=True)},
        {"seen": Exposure(downloaded=True)},
    ],
)
def test_one_that_its_holder_touched_stays(used):
    assert superfluous(delivered(1, at=1), delivered(2, at=9, **used)) == {"1": "2"}
    assert superfluous(delivered(1, **used), delivered(2, **used)) == {}


def test_what_no_line_of_dovecot_s_names_is_perhaps_the_holder_s_own_copy():
    assert superfluous(delivered(1), delivered(2, told=False)) == {}
    assert superfluous(delivered(1), delivered(1)) == {}


def test_what_a_holder_copied_is_theirs_and_so_is_what_it_was_copied_from():
    copied = delivered(1, folder="Later"), delivered(1), delivered(2, flags="S")
    assert superfluous(*copied) == {}
    assert superfluous(*copied[:2], delivered(2, at=9)) == {"2": "1"}


def saved(name, session, folder, **said):
    """A copy that a session of Dovecot's stored in a folder, where it lies."""
    told = line(name, session_id=session, folder=folder)
    return delivered(name, at=name, folder=folder, **said)._replace(line=told)


def test_what_a_holder_s_filter_filed_into_several_folders_is_theirs():
    filed = saved(1, "s", "INBOX"), saved(2, "s", "Archive", flags="S"), saved(3, "s", "Archive")
    assert superfluous(*filed) == {}
    assert superfluous(*filed[:2], saved(5, "t", "INBOX"), saved(6, "t", "Archive")) == {
        "5": "1",
        "6": "2",
    }


@pytest.mark.parametrize(
    "other",
    [
        {"queue_id": "4Q2"},
        {"message_id": "<2@shop.test>"},
        {"header_hash": "other"},
        {"size": 10},
        {"account": BEN},
        {"store": "second"},
    ],
)
def test_another_message_queue_file_or_mailbox_is_no_duplicate(other):
    assert superfluous(delivered(1), delivered(2, **other)) == {}


USES = ({}, {"flags": "S"}, {"told": False})


@pytest.mark.parametrize("uses", list(product(USES, repeat=3)))
def test_whatever_their_holder_did_one_stays_and_all_that_they_used(uses):
    some = [delivered(number, at=number, **use) for number, use in enumerate(uses, 1)]
    told = {frozenset(superfluous(*order)) for order in permutations(some)}
    (gone,) = told
    stay = [one for one in some if one.finding.id not in gone]
    proved = [one for one in some if one.line is not None]
    assert all(one.line is not None and not one.touched for one in some if one not in stay)
    assert [one for one in stay if one.line is not None] or not proved
    untouched = [one for one in proved if one in stay and not one.touched]
    assert len(untouched) <= (0 if any(one.touched for one in proved) else 1)


def test_a_line_that_names_files_is_of_that_file_alone():
    named = line(storage_id="1.M1P2.mx,S=9,W=9")
    assert line_of(copy(1, file="new/1.M1P2.mx,S=9,W=9"), [named], {}) == named
    assert line_of(copy(1, file="cur/1.M7P9.mx,S=9,W=9"), [named], {(ANN, "s1"): 1}) is None


def test_a_session_names_a_copy_that_is_alone_of_it():
    assert line_of(copy(1), [line()], {(ANN, "s1"): 1}) == line()
    assert line_of(copy(1), [line()], {(ANN, "s1"): 2}) is None
    assert line_of(copy(1), [line(), line(2)], {(ANN, "s1"): 1}) is None
    assert line_of(copy(1), [line(account=BEN)], {(ANN, "s1"): 1}) is None


class Plainly:
    """Leads each address to the account of its name."""

    def account_of(self, address, _):
        return address.replace("+x", "")


INFO = "info@example.test"


@pytest.mark.parametrize(
    ("to", "counted", "one"),
    [
        ([(ANN, None)], 1, True),
        ([(ANN, INFO)], 1, True),
        ([(ANN, None), (ANN, INFO)], 2, False),
        ([(ANN, INFO), (f"{ANN}+x", INFO)], 2, False),
        ([(ANN, INFO)], 2, False),
    ],
)
def test_two_addresses_explain_two_copies_and_so_may_a_lost_line(to, counted, one):
    lines = [
        line(
            server="postfix",
            status="sent",
            account=None,
            queue_id="4Q1",
            recipient=recipient,
            original_recipient=original,
            recipients=counted,
        )
        for recipient, original in to
    ]
    assert is_for_one_address(QueueFiles(lines), "4Q1", ANN, Plainly()) is one


def test_of_a_transaction_that_was_repeated_one_copy_is_named(tmp_path):
    """The agent answered too late: Postfix tried again, and Dovecot had stored it both times."""
    one = Recipient(ANN, ANN, ANN, ANN, True, True)
    mail = Transaction((one,), "out.shop.test[198.51.100.1]", 1, None, True)
    write(tmp_path, [mail, mail], named=True)
    queue = ("4jWCz0000001zX", "4jWCz0000000zX")
    log = tmp_path / "mail.log"
    lines = [one for one in log.read_text().splitlines(keepends=True) if queue[0] not in one]
    log.write_text("".join(lines))
    for file in (tmp_path / "vmail").rglob("new/*"):
        file.write_text(file.read_text().replace(*queue).replace("10:00:07", "10:00:00"))
    folder = scanned(tmp_path)
    about = installation(load(str(tmp_path / "postwarden.toml")))
    day = (from_rfc3339("2026-11-20T00:00:00Z"), from_rfc3339("2026-11-21T00:00:00Z"))
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        examination = Examination(engine, latest(str(folder.parent)), about)
        found = list(examination.findings(Question(everything=True, fault=day)))
    assert len(found) == 2
    first, second = sorted(found, key=lambda each: each.duplicate_of or "")
    assert {each.verdict for each in found} == {Verdict.RIGHTFUL}
    assert (first.duplicate_of, second.duplicate_of) == (None, first.id)
