"""Whose own delivery of a message counts, and whose does not."""

from dataclasses import replace

import pytest

from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.holding import Stored, held
from postwarden.verdicts.service import Finding, Reason, Verdict

ANN, BEN, CARL = (f"{name}@example.test" for name in ("ann", "ben", "carl"))
ID = "<1@shop.test>"
FINDING = Finding(
    id="wrong",
    store="main",
    account=BEN,
    folder="INBOX",
    file="new/1",
    message_id=ID,
    verdict=Verdict.MISDELIVERED,
    rightful=(ANN,),
    original_recipients=(ANN,),
    queue_id="4Q1",
    accepted_at=None,
    delivered_at=None,
)


def line(**said):
    values = dict.fromkeys(DeliveryRecord._fields)
    return DeliveryRecord(
        **{**values, "server": "postfix", "status": "sent", "message_id": ID, **said}
    )


def lmtp(account, session, queue="4Q1"):
    """What both servers say of one delivery."""
    return [
        line(queue_id=queue, recipient=account, session_id=session),
        line(server="dovecot", status="saved", account=account, session_id=session),
    ]


def who(lines, copies=((BEN, ID),), findings=(FINDING,)):
    stored = [Stored(*one) for one in copies]
    return held(findings, lines, stored, lambda address, _: address or None)["wrong"]


def test_a_recipient_of_the_same_queue_file_had_their_own():
    assert who([*lmtp(BEN, "s"), *lmtp(ANN, "s")]) == {ANN}
    assert who([*lmtp(BEN, "s1"), *lmtp(ANN, "s2")]) == {ANN}


def test_so_had_one_whom_postfix_itself_delivered_to():
    assert who([line(queue_id="4Q1", recipient=one) for one in (BEN, ANN)]) == {ANN}


def test_another_message_with_the_same_message_id_is_not_it():
    assert who([*lmtp(BEN, "s"), *lmtp(ANN, "t", queue="4Qforged")]) == frozenset()
    assert who([*lmtp(BEN, "s"), line(queue_id="4Qforged", recipient=ANN)]) == frozenset()


@pytest.mark.parametrize("order", [1, -1])
def test_queue_files_that_went_on_as_each_other_are_one_message(order):
    ways = [
        line(queue_id="4Q0", recipient=BEN, next_queue_id="4Q1"),
        line(queue_id="4Q0", recipient=ANN, next_queue_id="4Q2"),
        line(queue_id="4Q2", recipient=ANN, next_queue_id="4Q3"),
    ][::order]
    assert who([*ways, *lmtp(BEN, "s"), *lmtp(ANN, "t", queue="4Q3")]) == {ANN}


def test_where_no_queue_file_is_known_nothing_counts():
    finding = replace(FINDING, queue_id=None)
    assert who([*lmtp(BEN, "s"), *lmtp(ANN, "s")], findings=[finding]) == frozenset()


def test_what_dovecot_stored_elsewhere_postfix_does_not_know():
    opened = line(server="dovecot", status="saved", account=BEN, session_id="s")
    assert who([line(queue_id="4Q1", recipient=ANN, session_id="s"), opened]) == frozenset()


@pytest.mark.parametrize("own", [0, 1])
def test_a_delivery_that_brought_the_wrong_copy_is_nobodys_own(own):
    """The file of what Dovecot saved for Ann lies in the home of Ben, who may have one of his own."""
    lines = [*lmtp(ANN, "s"), *lmtp(BEN, "s") * own]
    assert who(lines, copies=[(BEN, ID)] * (1 + own)) == frozenset()


@pytest.mark.parametrize(("told", "had"), [(BEN, {ANN}), (ANN, frozenset())])
def test_a_copy_that_its_holder_made_is_no_delivery_of_somebody_else_s(told, had):
    """Dovecot keeps the file's name when it copies; a file that was saved for another lies in a wrong home."""
    reason = Reason("delivered-storage-id", (("account", told),))
    both = [replace(FINDING, reasons=(reason,)), replace(FINDING, id="copied", reasons=(reason,))]
    lines = [*lmtp(BEN, "s"), *lmtp(ANN, "s")]
    assert who(lines, [(BEN, ID)] * 2, both) == had


def test_who_holds_a_wrong_copy_too_never_had_their_own():
    other = replace(FINDING, id="other", account=ANN, rightful=(CARL,))
    lines = [*lmtp(BEN, "s"), *lmtp(ANN, "s")]
    assert who(lines, [(BEN, ID), (ANN, ID)], [FINDING, other]) == frozenset()
