"""A day at a provider: mail under the right alias map, a faulty one, and the right one again.

Run it with `python -m realmail.scenario TREE [CORPUS]` from tests/, as root.
"""

import poplib
import shutil
import smtplib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from realmail import postfix, tree
from realmail.cast import BCC, FAULTY, INTENDED, MANY, ONE, PASSWORDS, REGEXP, AliasMap
from realmail.messages import Message, messages
from realmail.options import DELIVERY_LOG_DEFAULT, PairOptions
from realmail.pair import MailPair
from realmail.processes import wait_until
from realmail.reader import Reader
from realmail.truth import Row, Truth

ALIASES = ("sales", "shop", "press", "board", "team", "help", "jobs", "billing")
SENDER = "shop@sender.example"
HELD = "held@sender.example"
REDIRECTS = {f"frida@{MANY}": f"hanna@{MANY}"}
LOGIN_LOG = (
    "login_log_format_elements = user=<%u> method=%m rip=%r lip=%l mpid=%e %c "
    "session=<%{session}> auth_user=<%{auth_user}>"
)
_FULL = PairOptions(users=PASSWORDS, domains=(MANY,), single_domains=(ONE,), dovecot_conf=LOGIN_LOG)
VARIANTS = {
    "full": _FULL,  # logs as the documentation advises for evidence
    "plain": replace(  # what distributions ship
        _FULL,
        long_queue_ids=False,
        delivery_log=DELIVERY_LOG_DEFAULT,
        redirect_by="sendmail",
        dovecot_conf="",
    ),
}


def at(name: str, domain: str = MANY) -> str:
    """Complete a name to an address."""
    return f"{name}@{domain}"


class Day:
    """The running scenario: sends and acts, and notes what follows from each.

    Attributes:
        live: the alias map that Postfix uses now.
    """

    def __init__(self, pair: MailPair, source: Iterator[Message]) -> None:
        self.pair = pair
        self.truth = Truth()
        self.live = INTENDED
        self._source = source

    def next_message(self) -> Message:
        """Take a message that was not sent yet."""
        return next(self._source)

    def use(self, aliases: AliasMap) -> None:
        """Put an alias map into force."""
        self.pair.write_aliases(aliases.text(), REGEXP)
        self.live = aliases

    def send(self, *recipients: str, sender: str = SENDER, act: str = "smtp") -> None:
        """Send one message from outside, to all recipients in one transaction."""
        message = self.next_message()
        ports = self.pair.ports
        port = ports.smtp_filtered if act == "filter" else ports.smtp
        with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.sender.example") as smtp:
            smtp.ehlo()
            smtp.docmd("XCLIENT", "NAME=mail.sender.example ADDR=192.0.2.7")
            smtp.ehlo()
            refused = smtp.sendmail(sender, recipients, message.data)
        assert not refused, refused
        self.note(message, recipients, act)

    def submit(self, login: str, recipient: str, message: Message, act: str) -> None:
        """Send as a user of this provider, with a login."""
        with smtplib.SMTP("127.0.0.1", self.pair.ports.submission) as smtp:
            smtp.login(login, PASSWORDS[login])
            smtp.sendmail(login, [recipient], message.data)
        self.note(message, (recipient,), act)

    def pick_up(self, recipient: str) -> None:
        """Send by sendmail(1) on the server itself."""
        message = self.next_message()
        data = message.data.replace(b"\r\n", b"\n")
        self.pair.postfix_command("sendmail", "-i", "-f", at("cron"), recipient, text=data)
        self.note(message, (recipient,), "pickup")

    def note(self, message: Message, recipients: tuple[str, ...], act: str) -> None:
        """Note whose copies follow from sending, under the map now in force."""
        sent_to: dict[str, list[str]] = defaultdict(list)
        for recipient in recipients:
            for holder in self.live.holders(recipient):
                sent_to[holder].append(recipient)
        for account, originals in sent_to.items():
            single = account.endswith(ONE)
            rows = self.truth.delivered(
                message.message_id, message.body_sha256, {account: originals}, single, act
            )
            if target := REDIRECTS.get(account):
                self._note_redirect(rows[0], target)
        for address in set(recipients) & set(BCC):
            copy = {BCC[address]: [BCC[address]]}
            self.truth.delivered(message.message_id, message.body_sha256, copy, False, "bcc")

    def _note_redirect(self, row: Row, target: str) -> None:
        row.acts.append("redirected")
        wrong = row.verdict == "misdelivered"
        self.truth.add(row, target, "INBOX", row.verdict, second_hand=wrong, act="redirect")

    def wrong(self, account: str) -> list[Row]:
        """Give the misdelivered copies in an account's INBOX."""
        return [r for r in self.truth.here(account) if r.verdict == "misdelivered"]

    def right(self, account: str) -> list[Row]:
        """Give the rightful copies in an account's INBOX."""
        return [r for r in self.truth.here(account) if r.verdict == "rightful"]


