"""Faults of the alias map."""

from dataclasses import replace

from postwarden.drills.simulated.clock import HOUR, MINUTE
from postwarden.drills.simulated.play import Play, hour, short
from postwarden.drills.simulated.site import DOMAIN
from postwarden.drills.simulated.worlds.demo import shifted
from postwarden.drills.simulated.worlds.registry import world


@world(
    "The alias map is shifted by one line for an hour and a half.", benign=False, style="rfc3339"
)
def alias_shifted(play: Play) -> None:
    """As the demo, shorter, unread."""
    play.wrongly(shifted(play.directory), 10, 11.5)
    play.traffic(since=9, until=12.5)


@world(
    "The shifted map, with a content filter behind alias expansion and short queue ids.",
    benign=False,
)
def alias_shifted_filtered(play: Play) -> None:
    """Original recipients are known to the first queue file only."""
    play.site.filter = "before"
    play.site.short_ids = True
    play.wrongly(shifted(play.directory), 10, 12)
    play.traffic(since=9, until=13)


@world("A stranger is put into a group for part of the day.", benign=False)
def stranger_in_group(play: Play) -> None:
    """Everybody else gets the group's mail as before."""
    group = f"board@{DOMAIN}"
    members = play.accounts[:4]
    play.directory = play.directory.with_aliases({group: members})
    play.wrongly(play.directory.with_aliases({group: (*members, play.accounts[6])}), 10, 14)
    play.traffic()
    for place in range(20):
        play.at(hour(8 + place / 2.5), play.receive, [group])


@world("The identity entries that shield accounts from a catch-all are lost.", benign=False)
def catch_all_broken(play: Play) -> None:
    """For a while the catch-all swallows everybody's mail."""
    identities = {account: (account,) for account in play.accounts}
    play.directory = play.directory.with_aliases(identities | {f"@{DOMAIN}": (play.accounts[0],)})
    faulty = play.directory.without_aliases(*play.accounts[1:9])
    play.wrongly(faulty, 11, 13)
    play.traffic()


@world("A link in the middle of a chain of aliases leads to somebody else.", benign=False)
def chain_broken(play: Play) -> None:
    """Info leads to sales, sales to a desk, and the desk is wrong."""
    names = [f"{name}@{DOMAIN}" for name in ("info", "sales", "desk")]
    links = {names[0]: (names[1],), names[1]: (names[2],), names[2]: (play.accounts[0],)}
    play.directory = play.directory.with_aliases(links)
    play.wrongly(play.directory.with_aliases({names[2]: (play.accounts[1],)}), 10, 14)
    play.traffic()
    for place in range(20):
        rcpt = names[place % 3]
        play.at(hour(8 + place / 2.5), play.receive, [rcpt])


@world("An alias by mistake captures an account's plain address.", benign=False)
def plain_address_captured(play: Play) -> None:
    """There is no orig_to that differs by an alias of the intended map."""
    victim, stranger = play.accounts[0], play.accounts[5]
    play.wrongly(play.directory.with_aliases({victim: (stranger,)}), 9.5, 15)
    play.traffic()
    for place in range(20):
        rcpts = [victim] if place % 3 else [victim, play.accounts[7]]
        play.at(hour(8 + place / 2.5), play.receive, rcpts)


@world(
    "Mail accepted under the wrong map is held or deferred, and delivered after it was mended.",
    benign=False,
)
def delivered_after_mending(play: Play) -> None:
    """The store is down for an hour; some senders are held for review."""
    play.wrongly(shifted(play.directory), 10, 11)
    play.site.wait = lambda _, now: hour(13) if hour(10.4) <= now < hour(12) else None
    play.site.hold = lambda sender, now: (
        now + 3 * HOUR + MINUTE if sender.endswith("bank.test") and now >= hour(10) else None
    )
    play.traffic(since=9, until=14)


@world("One message is sent to a wrong and a right address of the same holder.", benign=False)
def folded_recipients(play: Play) -> None:
    """Two log lines, one copy, which is rightful; alone, the wrong address makes a wrong copy."""
    owner, holder = play.accounts[0], play.accounts[1]
    play.wrongly(play.directory.with_aliases({short(owner): (holder,)}), 9, 15)
    play.traffic(since=15.5)
    for place in range(12):
        rcpts = [[short(owner), holder], [short(owner)], [short(owner), short(holder), owner]][
            place % 3
        ]
        play.at(hour(9.2 + place / 3), play.receive, rcpts)


@world("A regexp table matches more than was meant.", benign=False)
def pattern_too_wide(play: Play) -> None:
    """An expression without its anchors captures other addresses."""
    first = play.accounts[0]
    play.directory = replace(play.directory, patterns=((rf"^office-[0-9]+@{DOMAIN}$", first),))
    faulty = replace(
        play.directory, patterns=((rf"^[a-h].*bakker@{DOMAIN}$", first), *play.directory.patterns)
    )
    play.wrongly(faulty, 12, 14)
    play.traffic()
