"""What holders do with their mail, rightful or not, and what an operator does with mailboxes."""

import poplib

from realmail.cast import ONE, PASSWORDS
from realmail.day import Day, at
from realmail.messages import Message
from realmail.reader import Reader
from realmail.truth import Row


def use_mailboxes(day: Day) -> None:
    """Let the holders do what people do with their mail, rightful or not."""
    _ben_reads(day)
    _read_by_pop3(day)
    _anna_writes(day)
    _anna_drags_to_her_other_account(day)
    _ben_drags_a_wrong_one_along(day)
    _emil_resends_to_the_owner(day)
    day.pair.wait_for_empty_queue()


def _ben_reads(day: Day) -> None:
    ben = at("ben")
    first, second, third, *rest = day.wrong(ben)
    own, other, *_ = day.right(ben)
    with Reader(day.pair, ben) as reader:
        reader.list_all()
        for row in day.truth.here(ben):
            row.acts.append("listed")
        for row in (first, second, third, own):
            reader.open(row.message_id)
            row.acts.append("opened")
        reader.peek_header(rest[0].message_id)
        reader.create("Archive")
        for row in (first, own):
            reader.move(row.message_id, "Archive")
            row.folder = "Archive"
            row.acts.append("moved")
        reader.copy(second.message_id, "Archive")
        second.acts.append("copied")
        day.truth.add(second, ben, "Archive", "misdelivered", act="copy", second_hand=None)
        for row in (third, other):
            reader.delete(row.message_id)
            row.gone = True


def _read_by_pop3(day: Day) -> None:
    emil, gus = at("emil"), at("gus")
    for account, act in ((emil, "retrieved"), (gus, "topped")):
        pop = poplib.POP3("127.0.0.1", day.pair.ports.pop3)
        pop.user(account)
        pop.pass_(PASSWORDS[account])
        for number in range(1, pop.stat()[0] + 1):
            pop.retr(number) if act == "retrieved" else pop.top(number, 0)
        for row in day.truth.here(account):
            row.acts.append(act)
        pop.quit()


def _anna_writes(day: Day) -> None:
    anna = at("anna")
    sent, draft, old = (day.next_message() for _ in range(3))
    day.submit(anna, at("ben"), sent, "submission")
    forged = (
        b"Received: from x by mx1.example.test (Postfix) with ESMTP id 4jX9aaaaaaaaaaa\r\n\tfor <"
    )
    with Reader(day.pair, anna) as reader:
        reader.append("Sent", sent.data, r"(\Seen)")
        reader.append("Drafts", draft.data, r"(\Draft)")
        reader.append("INBOX", forged + b"ben@example.test>; now\r\n" + old.data, age=10**7)
    for folder, message in (("Sent", sent), ("Drafts", draft), ("INBOX", old)):
        day.truth.rows.append(
            Row(anna, folder, message.message_id, "own", [anna], [], message.body_sha256, "append")
        )


def _anna_drags_to_her_other_account(day: Day) -> None:
    anna, private = at("anna"), at("anna.private", ONE)
    row = day.right(anna)[0]
    with Reader(day.pair, anna) as source, Reader(day.pair, private) as target:
        target.append("INBOX", source.open(row.message_id), r"(\Seen)", age=60)
        source.delete(row.message_id)
    row.acts += ["opened", "copied"]
    row.gone = True
    day.truth.add(row, private, "INBOX", "own", act="drag")


def _ben_drags_a_wrong_one_along(day: Day) -> None:
    ben, private = at("ben"), at("ben.private", ONE)
    row = day.wrong(ben)[-1]
    with Reader(day.pair, ben) as source, Reader(day.pair, private) as target:
        target.append("INBOX", source.open(row.message_id), r"(\Seen)", age=60)
    row.acts += ["opened", "copied"]
    day.truth.add(row, private, "INBOX", "misdelivered", second_hand=True, act="drag")


def _emil_resends_to_the_owner(day: Day) -> None:
    emil = at("emil")
    row = next(r for r in day.wrong(emil) if r.rightful == [at("dora")])
    with Reader(day.pair, emil) as reader:
        data = reader.open(row.message_id)
    row.acts += ["opened", "resent"]
    resent = Message(row.message_id, b"Resent-To: dora@example.test\r\n" + data, row.body_sha256)
    day.submit(emil, at("dora"), resent, "resent")


def migrate(day: Day) -> None:
    """Let an operator copy mail into right and wrong homes, as master user and with doveadm."""
    anna, carl, dora = at("anna"), at("carl"), at("dora")
    hers_alone = [row for row in day.right(anna) if row.rightful == [anna]]
    again, astray, restored, lost = hers_alone[:4]
    foreign = day.next_message()
    with Reader(day.pair, anna, master=True) as source:
        source.create("Synced")
        source.append("Synced", source.open(again.message_id), age=60)
        data = source.open(astray.message_id)
    with Reader(day.pair, carl, master=True) as target:
        target.append("INBOX", data, age=60)
        target.append("INBOX", foreign.data, age=10**7)
    for row, account, folder in ((restored, anna, "Restored"), (lost, dora, "Restored")):
        query = ("mailbox", "INBOX", "HEADER", "Message-ID", row.message_id)
        source_store = f"maildir:{day.pair.path(anna)}"
        day.pair.doveadm("import", "-u", account, source_store, folder, *query)
    truth = day.truth
    truth.add(again, anna, "Synced", "rightful", act="master", accept=("own", "unexplained"))
    truth.add(astray, carl, "INBOX", "misdelivered", act="master")
    truth.add(restored, anna, "Restored/INBOX", "rightful", act="import", accept=("unexplained",))
    truth.add(lost, dora, "Restored/INBOX", "misdelivered", act="import", accept=("unexplained",))
    row = Row(
        carl, "INBOX", foreign.message_id, "unexplained", [carl], [], foreign.body_sha256, "sync"
    )
    row.accept = ["own", "rightful"]
    truth.rows.append(row)
