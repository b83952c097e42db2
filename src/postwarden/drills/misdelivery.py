"""An incident on a lab: its alias map is loaded one line off for a while, as mail comes in and is read.

Real mail goes in by SMTP and is read by IMAP. What is known afterwards, and to whom, is told as JSON: when
it began and ended, which accounts the map concerned, what customers noticed, and the truth.

`python -m postwarden.drills.misdelivery LAB` prints it.
"""

import imaplib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.policy import SMTP

from postwarden.drills.lab.service import HOST, Lab, send, status
from postwarden.vocabulary import rfc3339

_SENDER = "orders@shop.example"
_ADDRESSES_DURING = ("info", "sales", "press", "billing")
_ROUNDS = {"before": 3, "during": 2, "after": 1}
_READERS = 2


@dataclass(frozen=True, slots=True)
class Report:
    """A customer noticed mail that is not theirs."""

    account: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What became known of it.

    Attributes:
        began: when the wrong map was live, RFC 3339 in UTC.
        ended: when the right one was again.
        concerned: accounts that either map leads to where they differ.
        reports: what customers noticed.
        truth: accounts that got a message which is not theirs, by Message-ID.
    """

    began: str
    ended: str
    concerned: tuple[str, ...]
    reports: tuple[Report, ...]
    truth: Mapping[str, tuple[str, ...]]


def one_line_off(table: str) -> str:
    """Give each alias the target of the next one; those that lead to other aliases stay as they are."""
    rows = [line.split(" ", 1) for line in table.splitlines()]
    aliases = {alias for alias, _ in rows}
    plain = [row for row in rows if aliases.isdisjoint(row[1].split(", "))]
    shifted = {row[0]: after[1] for row, after in zip(plain, [*plain[1:], plain[0]], strict=True)}
    return "".join(f"{alias} {shifted.get(alias, target)}\n" for alias, target in rows)


def play(lab: Lab) -> Incident:
    """Let it happen on a lab that runs; takes some seconds, and ends with an empty queue.

    Raises:
        LabError: the lab did not do what it should.
    """
    right = (lab.root / "tables" / "virtual").read_text()
    wrong = one_line_off(right)
    meant, went = _targets(right), _targets(wrong)
    aliases = sorted(meant)
    _deliver(lab, "before", aliases)
    lab.servers.write_tables({"virtual": wrong})
    began = _present()
    astray = [one for one in aliases if one.split("@")[0] in _ADDRESSES_DURING]
    sent = _deliver(lab, "during", astray)
    holders = sorted({account for alias in astray for account in went[alias]})
    for account in holders[:_READERS]:
        _read(lab, account)
    lab.servers.write_tables({"virtual": right})
    ended = _present()
    _deliver(lab, "after", aliases)
    changed = [alias for alias in aliases if meant[alias] != went[alias]]
    concerned = {account for one in changed for account in (*meant[one], *went[one])}
    truth = {
        name: tuple(sorted(set(went[alias]) - set(meant[alias]))) for name, alias in sent.items()
    }
    noticed = {account: name for name, accounts in truth.items() for account in accounts}
    reports = tuple(Report(one, noticed[one]) for one in holders[:_READERS])
    return Incident(rfc3339(began), rfc3339(ended), tuple(sorted(concerned)), reports, truth)


def _targets(table: str) -> dict[str, tuple[str, ...]]:
    """Give the accounts of those aliases that lead to accounts."""
    rows = [line.split(" ", 1) for line in table.splitlines()]
    aliases = {alias for alias, _ in rows}
    named = {alias: tuple(target.split(", ")) for alias, target in rows}
    return {alias: found for alias, found in named.items() if aliases.isdisjoint(found)}


def _deliver(lab: Lab, part: str, aliases: Sequence[str]) -> dict[str, str]:
    """Send mail to each alias and wait for it; give the alias by Message-ID."""
    sent = {}
    for number, alias in _numbered(part, aliases):
        message = EmailMessage(policy=SMTP)
        name = f"<{part}.{number}@shop.example>"
        message["From"], message["To"], message["Message-ID"] = _SENDER, alias, name
        message["Subject"] = f"Your order {number}"
        message.set_content(f"Order {number} is on its way.\n")
        send(lab.ports.smtp, _SENDER, [alias], message.as_bytes())
        sent[name] = alias
    lab.servers.wait_for_empty_queue()
    return sent


def _numbered(part: str, aliases: Sequence[str]) -> Iterator[tuple[int, str]]:
    yield from enumerate((alias for _ in range(_ROUNDS[part]) for alias in aliases), 1)


def _read(lab: Lab, account: str) -> None:
    """Open everything in INBOX, as a mail program does."""
    with imaplib.IMAP4(HOST, lab.ports.imap, 20) as session:
        session.login(account, lab.passwords[account])
        session.select("INBOX")
        session.fetch("1:*", "(FLAGS BODY[])")


def _present() -> int:
    return time.time_ns() // 1_000


def main() -> None:
    """Play it on the lab that the command line names, and print what became known."""
    if len(sys.argv) != 2:  # the program and its argument
        sys.exit("usage: python -m postwarden.drills.misdelivery LAB")
    print(json.dumps(asdict(play(status(sys.argv[1]))), indent=1))  # noqa: T201  # its output


if __name__ == "__main__":
    main()
