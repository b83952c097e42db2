"""Sending mail to the provider of the scenario, and noting whose copies follow from it."""

from collections import defaultdict
from collections.abc import Iterator

from postwarden.drills.lab import delivery
from realmail.cast import BCC, INTENDED, MANY, ONE, PASSWORDS, REGEXP, AliasMap
from realmail.messages import Message
from realmail.pair import MailPair
from realmail.truth import Row, Truth

SENDER = "shop@sender.example"
REDIRECTS = {f"frida@{MANY}": f"hanna@{MANY}"}


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
        delivery.send(port, sender, recipients, message.data)
        self.note(message, recipients, act)

    def submit(self, login: str, recipient: str, message: Message, act: str) -> None:
        """Send as a user of this provider, with a login."""
        login_with = (login, PASSWORDS[login])
        delivery.submit(self.pair.ports.submission, login_with, [recipient], message.data)
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
