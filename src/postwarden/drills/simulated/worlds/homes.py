"""Benign worlds about what people and operators do with stored mail."""

from postwarden.drills.simulated.letters import replaced
from postwarden.drills.simulated.play import Play, hour
from postwarden.drills.simulated.sessions import Dsync
from postwarden.drills.simulated.site import DOMAIN, MASTER, Sieve
from postwarden.drills.simulated.worlds.registry import world


@world("Families forward to each other, by aliases and by Sieve.", benign=True)
def families(play: Play) -> None:
    """One has a common address, one redirects a copy, one redirects everything."""
    a = play.accounts
    play.directory = play.directory.with_aliases({f"family@{DOMAIN}": a[:2]})
    play.site.sieve[a[1]] = Sieve("redirect-copy", a[0])
    play.site.sieve[a[2]] = Sieve("redirect", a[3])
    play.site.sieve[a[4]] = Sieve("redirect", "abroad@example.com")
    play.traffic()
    for place in range(18):
        rcpt = (f"family@{DOMAIN}", a[1], a[2], a[4])[place % 4]
        play.at(hour(9 + place / 3), play.receive, [rcpt])


@world("Sieve scripts file, discard and redirect.", benign=True)
def sieve_actions(play: Play) -> None:
    """Rules look for a tag in the header."""
    a = play.accounts
    play.site.sieve[a[0]] = Sieve("fileinto", "Lists/Bücher", b"X-Tag: 1")
    play.site.sieve[a[1]] = Sieve("discard", "", b"X-Tag: 1")
    play.site.sieve[a[2]] = Sieve("redirect", a[3], b"X-Tag: 1")
    play.site.sieve[a[3]] = Sieve("fileinto", "Filed", b"X-Tag: 1")
    play.traffic()
    for place in range(24):
        rcpts = [a[place % 4]] if place % 3 else list(a[:4])
        extra = "X-Tag: 1\n" if place % 2 else ""
        play.at(
            hour(9 + place / 4),
            play.receive_written,
            rcpts,
            "news@shop.test",
            "readers@shop.test",
            extra=extra,
        )


@world("People import their mail from another provider by IMAP.", benign=True)
def imported(play: Play) -> None:
    """The messages carry the other provider's trace, with its own Delivered-To."""
    play.traffic()
    for place, account in enumerate(play.accounts[:5]):
        play.at(hour(10 + place), _import, play, account, None)


def _import(play: Play, account: str, actor: str | None) -> None:
    with play.imap(account, actor) as imap:
        for day in range(1, 13):
            at = hour(-24 * day)
            there = account.replace(DOMAIN, "elsewhere.test")
            letter = play.site.writer.any(play.outsider(), there, at, signed=True)
            trace = (
                f"Return-Path: <x@shop.test>\nDelivered-To: {there}\n"
                f"Received: from mx.elsewhere.test\n\tby mx.elsewhere.test with LMTP\n"
                f"\tid x{day}\n\tfor <{there}>; Mon, 2 Nov 2026 08:00:00 +0100\n"
            )
            imap.append(
                "INBOX" if day % 3 else "Old",
                replaced(letter, header=trace.encode() + letter.header),
                date=at,
            )


@world("People drag mail between two accounts of their own.", benign=True)
def dragged(play: Play) -> None:
    """The second account's copies carry the first one's trace."""
    play.traffic(until=15)
    for place in range(0, 8, 2):
        first, second = play.accounts[place], play.accounts[place + 1]
        play.at(hour(16 + place / 8), drag, play, first, second)


def drag(play: Play, first: str, second: str) -> None:
    """Copy an account's INBOX into another account's."""
    with play.imap(first) as imap:
        copies = imap.select()
        for copy in copies:
            imap.read(copy)
    with play.imap(second) as imap:
        for copy in copies:
            imap.append(
                "INBOX", copy.letter, content=copy.content, date=copy.internal_date, source=copy
            )


@world(
    "An operator moves mail into the right homes by a master user, as imapsync does.", benign=True
)
def imapsync_right(play: Play) -> None:
    """From an older store of the provider, and from another provider."""
    play.traffic(until=15)
    for place, account in enumerate(play.accounts[:8]):
        play.at(hour(16 + place / 8), migrate, play, account, account)
        play.at(hour(18 + place / 8), _import, play, account, MASTER)


def migrate(play: Play, source: str, target: str) -> None:
    """Append what one home holds to another, as the master user."""
    copies = play.stored(source)
    with play.imap(target, MASTER) as imap:
        for copy in copies:
            imap.append(
                "Migrated", copy.letter, content=copy.content, date=copy.internal_date, source=copy
            )


@world("An operator moves mail into the right homes by dsync.", benign=True)
def dsync_right(play: Play) -> None:
    """New file names, the same dates, dsync's own log lines."""
    play.traffic(until=15)
    for place, account in enumerate(play.accounts[:8]):
        play.at(hour(16 + place / 8), _dsync, play, account)


def _dsync(play: Play, account: str) -> None:
    with Dsync(play.site, play.dovecot, account) as sync:
        for copy in play.stored(account):
            sync.append(
                "Restored", copy.letter, content=copy.content, date=copy.internal_date, source=copy
            )


@world("A restore brings removed files back into the right homes.", benign=True)
def restored_right(play: Play) -> None:
    """Logs say that the files were expunged, and they are there."""
    play.traffic(until=15)
    play.readers(play.accounts[:8], since=16)
    for account in play.accounts[:8]:
        play.at(hour(20), play.site.store.undelete, account)


@world("Several people work in a shared mailbox and copy from it into their own.", benign=True)
def shared_mailbox(play: Play) -> None:
    """Copying between mailboxes of one store makes hard links of the same name."""
    office, *workers = play.accounts[:4]
    play.traffic(until=15)
    for _ in range(12):
        play.at(play.dice.randrange(hour(8), hour(15)), play.receive, [office])
    for place, worker in enumerate(workers):
        play.at(hour(16 + place), _work, play, office, worker, place)


def _work(play: Play, office: str, worker: str, place: int) -> None:
    with play.imap(worker) as imap:
        for copy in play.stored(office)[place::3]:
            imap.copy_shared(copy, f"shared/{office}/INBOX", "INBOX")


@world("A content filter re-injects; aliases are expanded before it.", benign=True)
def filter_after_expansion(play: Play) -> None:
    """The second queue file knows no original recipients."""
    play.site.filter = "before"
    play.traffic()
    play.readers(play.accounts[:6])


@world("A content filter re-injects; aliases are expanded after it.", benign=True, style="rfc3339")
def filter_before_expansion(play: Play) -> None:
    """The first queue file knows only the addresses as given."""
    play.site.filter = "after"
    play.traffic()
    play.readers(play.accounts[:6])
