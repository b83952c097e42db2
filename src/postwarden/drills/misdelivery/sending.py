"""Giving the mail of a schedule to the lab's Postfix, over several connections at once."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from postwarden.drills.lab.service import Lab, send_all
from postwarden.drills.misdelivery.schedule import Sending
from postwarden.drills.misdelivery.stock import Letter

_CONNECTIONS = 4
_SECONDS = 120.0
_SENDER = "lists@sender.example"
_PARKING = "defer_transports = lmtp\n"  # postconf(5): such mail waits until the queue is flushed


def send(lab: Lab, letters: Sequence[Letter], sendings: Sequence[Sending]) -> None:
    """Send all, a part over each connection; each connection keeps the order of its own.

    Raises:
        MailRefused: Postfix did not take one of them.
    """
    mail = [(_SENDER, one.recipients, letters[one.letter].data) for one in sendings]
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        parts = [mail[first::_CONNECTIONS] for first in range(_CONNECTIONS)]
        for done in [pool.submit(send_all, lab.ports.smtp, part, _SECONDS) for part in parts]:
            done.result()


def wait(lab: Lab) -> None:
    """Wait until all is delivered; raise `NotReady` where it is not in time."""
    lab.servers.wait_for_empty_queue(_SECONDS)


@contextmanager
def parked(lab: Lab) -> Iterator[None]:
    """Let accepted mail wait, every other message on hold; delivered once the block has ended."""
    file = lab.servers.postfix_folder / "main.cf"
    as_usual = file.read_text()
    _configure(lab, as_usual + _PARKING)
    try:
        yield
    finally:
        _configure(lab, as_usual)
    lab.servers.postfix_command("postsuper", "-H", "ALL")
    lab.servers.postfix_command("postqueue", "-f")
    wait(lab)


def hold_every_other(lab: Lab) -> None:
    """Put every other waiting message on hold, once each of them was tried."""
    lab.servers.wait_for_deferral(_SECONDS)
    lines = lab.servers.postfix_command("postqueue", "-j").splitlines()
    waiting = sorted(json.loads(line)["queue_id"] for line in lines)
    ids = "".join(f"{one}\n" for one in waiting[::2])
    lab.servers.postfix_command("postsuper", "-h", "-", text=ids.encode())


def _configure(lab: Lab, text: str) -> None:
    file = lab.servers.postfix_folder / "main.cf"
    lab.servers.write_tables({file.name: text})
