"""Small providers at random: a few transactions, of which some lines and files are missing or astray."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

ACCOUNTS = ("ann@example.test", "ben@example.test", "cor@example.test")
ALIASES = {
    "info@example.test": ACCOUNTS[:1],
    "desk@example.test": ACCOUNTS[1:2],
    "team@example.test": ACCOUNTS[:2],
}
SESSION = "A{:020d}x"
_CONFIGURATION = """\
[provider]
name = "Example Mail"
domains = ["example.test"]
hosts = ["mx1.example.test"]
recipient_delimiter = "+"
timezone = "UTC"
[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{domain}/{local}/Maildir"
[[directories]]
accounts = { format = "dovecot-passwd", path = "users" }
aliases = [{ format = "postfix-virtual", path = "virtual" }]
[[logs]]
format = "postfix"
path = "mail.log"
host = "mx1.example.test"
year = 2026
[[logs]]
format = "dovecot"
path = "dovecot.log"
host = "mx1.example.test"
year = 2026
[evidence]
path = "evidence"
content_hash = true
"""


@dataclass(frozen=True)
class Recipient:
    """One recipient of a transaction.

    Attributes:
        original: as accepted.
        final: where the servers' aliases brought it, rightly or not.
        opened: the account whose mailbox Dovecot opened.
        home: the account in whose home the file lies; None: it was deleted.
        postfix: Postfix's line is there; `dovecot`: Dovecot's line is there.
    """

    original: str
    final: str
    opened: str
    home: str | None
    postfix: bool
    dovecot: bool


@dataclass(frozen=True)
class Transaction:
    """One message, delivered in one LMTP transaction.

    Attributes:
        client: as smtpd logs it.
        message: number of its Message-ID; several may share one.
        signed: whether a signature is there and fits the body; None: there is none.
        logged_id: Postfix logs the Message-ID that is stored.
    """

    recipients: tuple[Recipient, ...]
    client: str
    message: int
    signed: bool | None
    logged_id: bool


@st.composite
def recipients(draw: st.DrawFn) -> Recipient:
    """Draw a recipient; most are delivered where they should be, none is mapped wrongly twice."""
    original = draw(st.sampled_from((*ALIASES, *ACCOUNTS, "ann+x@example.test")))
    usual = ALIASES.get(original, (original,))
    final = draw(st.sampled_from((*usual * 4, *ACCOUNTS, "ann+y@example.test")))
    account = _stored(final)
    opened = draw(st.sampled_from((account,) * 7 + ACCOUNTS))
    homes = ACCOUNTS if opened == account else ()
    home = draw(st.sampled_from((*(opened,) * 7, *homes, None)))
    there = st.sampled_from((True, True, True, False))
    return Recipient(original, final, opened, home, draw(there), draw(there))


def _tellable(drawn: tuple[Recipient, ...]) -> bool:
    """Refuse two wrong mailboxes in one transaction: they can undo each other, and nothing shows it."""
    wrong = [one for one in drawn if one.opened != _stored(one.final) or one.home != one.opened]
    return len(wrong) < 2


def _stored(final: str) -> str:
    return final.replace("+x", "").replace("+y", "")


transactions = st.builds(
    Transaction,
    st.lists(recipients(), min_size=1, max_size=3).map(tuple).filter(_tellable),
    st.sampled_from(("out.shop.test[198.51.100.1]",) * 4 + ("localhost[127.0.0.1]",)),
    st.integers(0, 400),
    st.sampled_from((None, None, True, False)),
    st.sampled_from((True, True, True, True, False)),
)


@dataclass(frozen=True)
class File:
    """A stored file: whose home it lies in, and for whom it was accepted (all folded into it)."""

    home: str
    path: str
    originals: frozenset[str]
    number: int
    everyone: frozenset[str]
    crossed: bool


def intended(originals: Iterable[str]) -> set[str]:
    """Give the accounts that addresses are meant for."""
    plain = (address.replace("+x", "") for address in originals)
    return {account for one in plain for account in ALIASES.get(one, (one,))}


def write(place: Path, every: Sequence[Transaction], *, named: bool) -> list[File]:
    """Write a provider tree; give its files. `named`: Dovecot's lines name files and recipients."""
    (place / "postwarden.toml").write_text(_CONFIGURATION)
    (place / "users").write_text("".join(f"{account}:{{PLAIN}}x::::::\n" for account in ACCOUNTS))
    lines = (f"{key} {', '.join(values)}\n" for key, values in ALIASES.items())
    (place / "virtual").write_text("".join(lines))
    for account in ACCOUNTS:
        for part in ("cur", "new", "tmp"):
            (_maildir(place, account) / part).mkdir(parents=True)
    mail, dovecot, files = [], [], []
    for number, one in enumerate(every):
        writer = _Writing(number, one, named=named)
        mail += writer.postfix()
        dovecot += writer.dovecot()
        files += writer.files(place)
    (place / "mail.log").write_text("".join(f"{line}\n" for line in mail))
    (place / "dovecot.log").write_text("".join(f"{line}\n" for line in dovecot))
    return files


def _maildir(place: Path, account: str) -> Path:
    return place / "vmail/example.test" / account.partition("@")[0] / "Maildir"


class _Writing:
    def __init__(self, number: int, one: Transaction, *, named: bool) -> None:
        self.one, self.named, self.number = one, named, number
        self.stamp = f"Nov 20 10:{number * 7 // 60 % 60:02}:{number * 7 % 60:02}"
        self.second = 1_795_168_800 + number * 7
        self.queue = f"4jWCz{number:07d}zX"
        self.session = SESSION.format(number)
        self.message_id = f"<m{one.message}@shop.test>"
        self.finals = list(dict.fromkeys(each.final for each in one.recipients))

    def part(self, final: str) -> str:
        place = [self.finals.index(final), *self.finals][0]
        return f":R{place + 1}" if place else ""

    def postfix(self) -> Iterable[str]:
        head = f"{self.stamp} mx1 postfix"
        logged = self.message_id if self.one.logged_id else "<other@shop.test>"
        yield f"{head}/smtpd[2]: {self.queue}: client={self.one.client}"
        yield f"{head}/cleanup[3]: {self.queue}: message-id={logged}"
        size = f"size=700, nrcpt={len(self.one.recipients)} (queue active)"
        yield f"{head}/qmgr[4]: {self.queue}: from=<a@shop.test>, {size}"
        for each in self.one.recipients:
            if each.postfix:
                changed = each.original != each.final
                to = f"to=<{each.final}>" + (f", orig_to=<{each.original}>" if changed else "")
                reply = f"250 2.0.0 <{each.final}> {self.session}{self.part(each.final)} Saved"
                yield (
                    f"{head}/lmtp[5]: {self.queue}: {to}, relay=127.0.0.1[127.0.0.1]:24, delay=0.1,"
                    f" delays=0/0/0/0.1, dsn=2.0.0, status=sent ({reply})"
                )
        yield f"{head}/qmgr[4]: {self.queue}: removed"

    def dovecot(self) -> Iterable[str]:
        for final in self.finals:
            each = self.first(final)
            if each.dovecot:
                said = (
                    f"storage_id={self.name(final)} to_envelope={final} from_envelope=a@shop.test"
                )
                tail = f", from=a@shop.test, size=600, {said}" if self.named else ""
                prefix = f"lmtp({each.opened})<77><{self.session}{self.part(final)}>: Info: "
                yield f"{self.stamp} {prefix}msgid={self.message_id}{tail}: saved mail to INBOX"

    def first(self, final: str) -> Recipient:
        return next(each for each in self.one.recipients if each.final == final)

    def name(self, final: str) -> str:
        """Name the file: the same for all, unless the mailbox has one of this name."""
        home = self.first(final).home
        before = self.finals[: self.finals.index(final)]
        again = sum(self.first(other).home == home for other in before)
        return f"{self.second}.M{again:06d}P77.mx1,S=600,W=640"

    def files(self, place: Path) -> Iterable[File]:
        for final in self.finals:
            home = self.first(final).home
            if home is None:
                continue
            path = f"new/{self.name(final)}"
            (_maildir(place, home) / path).write_bytes(self.content())
            folded = frozenset(e.original for e in self.one.recipients if e.final == final)
            everyone = frozenset(e.original for e in self.one.recipients)
            yield File(home, path, folded, self.number, everyone, not self.one.logged_id)

    def content(self) -> bytes:
        alone = len(self.one.recipients) == 1
        final, original = self.finals[0], self.one.recipients[0].original
        when = f"Fri, 20 Nov 2026 {self.stamp[7:]} +0000"
        body = f"Number {self.one.message}.\n"
        hashed = b64encode(hashlib.sha256(body.replace("\n", "\r\n").encode()).digest()).decode()
        declared = hashed if self.one.signed else "A" * 43 + "="
        signature = f"DKIM-Signature: a=rsa-sha256; c=simple/simple; bh={declared}; b=x\n"
        return (
            "Return-Path: <a@shop.test>\n"
            + (f"Delivered-To: {final}\n" if alone else "")
            + f"Received: from mx1.example.test ([127.0.0.1])\n\tby mx1.example.test with LMTP\n"
            f"\tid {self.session}\n\t(envelope-from <a@shop.test>)"
            + (f"\n\tfor <{final}>; {when}\n" if alone else f"; {when}\n")
            + f"Received: from {self.one.client.partition('[')[0]} ({self.one.client})\n"
            f"\tby mx1.example.test (Postfix) with ESMTP id {self.queue}"
            + (f"\n\tfor <{original}>; {when} (UTC)\n" if alone else f";\n\t{when} (UTC)\n")
            + (signature if self.one.signed is not None else "")
            + f"Message-ID: {self.message_id}\nFrom: a@shop.test\nDate: {when}\n\n{body}"
        ).encode()
