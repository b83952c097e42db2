"""The route by LMTP: what was accepted has arrived, and what is not known stays unclear."""

import re
import smtplib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from postwarden.relocation.service import (
    Absence,
    Original,
    Parcel,
    PermanentRouteError,
    Room,
    TemporaryRouteError,
    Ticket,
    Wanted,
    Where,
    content_hash,
)

_RETURN_PATH = re.compile(rb"\AReturn-Path: <([^>\r\n]*)>", re.IGNORECASE)
_SECONDS = 60.0
_OK, _GO_ON = 250, 354
_REFUSED = range(400, 600)
_NO_SUCH = range(550, 554)


class LmtpRoute:
    """Implements `Route`; it reads and removes nothing."""

    name = "lmtp"
    waits = True

    def __init__(self, host: str, port: int, seconds: float = _SECONDS) -> None:
        """Bind it; `seconds` is how long an answer may take."""
        self._where = host, port
        self._seconds = seconds
        self._parcels: dict[str, Parcel] = {}
        self._known: dict[str, Where] = {}

    def rooms(self, accounts: Sequence[str]) -> Mapping[str, Room]:
        """Ask whether the agent would take mail for accounts."""
        found = {}
        with self._session() as session:
            for account in accounts:
                if not _sayable(account):
                    found[account] = Room(exists=False)
                    continue
                session.mail("")
                code, _ = session.rcpt(account)
                session.rset()
                if code != _OK and code not in _NO_SUCH:
                    raise TemporaryRouteError(f"lmtp: an account is refused for now ({code})")
                found[account] = Room(code == _OK)
        return found

    def read(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Original | Absence]]:  # noqa: ARG002  # the port's
        """Refuse: nothing can be read by LMTP."""
        raise PermanentRouteError("lmtp: nothing can be read there")

    def stage(self, parcels: Sequence[Parcel]) -> Mapping[str, Ticket]:
        """Keep parcels in this process; left out are those whose envelope LMTP cannot say in ASCII."""
        kept = [
            one
            for one in parcels
            if _sayable(one.account) and _sayable(_sender(one).decode("latin-1"))
        ]
        self._parcels |= {one.key: one for one in kept}
        return {
            one.key: Ticket(one.key, one.account, one.folder, "", {"by": "lmtp"}) for one in kept
        }

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Hand over what was staged in this process and not tried before."""
        waiting = [
            one for one in tickets if one.key in self._parcels and one.key not in self._known
        ]
        if not waiting:
            return
        with self._session() as session:
            for ticket in waiting:
                self._known[ticket.key] = Where.UNCLEAR
                self._known[ticket.key] = _handed_over(session, self._parcels[ticket.key])

    def settle(self, tickets: Sequence[Ticket]) -> Mapping[str, Where]:
        """Say what the agent answered; unclear where it did not, or another process asked it."""
        return {one.key: self._known.get(one.key, self._unasked(one.key)) for one in tickets}

    def _unasked(self, key: str) -> Where:
        return Where.STAGED if key in self._parcels else Where.UNCLEAR

    def arrived(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, str | Where]]:
        """Give the hashes of what the agent has accepted; it can be asked for nothing more."""
        for one in tickets:
            yield one, content_hash(self._parcels[one.key].content)

    def remove(self, copies: Sequence[tuple[Wanted, str]]) -> Mapping[str, Absence | None]:  # noqa: ARG002  # the port's
        """Refuse: nothing can be removed by LMTP."""
        raise PermanentRouteError("lmtp: nothing can be removed there")

    def restore(self, parcel: Parcel, flags: Sequence[str], keywords: Sequence[str]) -> Ticket:  # noqa: ARG002  # the port's
        """Refuse: neither date nor flags would be those that the copy had."""
        raise PermanentRouteError("lmtp: nothing can be put back there as it was")

    def clear(self, keys: Sequence[str], accounts: Collection[str]) -> None:  # noqa: ARG002  # the port's
        """Forget parcels of these keys."""
        for key in [one for one in self._parcels if one.startswith(tuple(keys))]:
            del self._parcels[key]
            self._known.pop(key, None)

    def residue(self) -> Sequence[str]:
        """Name nothing: nothing is removed there."""
        return ()

    def _session(self) -> "_Session":
        return _Session(*self._where, self._seconds)


class _Session:
    """A connection whose trouble before a message's last byte means that nothing was handed over."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._where, self._seconds = (host, port), seconds

    def __enter__(self) -> smtplib.LMTP:
        try:
            self._lmtp = smtplib.LMTP(*self._where, timeout=self._seconds)
            self._lmtp.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryRouteError(f"lmtp: {error}") from error
        return self._lmtp

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._lmtp.quit()
        if isinstance(error, OSError | smtplib.SMTPException):
            raise TemporaryRouteError(f"lmtp: {error}") from error


def _handed_over(session: smtplib.LMTP, parcel: Parcel) -> Where:
    """Give what became of a message; LOST: the agent did not take it, so that it may be tried again."""
    try:
        session.mail(_sender(parcel).decode("ascii"))
        code, _ = session.rcpt(parcel.account)
        if code != _OK or session.docmd("DATA")[0] != _GO_ON:
            session.rset()
            return Where.LOST
    except (OSError, smtplib.SMTPException):
        return Where.LOST
    try:
        session.send(_quoted(parcel.content))
        code, _ = session.getreply()
    except (OSError, smtplib.SMTPException):
        return Where.UNCLEAR
    if code == _OK:
        return Where.ARRIVED
    if code in _REFUSED:
        return Where.LOST
    session.close()  # what it says next may be of this message still
    return Where.UNCLEAR


def _sayable(address: str) -> bool:
    """Tell whether an address can stand in a command: nothing of it ends the line, or begins another."""
    return address.isascii() and address.isprintable()


def _sender(parcel: Parcel) -> bytes:
    found = _RETURN_PATH.match(parcel.content)
    return found[1] if found else b""


def _quoted(content: bytes) -> bytes:
    """Give a message as DATA has it (RFC 5321 section 4.5.2)."""
    lines = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    dotted = re.sub(rb"(?m)^\.", b"..", lines)
    return dotted + b".\r\n"
