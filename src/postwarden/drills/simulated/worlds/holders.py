"""What holders do with misdelivered mail: read it, resend it, carry it on."""

from postwarden.drills.simulated.clock import MINUTE
from postwarden.drills.simulated.play import Play, hour, short
from postwarden.drills.simulated.site import Sieve
from postwarden.drills.simulated.truth import judged
from postwarden.drills.simulated.worlds import stores
from postwarden.drills.simulated.worlds.demo import shifted
from postwarden.drills.simulated.worlds.homes import drag
from postwarden.drills.simulated.worlds.registry import world


def _astray(play: Play, other: tuple[str, str] | None = None) -> tuple[str, str]:
    """Let the first account's alias lead to the second account from 9 to 15, and another pair's."""
    owner, holder = play.accounts[:2]
    pairs = dict(filter(None, [(owner, holder), other]))
    wrong = {short(one): (two,) for one, two in pairs.items()}
    play.wrongly(play.directory.with_aliases(wrong), 9, 15)
    for place in range(8):
        for alias in wrong:
            play.at(hour(9.5 + place / 2), play.receive, [alias])
    return owner, holder


@world("A wrong holder kindly resends the mail to its owner.", benign=False)
def kindly_resent(play: Play) -> None:
    """The holder's copy is wrong, the owner's resent one is rightful."""
    owner, holder = _astray(play)
    play.traffic()
    play.at(hour(16), _resend_kindly, play, holder, owner)


def _resend_kindly(play: Play, holder: str, owner: str) -> None:
    with play.imap(holder) as imap:
        copies = [copy for copy in imap.select() if judged(copy)[0] == "misdelivered"]
        for copy in copies:
            imap.read(copy)
    for copy in copies:
        head = f"Resent-From: <{holder}>\nResent-To: <{owner}>\n".encode()
        content = head + copy.content.partition(b"\n")[2]
        play.submit(holder, [owner], letter=copy.letter, content=content, sent=False)


@world(
    "A wrong holder's Sieve redirect carries misdelivered mail on to a third account.", benign=False
)
def second_hand_redirect(play: Play) -> None:
    """The third account gets the holder's own mail rightfully by the same script."""
    _, holder = _astray(play)
    play.site.sieve[holder] = Sieve("redirect-copy", play.accounts[2])
    play.traffic()


@world("A wrong holder drags misdelivered mail into another account of theirs.", benign=False)
def second_hand_drag(play: Play) -> None:
    """All of INBOX is dragged, own mail and other people's."""
    _, holder = _astray(play)
    play.traffic(until=15)
    play.at(hour(17), drag, play, holder, play.accounts[2])


@world(
    "Misdelivered mail is listed, opened, answered, filed, downloaded and deleted.", benign=False
)
def exposed(play: Play) -> None:
    """Each of the misdelivered copies meets another fate."""
    other = play.accounts[3]
    _, holder = _astray(play, (play.accounts[2], other))
    play.traffic()
    play.at(hour(16), _expose, play, holder)
    play.at(hour(16) + MINUTE, _download, play, other)


def _expose(play: Play, holder: str) -> None:
    answered: list[str] = []
    with play.imap(holder) as imap:
        copies = [copy for copy in imap.select() if judged(copy)[0] == "misdelivered"]
        imap.list(copies)
        for place, copy in enumerate(copies):
            if place:
                imap.read(copy)
            match place:
                case 2:
                    imap.answered(copy)
                    answered.append(play.outsider())
                case 3:
                    imap.move(copy, "Archive/2026")
                case 4:
                    imap.copy(copy, "Kopieën/2026")
                case 5:
                    imap.expunge(copy)
                case 6:
                    imap.forwarded(copy)
                case _:
                    pass
    for person in answered:
        play.submit(holder, [person])


def _download(play: Play, account: str) -> None:
    with play.pop3(account) as pop3:
        pop3.download(delete=True)


@world(
    "Several faults on one day among the traffic of sixty accounts and more.",
    benign=False,
    style="rfc3339",
    accounts=64,
)
def mixed(play: Play) -> None:
    """A shifted map, a wrong home, crossed bodies, one mail to everyone, an evening of reading."""
    play.wrongly(shifted(play.directory), 9, 10.5)
    a = play.accounts
    wrong = {a[-1]: a[-2]}
    play.site.home_of = lambda account, now: (
        wrong.get(account, account) if hour(12) <= now < hour(15) else account
    )
    play.site.sieve[a[5]] = Sieve("redirect-copy", a[9])
    play.at(hour(11), stores.cross, play, whole=False)
    play.at(hour(11.5), play.receive, [a[3]])
    play.at(hour(16), stores.resend, play, a[3])
    play.at(hour(17), play.site.store.restore, a[7], a[8])
    play.traffic()
    play.readers(a[::3])
