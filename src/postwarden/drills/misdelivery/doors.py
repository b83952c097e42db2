"""Whether accounts can log in: tried, not read from what Postwarden says."""

import imaplib
from collections.abc import Iterable

from postwarden.drills.lab.service import HOST, Lab

_SECONDS = 60.0


def open_for(lab: Lab, accounts: Iterable[str]) -> frozenset[str]:
    """Give those of these accounts that IMAP lets in with their password; no folder is opened."""
    return frozenset(one for one in accounts if _is_let_in(lab, one))


def _is_let_in(lab: Lab, account: str) -> bool:
    session = imaplib.IMAP4(HOST, lab.ports.imap, _SECONDS)
    try:
        session.login(account, lab.passwords[account])
    except session.error:
        return False
    else:
        return True
    finally:
        session.shutdown()
