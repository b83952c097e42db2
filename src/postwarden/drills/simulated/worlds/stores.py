"""Faults below the alias map: transport, store, restore, migration, crossed content, re-sending."""

from dataclasses import replace

from postwarden.drills.simulated.clock import SECOND
from postwarden.drills.simulated.play import Play, hour
from postwarden.drills.simulated.postfix import PICKUP, Onward
from postwarden.drills.simulated.records import Arrival, Queued
from postwarden.drills.simulated.site import DOMAIN, Sieve
from postwarden.drills.simulated.worlds.homes import migrate
from postwarden.drills.simulated.worlds.registry import world


@world("Dovecot opens somebody else's mailbox for some recipients.", benign=False)
def user_mapped_wrongly(play: Play) -> None:
    """The log of LMTP names the other account, Delivered-To the recipient."""
    wrong = dict(zip(play.accounts[:4], play.accounts[4:8], strict=True))
    play.site.user_of = lambda account, now: (
        wrong.get(account, account) if hour(10) <= now < hour(14) else account
    )
    play.traffic()


@world(
    "The homes of two accounts are mapped wrongly; the log names the right account.",
    benign=False,
)
def home_mapped_wrongly(play: Play) -> None:
    """Only the storage id in the log tells."""
    first, second = play.accounts[:2]
    wrong = {first: second, second: first}
    play.site.home_of = lambda account, now: (
        wrong.get(account, account) if hour(10) <= now < hour(14) else account
    )
    play.traffic()
    for place in range(16):
        others = play.accounts[2:5] if place % 4 > 1 else ()
        play.at(hour(9 + place / 2), play.receive, [(first, second)[place % 2], *others])


@world("A restore puts files back into wrong homes.", benign=False)
def restored_wrongly(play: Play) -> None:
    """The files keep their names; no server logs anything."""
    play.traffic(until=16)
    for place in range(0, 6, 2):
        source, target = play.accounts[place], play.accounts[place + 1]
        play.at(hour(18), play.site.store.restore, source, target)


@world("A migration by master user appends to wrong homes.", benign=False)
def migrated_wrongly(play: Play) -> None:
    """Some accounts are right, some wrong."""
    play.traffic(until=16)
    for place, account in enumerate(play.accounts[:8]):
        target = play.accounts[place + 1] if place % 3 == 1 else account
        play.at(
            hour(18 + place / 8),
            migrate,
            play,
            account,
            target,
        )


@world("An account is duplicated, mail and all, for somebody else.", benign=False)
def duplicated_account(play: Play) -> None:
    """The new account holds a copy of every file of the old one."""
    old, new = play.accounts[0], f"new.person@{DOMAIN}"
    play.directory = replace(play.directory, accounts=(*play.accounts, new))
    play.traffic()
    for place in range(12):
        play.at(hour(8 + place / 2), play.receive, [old])
    play.at(hour(21), play.site.store.restore, old, new)


@world("The bodies of two messages change places in the queue.", benign=False)
def crossed_bodies(play: Play) -> None:
    """Header and envelope are right; the other's DKIM body hash names the owner of the body."""
    play.traffic()
    for place in range(5):
        play.at(hour(10 + place), cross, play, whole=False)


@world("The contents of two queue files change places altogether.", benign=False)
def crossed_messages(play: Play) -> None:
    """Only the trace on top is the queue file's own."""
    play.traffic()
    for place in range(5):
        play.at(hour(10 + place), cross, play, whole=True)


def cross(play: Play, *, whole: bool, signed: bool = True) -> None:
    """Let two messages of this moment change bodies, or all their content."""
    accounts = play.dice.sample(play.accounts, 2)
    one, two = (_received(play, account, signed=signed) for account in accounts)
    letters = one.letter, two.letter
    for queued, letter in ((one, letters[1]), (two, letters[0])):
        trace = queued.content.removesuffix(queued.letter.raw)
        header = letter.header if whole else queued.letter.header
        queued.content = trace + header + b"\n" + letter.body
        queued.crossed_with = letter
        if not whole:
            queued.exchanged_with = two if queued is one else one
        if whole:
            queued.content_lines = queued.lines[1:]
            queued.letter = letter


def _received(play: Play, account: str, *, signed: bool) -> Queued:
    letter = play.site.writer.write(play.outsider(), account, play.site.clock.now, signed=signed)
    return play.receive([account], letter=letter)


@world("The bodies of two messages without signatures change places in the queue.", benign=False)
def crossed_unsigned(play: Play) -> None:
    """Only the sizes tell, which the log gives for both queue files."""
    play.traffic()
    for place in range(5):
        play.at(hour(10 + place), cross, play, whole=False, signed=False)


@world(
    "One of a message's recipients gets the body of another message of the minute.", benign=False
)
def crossed_in_one_delivery(play: Play) -> None:
    """The other recipients, and the other message, are whole; nothing is signed."""
    play.site.recipient_limit = 1
    play.site.alter = _mistaken
    play.traffic()
    for place in range(6):
        play.at(hour(9 + place), _two_letters, play)


def _two_letters(play: Play) -> None:
    accounts = play.dice.sample(play.accounts, 3)
    other = _received(play, accounts[2], signed=False)
    letter = play.site.writer.write(play.outsider(), accounts[0], play.site.clock.now)
    play.receive(accounts[:2], letter=letter).exchanged_with = other


def _mistaken(arrival: Arrival, content: bytes) -> bytes:
    """Store the other message's body for the second recipient."""
    handover = arrival.handovers[0]
    queued = handover.queued
    if queued.exchanged_with is None or handover.recipient is queued.recipients[0]:
        return content
    arrival.crossed_with = queued.exchanged_with.letter
    return content.removesuffix(queued.letter.body) + arrival.crossed_with.body


@world("One person's private mail is sent again to everyone.", benign=False)
def resent_to_everyone(play: Play) -> None:
    """An operator's script pipes a stored file into sendmail with all accounts as recipients."""
    owner = play.accounts[3]
    play.traffic()
    play.at(hour(11), play.receive, [owner])
    play.at(hour(12), resend, play, owner)


@world(
    "One person's private mail is sent again to everyone; two of them redirect it on.", benign=False
)
def resent_and_redirected(play: Play) -> None:
    """Whom they redirect to has it twice: from the operator, and second-hand."""
    owner, *others = play.accounts[3:9]
    play.site.sieve[others[0]] = Sieve("redirect-copy", others[1])
    play.site.sieve[others[2]] = Sieve("redirect", others[3])
    play.site.sieve[others[4]] = Sieve("redirect-copy", owner)
    play.traffic()
    play.at(hour(11), play.receive, [owner])
    play.at(hour(12), resend, play, owner)
    play.at(hour(13), play.receive, [owner])
    play.at(hour(14), resend, play, owner)


def resend(play: Play, owner: str) -> None:
    """Send the newest mail that came to `owner` alone to every account."""
    copy = next(
        copy for copy in reversed(play.stored(owner)) if copy.arrival and copy.arrival.alone
    )
    if copy.arrival is None:
        return
    first = copy.arrival.handovers[0].queued
    again = play.postfix.accept(
        copy.letter,
        first.sender,
        play.accounts,
        PICKUP,
        Onward(copy.content.partition(b"\n")[2], "resent", first),
    )
    again.truth = frozenset({owner})
    play.site.clock.tick(SECOND)
