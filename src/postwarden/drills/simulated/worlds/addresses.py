"""Benign worlds about addresses: groups, catch-alls, extensions, rewriting, reassignment."""

from dataclasses import replace

from postwarden.drills.simulated.play import Play, hour, short
from postwarden.drills.simulated.site import DOMAIN
from postwarden.drills.simulated.worlds.registry import world

SRS = rf"^SRS0=[^=@]+=[^=@]+=([^=@]+)=([^@]+)@{DOMAIN.replace('.', '[.]')}$"


@world("Mail to groups and to groups of groups.", benign=True)
def nested_groups(play: Play) -> None:
    """A choir with voices, a board inside an association."""
    a = play.accounts
    play.directory = play.directory.with_aliases(
        {
            f"sopranos@{DOMAIN}": a[:3],
            f"basses@{DOMAIN}": a[3:6],
            f"choir@{DOMAIN}": (f"sopranos@{DOMAIN}", f"basses@{DOMAIN}", a[6]),
            f"everyone@{DOMAIN}": (f"choir@{DOMAIN}", short(a[7]), "guest@example.com"),
        }
    )
    play.traffic()
    for place in range(24):
        group = ("sopranos", "choir", "everyone")[place % 3]
        play.at(hour(9 + place / 3), play.receive, [f"{group}@{DOMAIN}"])


@world(
    "A catch-all with an identity entry for every account that it must not swallow.", benign=True
)
def catch_all(play: Play) -> None:
    """Unknown addresses lead to the first account, known ones to their own."""
    identities = {account: (account,) for account in play.accounts}
    play.directory = play.directory.with_aliases(identities | {f"@{DOMAIN}": (play.accounts[0],)})
    play.traffic()
    for place in range(15):
        rcpt = f"webshop{place}@{DOMAIN}"
        play.at(hour(8 + place / 2), play.receive, [rcpt])


@world("Plus-addresses, also of aliases, alone and beside the plain address.", benign=True)
def plus_addresses(play: Play) -> None:
    """The extension passes through aliases."""
    play.traffic()
    for place, account in enumerate(play.accounts[:12]):
        tagged = short(account).replace("@", "+Shop@")
        rcpts = [tagged] if place % 2 else [tagged, account]
        play.at(hour(9 + place / 3), play.receive, rcpts)


@world("An address passes from one person to another at noon.", benign=True)
def reassigned_address(play: Play) -> None:
    """What came in the morning stays with the first, what comes later is the second's."""
    sales = f"sales@{DOMAIN}"
    before = play.directory.with_aliases({sales: (play.accounts[0],)})
    after = before.with_aliases({sales: (play.accounts[1],)})
    play.directory = before
    play.site.intended.change(hour(12), after)
    play.site.live.change(hour(12), after)
    play.traffic()
    for place in range(20):
        play.at(hour(8 + place / 2.6), play.receive, [sales])


@world("An account gets another name at noon; its home moves with it.", benign=True)
def renamed_account(play: Play) -> None:
    """The old name stays as an alias of the new one."""
    old, new = play.accounts[0], f"married.name@{DOMAIN}"
    before = play.directory
    accounts = (new, *play.accounts[1:])
    aliases = {
        key: tuple(new if value == old else value for value in values)
        for key, values in before.aliases.items()
    } | {old: (new,)}
    after = replace(before, accounts=accounts, aliases=aliases)
    play.site.intended.change(hour(12), after)
    play.site.live.change(hour(12), after)
    play.accounts = accounts[1:]
    play.traffic()
    play.at(hour(12), play.site.store.rename, old, new)
    for place in range(20):
        play.at(hour(8 + place / 2.6), play.receive, [old])


@world("Bounces to SRS addresses, and mail whose sender a forwarder rewrote.", benign=True)
def srs(play: Play) -> None:
    """A regexp canonical table undoes the sender rewriting scheme."""
    play.directory = replace(play.directory, canonical=((SRS, "$2@$1"),))
    play.traffic()
    for place, account in enumerate(play.accounts[:10]):
        local = account.partition("@")[0]
        back = f"SRS0=a1B2=XY={DOMAIN}={local}@{DOMAIN}"
        forwarded = f"SRS0=Q9z=XY=shop.test=orders@forwarder{place}.test"
        play.at(hour(9 + place / 4), play.receive, [back], sender="")
        play.at(
            hour(9.1 + place / 4),
            play.receive,
            [account],
            sender=forwarded,
        )


@world("Canonical rewriting of recipients, a domain alias, and a regexp alias table.", benign=True)
def canonical_maps(play: Play) -> None:
    """Old spellings and an old domain still reach their people."""
    first = play.accounts[0]
    play.directory = replace(
        play.directory,
        canonical=((rf"^([a-z]+)_([a-z]+)@{DOMAIN}$", f"$1.$2@{DOMAIN}"),),
        patterns=((rf"^office-[0-9]+@{DOMAIN}$", first),),
        domain_aliases={"example.org": DOMAIN},
    )
    play.traffic()
    for place, account in enumerate(play.accounts[:10]):
        rcpts = [
            account.replace(".", "_", 1),
            account.replace(DOMAIN, "example.org"),
            f"office-{place}@{DOMAIN}",
        ]
        for part, rcpt in enumerate(rcpts):
            play.at(hour(9 + place / 4 + part / 20), play.receive, [rcpt])


@world("A BCC map copies a department's mail to an archive account.", benign=True)
def bcc_maps(play: Play) -> None:
    """The archive holds mail that is addressed to others."""
    archive = play.accounts[-1]
    play.directory = replace(play.directory, bcc=dict.fromkeys(play.accounts[:4], archive))
    play.traffic()
    for place, account in enumerate(play.accounts[:4] * 3):
        play.at(hour(9 + place / 4), play.receive, [account])
