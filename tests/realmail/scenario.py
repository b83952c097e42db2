"""A day at a provider: mail under the right alias map, a faulty one, and the right one again.

Run it with `python -m realmail.scenario TREE [CORPUS]` from tests/, as root.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from postwarden.drills.lab.postfix import write_settled
from postwarden.drills.lab.processes import wait_until
from realmail import tree
from realmail.cast import FAULTY, INTENDED, MANY, ONE, PASSWORDS
from realmail.day import REDIRECTS, Day, at
from realmail.habits import migrate, use_mailboxes
from realmail.messages import messages
from realmail.options import DELIVERY_LOG_DEFAULT, PairOptions
from realmail.pair import MailPair
from realmail.reader import Reader

ALIASES = ("sales", "shop", "press", "board", "team", "help", "jobs", "billing")
HELD = "held@sender.example"
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
        use_mailboxes(day)
        migrate(day)
        _wait_for_the_logs(day)
    result = place / "provider"
    tree.write(pair, result)
    day.truth.settle(tree.stored(result / "vmail"))
    day.truth.write(result / "truth.jsonl")
    return result


def _set_up(day: Day) -> None:
    etc = day.pair.root / "postfix"
    write_settled(etc / "recipient_bcc", tree.bcc_text())
    write_settled(etc / "access", f"{HELD} HOLD under examination\n")
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
