"""Probe messages in mailboxes, by doveadm's search and expunge (doveadm-search(1), doveadm-expunge(1))."""

from postwarden.holds.service import ControlError
from postwarden.holds.settings import DovecotSettings
from postwarden.servers.dovecot.api import Answer, Asked, Failure
from postwarden.servers.dovecot.control import ControlDoveadm


class DovecotMailboxes:
    """Implements `Mailboxes` on one Dovecot."""

    def __init__(self, dovecot: DovecotSettings, seconds: float = 30.0) -> None:
        """Bind it; `seconds` is how long an answer may take."""
        self._doveadm = ControlDoveadm(dovecot.url, dovecot.api_key, seconds)

    def has(self, account: str, message_id: str) -> bool:
        """Tell whether a message is stored, in any folder."""
        query = ["HEADER", "Message-ID", message_id]
        answer = self._asked(("search", {"user": account, "query": query}))
        return not isinstance(answer, Failure) and bool(answer)

    def remove(self, account: str, mark: str) -> None:
        """Remove messages with this mark in their Message-ID, from all folders."""
        query = ["MAILBOX", "*", "HEADER", "Message-ID", mark]
        self._asked(("expunge", {"user": account, "query": query}))

    def _asked(self, asked: Asked) -> Answer:
        (answer,) = self._doveadm.ask([asked])
        if isinstance(answer, Failure):
            raise ControlError(f"doveadm {asked[0]} failed ({answer.kind}, {answer.code})")
        return answer
