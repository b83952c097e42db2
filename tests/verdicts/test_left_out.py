"""Whom a wrong map left out: a group led to some of its own members, so that nothing lies in a wrong mailbox."""

from dataclasses import replace

import pytest

from postwarden.configuration import load
from postwarden.evidence.service import Engine, latest
from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.facts import Citation, Destination
from postwarden.verdicts.left_out import LeftOut, left_out, with_left_out
from postwarden.verdicts.queuefiles import QueueFiles
from postwarden.verdicts.reached import whole_seconds
from postwarden.verdicts.service import Examination, Finding, Question, Verdict
from postwarden.vocabulary import from_rfc3339
from postwarden.wiring import installation
from verdicts.small_evidence import ACCOUNTS, Recipient, Transaction, write
from worlds.examined import scanned

ANN, BEN, COR = ACCOUNTS
INFO, TEAM, DESK, OLD = (
    "info@example.test",
    "team@example.test",
    "desk@example.test",
    "ben.old@example.test",
)
DAY = (from_rfc3339("2026-11-20T00:00:00Z"), from_rfc3339("2026-11-21T00:00:00Z"))


def to(account, original=TEAM, *, deleted=False, postfix=True):
    return Recipient(original, account, account, None if deleted else account, postfix, True)


def mail(number, *recipients):
    return Transaction(recipients, "out.shop.test[198.51.100.1]", number, None, True)


