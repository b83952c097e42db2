"""A mail user's program: IMAP with one mailbox open."""

import imaplib
import time
from types import TracebackType
from typing import Any, Self

from realmail.options import MASTER, MASTER_PASSWORD
from realmail.pair import MailPair


class Reader:
    """An IMAP session of one account with INBOX selected; of the master user where asked."""

    def __init__(self, pair: MailPair, account: str, *, master: bool = False) -> None:
        self._imap = imaplib.IMAP4("127.0.0.1", pair.ports.imap)
        if master:
            self._imap.login(f"{account}*{MASTER}", MASTER_PASSWORD)
        else:
            self._imap.login(account, pair.options.users[account])
        self._done(self._imap.select("INBOX"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._imap.logout()

    @staticmethod
    def _done(answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        assert status == "OK", data
        return data

    def _uid(self, message_id: str) -> str:
        found = self._done(self._imap.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))
        return str(found[0].split()[0], "ascii")

    def list_all(self) -> None:
        """Look at the list of messages, as programs do when a folder is opened."""
        self._done(self._imap.uid("FETCH", "1:*", "(FLAGS ENVELOPE RFC822.SIZE)"))

    def peek_header(self, message_id: str) -> None:
        """Fetch the header without setting \\Seen."""
        self._done(self._imap.uid("FETCH", self._uid(message_id), "(BODY.PEEK[HEADER])"))

    def open(self, message_id: str) -> bytes:
        """Read a message; gives its bytes with CRLF."""
        data = self._done(self._imap.uid("FETCH", self._uid(message_id), "(BODY[])"))
        return bytes(data[0][1])

    def copy(self, message_id: str, folder: str) -> None:
        """Copy to another folder."""
        self._done(self._imap.uid("COPY", self._uid(message_id), folder))

    def move(self, message_id: str, folder: str) -> None:
        """Move to another folder (RFC 6851)."""
        self._done(self._imap.uid("MOVE", self._uid(message_id), folder))

    def create(self, folder: str) -> None:
        """Create a folder."""
        self._done(self._imap.create(folder))

    def append(self, folder: str, data: bytes, flags: str = "", age: int = 0) -> None:
        """Store a message with an INTERNALDATE `age` seconds ago."""
        date = imaplib.Time2Internaldate(time.time() - age)
        self._done(self._imap.append(folder, flags, date, data))

    def delete(self, message_id: str) -> None:
        """Delete for good."""
        self._done(self._imap.uid("STORE", self._uid(message_id), "+FLAGS", r"(\Deleted)"))
        self._done(self._imap.expunge())
