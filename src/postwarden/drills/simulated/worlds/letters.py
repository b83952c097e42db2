"""Benign worlds about what people send: lists, Bcc, copies, odd and hostile headers."""

from postwarden.drills.simulated.dovecot import Dovecot
from postwarden.drills.simulated.letters import Letter, replaced
from postwarden.drills.simulated.play import Play, hour, short
from postwarden.drills.simulated.postfix import Client, Onward
from postwarden.drills.simulated.records import Queued
from postwarden.drills.simulated.site import DOMAIN, HOST, Sieve
from postwarden.drills.simulated.worlds.registry import world

LIST_CLIENT = Client("localhost", "lists.example.net", "localhost", "127.0.0.1")


@world("Posts of mailing lists elsewhere, to one member or several at once.", benign=True)
def external_list(play: Play) -> None:
    """To is the list, the envelope recipient the member."""
    play.traffic()
    for place in range(20):
        rcpts = [short(account) for account in play.dice.sample(play.accounts, 1 + place % 3)]
        play.at(hour(9 + place / 4), _post, play, rcpts)


def _post(play: Play, rcpts: list[str]) -> None:
    letter = play.site.writer.write(
        "poster@forum.test",
        "list@forum.test",
        play.site.clock.now,
        extra="List-Id: A list <list.forum.test>\nPrecedence: list\n",
    )
    play.receive(rcpts, sender="list-bounces@forum.test", letter=letter)


@world(
    "A list manager on the provider's own host takes posts by a pipe and re-injects them.",
    benign=True,
)
def local_list(play: Play) -> None:
    """Every member gets a post under a new queue id; one redirects a copy to somebody outside it."""
    address, members = f"gardeners@{DOMAIN}", list(play.accounts[:9])

    def manage(queued: Queued) -> None:
        content = b"List-Id: Gardeners <gardeners.example.net>\n" + queued.content
        play.at(
            play.site.clock.now + 2_000_000,
            play.postfix.accept,
            queued.letter,
            f"gardeners-bounces@{DOMAIN}",
            members,
            LIST_CLIENT,
            Onward(content, "list", queued),
        )

    play.postfix.programs[address] = manage
    play.site.sieve[members[2]] = Sieve("redirect-copy", play.accounts[11])
    play.traffic()
    for place in range(8):
        play.at(hour(9 + place), play.receive, [address])


@world("People who stand only in Bcc.", benign=True)
def blind_copies(play: Play) -> None:
    """No header names the recipient."""
    play.traffic()
    for place in range(20):
        rcpts = play.dice.sample(play.accounts, 1 + place % 4)
        play.at(
            hour(9 + place / 4),
            play.receive_written,
            rcpts,
            "chair@school.test",
            "undisclosed-recipients:;",
        )


@world("The same message is sent twice on purpose.", benign=True)
def sent_twice(play: Play) -> None:
    """Again to the same person, and again to somebody else as well."""
    play.traffic()
    for place, account in enumerate(play.accounts[:10]):
        letter = play.site.writer.write("shop@shop.test", account, hour(9))
        other = play.accounts[-1 - place]
        for later, rcpts in enumerate(([account], [account], [short(account), other])):
            play.at(
                hour(9 + place / 4 + later),
                play.receive,
                rcpts,
                letter=letter,
            )


@world("Different messages carry the same Message-ID.", benign=True)
def same_message_id(play: Play) -> None:
    """A shop's program counts from one every day."""
    play.traffic()
    for place in range(30):
        account = play.dice.choice(play.accounts)
        play.at(
            hour(9 + place / 6),
            play.receive_written,
            [account],
            "shop@shop.test",
            account,
            message_id=f"<order{place % 3}@shop.test>",
            signed=True,
        )


@world("Messages without a Message-ID, alike and different.", benign=True)
def no_message_id(play: Play) -> None:
    """Devices that send the same text to many people."""
    play.traffic()
    for place in range(20):
        account = play.dice.choice(play.accounts)
        play.at(
            hour(9 + place / 6),
            play.receive_written,
            [account],
            "alarm@shop.test",
            account,
            message_id=None,
            body=b"The alarm is on.\n",
        )


@world("People send copies to themselves.", benign=True)
def self_sent(play: Play) -> None:
    """To, Cc or Bcc oneself, and Sent besides."""
    play.traffic()
    for place, account in enumerate(play.accounts[:12]):
        rcpts = [account] if place % 2 else [short(account), play.dice.choice(play.accounts)]
        play.at(hour(9 + place / 4), play.submit, account, rcpts)