EVERY = [
    mail(0, to(ANN)),
    mail(1, to(ANN), to(BEN)),
    mail(2, to(ANN), to(BEN, DESK)),
    mail(3, to(ANN), to(COR)),
    mail(4, to(ANN, deleted=True)),
    mail(5, to(ANN), to(BEN, deleted=True)),
    mail(6, to(ANN), to(COR, COR, postfix=False)),
    mail(7, to(ANN, "team+x@example.test")),
    mail(8, to(ANN, ANN)),
    mail(9, to(ANN, INFO), to(ANN, DESK)),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Give what answers questions about one snapshot."""
    place = tmp_path_factory.mktemp("left-out")
    write(place, EVERY, named=True)
    folder, about = scanned(place), installation(load(str(place / "postwarden.toml")))
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        examination = Examination(engine, latest(str(folder.parent)), about)
        yield lambda **question: list(examination.findings(Question(**question)))


@pytest.fixture(scope="module")
def findings(asked):
    return asked(fault=DAY)


def test_who_was_left_out_stands_on_the_copy_of_one_who_got_it(findings):
    told = {one.message_id: one for one in findings if one.leaves_out}
    assert sorted(told) == ["<m0@shop.test>", "<m3@shop.test>", "<m7@shop.test>", "<m9@shop.test>"]
    for one in told.values():
        assert (one.account, one.verdict, one.lacking) == (ANN, Verdict.RIGHTFUL, (BEN,))
        assert (one.rightful, one.has_rightful_copy, one.wrong) == ((ANN, BEN), False, False)
    reason = told["<m0@shop.test>"].reasons[-1]
    assert (reason.code, dict(reason.values)) == ("left-out", {"address": TEAM, "accounts": BEN})
    assert {one.file for one in reason.citations} == {"mail.log", "virtual", "users"}


def test_one_copy_that_came_for_two_addresses_does_not_hide_whom_one_of_them_is_meant_for(findings):
    (told,) = [one for one in findings if one.message_id == "<m9@shop.test>"]
    assert (told.account, told.verdict, told.lacking) == (ANN, Verdict.RIGHTFUL, (BEN,))
    assert dict(told.reasons[-1].values) == {"address": DESK, "accounts": BEN}


def test_a_wrong_copy_of_the_message_names_them_as_well(findings):
    (wrong,) = [one for one in findings if one.verdict is Verdict.MISDELIVERED]
    assert (wrong.account, wrong.rightful, wrong.lacking) == (COR, (ANN, BEN), (BEN,))


def test_every_copy_is_given_once_and_none_is_lost_by_looking(asked, findings):
    everything = asked(everything=True)
    looked = asked(everything=True, fault=DAY)
    assert sorted(one.id for one in looked) == sorted(one.id for one in everything)
    verdicts = {one.id: one.verdict for one in everything}
    assert {one.id: one.verdict for one in looked} == verdicts
    leaving = {one.id: one.lacking for one in looked if one.leaves_out}
    assert leaving == {one.id: one.lacking for one in findings if one.leaves_out}


def test_nothing_is_asked_outside_the_time_of_the_fault(asked):
    before = (DAY[0], from_rfc3339("2026-11-20T09:00:00Z"))
    assert not any(one.leaves_out for one in asked(fault=before))


class Map:
    """Leads the team to Ann and Ben, and each account to itself."""

    def __init__(self, **changed):
        self.team = replace(
            Destination(frozenset({ANN, BEN}), citations=(Citation("map", 1),)), **changed
        )

    def destination(self, address, _):
        return self.team if address == TEAM else Destination(frozenset({address}))

    def account_of(self, address, _):
        return address if address in (*ACCOUNTS, OLD) else None

    def later_names(self, accounts, _):
        return frozenset({BEN} if OLD in accounts else ())


def line(**said):
    values = {**dict.fromkeys(DeliveryRecord._fields), "server": "postfix", "status": "sent"}
    named = {"queue_id": "4Q1", "recipients": 1, "time": 1, "file": "mail.log", "line": 1}
    return DeliveryRecord(
        **{**values, **named, "recipient": ANN, "original_recipient": TEAM, **said}
    )


def missing(*lines, where=None):
    return [sorted(one.accounts) for one in left_out(QueueFiles(lines), "4Q1", where or Map())]


def test_who_is_named_by_no_line_is_left_out():
    assert missing(line()) == [[BEN]]


@pytest.mark.parametrize("status", ["sent", "deferred", "bounced", "held"])
def test_whom_any_line_names_may_still_get_it_or_was_refused(status):
    assert missing(line(recipients=2), line(recipients=2, recipient=BEN, status=status)) == []


@pytest.mark.parametrize("status", ["deferred", "bounced"])
def test_an_address_whose_delivery_is_not_done_leaves_nobody_out_yet(status):
    assert missing(line(recipient=COR, status=status)) == []
    waited = line(recipient=COR, status=status), line(recipient=COR, time=2)
    assert missing(*waited) == [[ANN, BEN]]


def test_of_one_second_the_line_that_was_written_last_counts():
    """Logs cut times, and rows come in any order."""
    waited = line(status="deferred", line=1), line(line=2)
    assert missing(*waited) == missing(*reversed(waited)) == [[BEN]]


def test_who_was_called_otherwise_then_got_it():
    where = Map(accounts=frozenset({ANN, OLD, BEN, COR}))
    assert missing(line(recipient=OLD), where=where) == [[ANN, COR]]


def test_lines_that_are_missing_may_name_them():
    assert missing(line(recipients=2)) == []
    assert missing(line(recipients=None)) == []


def test_a_file_that_went_on_as_another_names_them_there():
    on = line(recipient=TEAM, original_recipient=None, next_queue_id="4Q2", agent="lmtp")
    ben = line(queue_id="4Q2", recipient=BEN, original_recipient=TEAM)
    assert missing(on, ben) == [[ANN]]


def test_whom_dovecot_names_got_it():
    sent = line(recipient="catch@example.test", session_id="s")
    opened = line(server="dovecot", queue_id=None, session_id="s", account=BEN, status="saved")
    assert missing(sent, opened) == [[ANN]]


@pytest.mark.parametrize(
    "open_", [{"covered": False}, {"foreign": True}, {"managed": True}, {"known": False}]
)
def test_an_address_that_the_directory_does_not_decide_leaves_nobody_out(open_):
    assert missing(line(), where=Map(**open_)) == []


RIGHT = Finding(
    id="a",
    store="main",
    account=ANN,
    folder="INBOX",
    file="new/1",
    message_id="<1@shop.test>",
    verdict=Verdict.RIGHTFUL,
    rightful=(ANN,),
    original_recipients=(TEAM,),
    queue_id="4Q1",
    accepted_at=None,
    delivered_at=None,
)
LEFT = LeftOut("4Q1", TEAM, frozenset({ANN, BEN, COR}), frozenset({BEN, COR}), ())


def test_of_several_copies_one_names_them_and_only_those_who_have_none():
    other = replace(RIGHT, id="b")
    found = list(with_left_out([(other, [LEFT]), (RIGHT, [LEFT])], lambda _, who: who == COR))
    assert [(one.id, one.lacking) for one in found] == [("a", (BEN,)), ("b", ())]
    assert found[0].rightful == ACCOUNTS


def test_a_copy_that_came_for_another_address_does_not_name_them():
    """Its trace may tell of a recipient that the others are not to know of."""
    found = list(
        with_left_out([(replace(RIGHT, original_recipients=(ANN,)), [LEFT])], lambda *_: False)
    )
    assert found[0].lacking == ()


def test_a_fault_begins_with_its_first_second_as_logs_without_fractions_have_it():
    assert whole_seconds((1_700_000, 2_500_000)) == (1_000_000, 2_500_000)
    assert whole_seconds((None, None)) == (None, None)
