"""The mark by which the policy server is silent about one account, as a dead one is about all.

`postwarden doctor` proves with it what happens while Postwarden is down, without stopping anything. The
mark is a file beside the projection that names the throw-away account. Nobody is let in by it: what holds
while the policy server is down is the servers' own look-up in the projection.
"""

import os
import time
from contextlib import suppress

from postwarden.durable.service import replace_text
from postwarden.vocabulary import normal

_SECONDS = 60  # after which it is as good as gone: whoever set it may have been killed


def silence(folder: str, account: str) -> None:
    """Let the policy server of this host not answer about an account for a minute; set it again for more.

    Args:
        folder: of the projection.
        account: in any notation.

    Raises:
        OSError: the file cannot be written.
    """
    replace_text(_file(folder), normal(account))
    os.chmod(_file(folder), 0o644)  # the policy server may run as another user than the doctor


def end_silence(folder: str) -> None:
    """Let it answer about everybody again."""
    with suppress(FileNotFoundError):
        os.unlink(_file(folder))


def is_silent(folder: str, account: str) -> bool:
    """Tell whether the account (normal form) is marked; where the mark cannot be read, it is not."""
    path = _file(folder)
    try:
        if time.time() - os.stat(path).st_mtime > _SECONDS:
            return False
        with open(path, encoding="utf-8") as file:
            return file.read() == account
    except (OSError, ValueError):
        return False


def _file(folder: str) -> str:
    return os.path.join(folder, "silent")