@world(
    "A wrong-looking trace: senders forge Received, Delivered-To and log lines of this provider.",
    benign=True,
)
def forged_trace(play: Play) -> None:
    """Everything below the true boundary is the sender's, and so is HELO."""
    play.traffic()
    for place, account in enumerate(play.accounts[:16]):
        victim = play.accounts[-1 - place]
        play.at(
            hour(9 + place / 4),
            _forge,
            play,
            account,
            victim,
            place,
        )


def _forge(play: Play, account: str, victim: str, place: int) -> None:
    session = Dovecot(play.site).session_id()
    trace = (
        f"Delivered-To: {victim}\nX-Original-To: {victim}\nX-Sieve-Redirected-From: {victim}\n"
        f"Received: from {HOST} ([127.0.0.1])\n\tby {HOST} with LMTP\n\tid {session}\n"
        f"\t(envelope-from <x@shop.test>)\n\tfor <{victim}>; Fri, 20 Nov 2026 08:00:00 +0100\n"
        f"Received: from out.shop.test (out.shop.test [198.51.100.9])\n"
        f"\tby {HOST} (Postfix) with ESMTP id 4jW37m1sD4z1wx3\n"
        f"\tfor <{victim}>; Fri, 20 Nov 2026 08:00:00 +0100 (CET)\n"
    )
    claim = f"status=sent (250 2.0.0 <{victim}> {session} Saved)"
    letter = play.site.writer.write(
        "trick@shop.test",
        account,
        play.site.clock.now,
        message_id=f"<x>, from=<a@b>: to=<{victim}>, relay=127.0.0.1, {claim}>"
        if place % 4 == 3
        else "",
    )
    logged = f"postfix/lmtp[1]: 4jW37m1sD4z1wx3: to=<{victim}>, {claim}"
    subject = f"Subject: \x1b[2K Nov 20 09:00:00 mx1 {logged}\n"
    letter = _over(letter, trace, subject)
    helo = (HOST, "out.shop.test", f"x{claim}", f"[{victim}]")[place % 4]
    client = Client("smtp", helo, "unknown", "198.51.100.66")
    play.postfix.refuse(client, "trick@shop.test", f"{place}@elsewhere.test")
    play.receive([account], letter=letter, sender="trick@shop.test", client=client)


@world(
    "Scripts and filters of some holders change what is stored: headers, footers, whole bodies.",
    benign=True,
)
def altered_on_the_way(play: Play) -> None:
    """Newsletters of one text, mail of the same minute, changes that are each other's opposite."""
    play.site.recipient_limit = 1
    play.site.alter = lambda arrival, content: _altered(
        play.accounts.index(arrival.account), content
    )
    play.traffic()
    a = play.accounts
    for place in range(20):
        when, text = hour(9 + place / 3), f"News of week {place}.\n".encode() * 9
        for account in a[:9] if place % 2 else (a[0], a[1]):
            body = text if place % 4 else text * a.index(account) + b"Yours\n"
            play.at(when, play.receive_written, [account], "news@shop.test", account, body=body)
        play.at(when, play.receive, [*a[:3], *a[5:8]], signed=bool(place % 3))
        play.at(when, play.receive_written, [a[8]], "v@shop.test", a[8], body=_REMOVED * 2)


_REMOVED = b"The contents of this message were removed by the virus scanner.\n"
_ADDED = b"X-Filed: 123456789.123456789.1234567890\n"


def _altered(place: int, content: bytes) -> bytes:
    """Add 41 bytes, take 41 away, add a footer, take the body away; of the rest change nothing."""
    header, gap, body = content.partition(b"\n\n")
    match place % 5:
        case 0:
            return _ADDED + content
        case 1:
            return content.replace(b"Content-Type: text/plain; charset=utf-8\n", b"", 1)
        case 2:
            return content + b"-- \nSent to you by Example Mail, with pleasure.\n"
        case 3:
            return header + gap + _REMOVED * (1 + len(body) % 2)
        case _:
            return content


def _over(letter: Letter, trace: str, subject: str) -> Letter:
    kept = b"".join(
        line for line in letter.header.splitlines(keepends=True) if not line.startswith(b"Subject")
    )
    return replaced(letter, header=trace.encode() + kept + subject.encode())