def play(place: Path, corpus: Path | None = None, variant: str = "full") -> Path:
    """Play the day below `place`, a directory that the servers' users may enter.

    Args:
        place: where servers and provider tree go.
        corpus: folder of real messages; None for small ones of our own.
        variant: key of VARIANTS.

    Returns:
        The provider tree, with postwarden.toml and truth.jsonl.
    """
    root = place / "servers"
    with MailPair(root, VARIANTS[variant]) as pair:
        day = Day(pair, messages(corpus))
        _set_up(day)
        _deliver(day)
        _use_mailboxes(day)
        _migrate(day)
        _wait_for_the_logs(day)
    result = place / "provider"
    tree.write(pair, result)
    day.truth.settle(tree.stored(result / "vmail"))
    day.truth.write(result / "truth.jsonl")
    return result


def _set_up(day: Day) -> None:
    etc = day.pair.root / "postfix"
    postfix.write_file(etc / "recipient_bcc", tree.bcc_text())
    postfix.write_file(etc / "access", f"{HELD} HOLD under examination\n")
    for account, target in REDIRECTS.items():
        day.pair.write_sieve(account, f'require ["copy"]; redirect :copy "{target}";')
    day.use(INTENDED)


def _deliver(day: Day) -> None:
    """Let mail come in before, during and after the fault."""
    _ordinary_mail(day)
    day.pair.wait_for_empty_queue()
    day.use(FAULTY)
    _ordinary_mail(day)
    day.send(at("sales"), at("ben"))  # a wrong and a right address of the same holder
    day.send(at("jon", ONE), at("kim", ONE))
    for name in ALIASES[:4]:
        day.send(at(name), sender=HELD, act="held")
    day.pair.wait_for_empty_queue()
    day.pair.stop_lmtp()
    for name in (*ALIASES, "ben"):
        day.send(at(name), act="deferred")
    day.pair.wait_for_deferral()
    day.use(INTENDED)
    day.pair.start_lmtp()
    day.pair.postfix_command("postsuper", "-H", "ALL")
    day.pair.postfix_command("postqueue", "-f")
    _ordinary_mail(day)
    day.pair.wait_for_empty_queue()


def _ordinary_mail(day: Day) -> None:
    for name in (*ALIASES, *ALIASES, *ALIASES):
        day.send(at(name))
    for name in ("anna", "ben", "hanna", "frida", "order-17", "everyone", "audit", "sales+spring"):
        day.send(at(name))
    for name in ("ida", "jon", "kim", "whoever"):
        day.send(at(name, ONE))
    day.send(at("sales"), at("press"))
    day.send(at("shop"), at("carl"), at("help"))
    day.send(at("jobs"), at("jon", ONE), act="bcc-line")
    day.send(at("team"), at("ben"))
    day.send(at("help"), act="filter")
    day.send(at("team"), at("shop"), act="filter")
    day.pick_up(at("press"))


def _use_mailboxes(day: Day) -> None:
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
        day.truth.add(second, ben, "Archive", "misdelivered", second_hand=None)
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


def _migrate(day: Day) -> None:
    """Let an operator copy mail into right and wrong homes, as master user and with doveadm."""
    anna, carl, dora = at("anna"), at("carl"), at("dora")
    again, astray, restored, lost = day.right(anna)[:4]
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
    truth.add(again, anna, "Synced", "rightful", act="master", accept=["own", "unexplained"])
    truth.add(astray, carl, "INBOX", "misdelivered", act="master")
    truth.add(restored, anna, "Restored/INBOX", "rightful", act="import", accept=["unexplained"])
    truth.add(lost, dora, "Restored/INBOX", "misdelivered", act="import", accept=["unexplained"])
    row = Row(
        carl, "INBOX", foreign.message_id, "unexplained", [carl], [], foreign.body_sha256, "sync"
    )
    row.accept = ["own", "rightful"]
    truth.rows.append(row)


def _wait_for_the_logs(day: Day) -> None:
    """Make one last session and wait until the log tells of its end."""
    with Reader(day.pair, at("archive")):
        pass
    log = day.pair.root / "log" / "dovecot.log"
    wait_until(lambda: "imap(archive@" in log.read_text(), "the last log line")


if __name__ == "__main__":
    goal = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="realmail-") as workshop:
        Path(workshop).chmod(0o755)
        played = play(Path(workshop), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
        shutil.copytree(played, goal, symlinks=True)
    print(goal)
