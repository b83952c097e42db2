"""A session of IMAP that carries messages byte by byte (RFC 3501; MULTIAPPEND: RFC 3502).

The standard library's imaplib makes CR LF of a lone CR in what it appends, cannot append several
messages at once, and waits for each piece anew. Here a command as a whole ends by a deadline, and
literals (RFC 7888, LITERAL+) go and come as they are. Only what the staging account needs is here.
"""

import re
import secrets
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple, Self
from weakref import finalize

from postwarden.relocation.service import PermanentRouteError, TemporaryRouteError
from postwarden.vocabulary import Moment, moment_of

_LONGEST_LINE = 1024 * 1024
_LARGEST = 1024 * 1024 * 1024  # a message
_PIECE = 256 * 1024
_NEEDED = frozenset(
    {b"LITERAL+", b"MULTIAPPEND", b"NAMESPACE", b"UIDPLUS", b"UNSELECT", b"LIST-STATUS"}
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LITERAL = re.compile(rb"\{(\d{1,10})\}\Z")
_UID = re.compile(rb"[( ]UID (\d+)")
_FLAGS = re.compile(rb"[( ]FLAGS \(([^()]*)\)")
_GUID = re.compile(rb"[( ]X-GUID ([^ ()]+)")
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d+)")
_STATUS = re.compile(rb'\* STATUS "?([^" ]+)"? \(X-GUID (\w+)\)')
_DATE = re.compile(
    rb'[( ]INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_PERSONAL = re.compile(rb"\A\* NAMESPACE \((\(.*?\))\) ")
_PREFIX = re.compile(rb'\("([ -!#-\[\]-~]*)"')
_TRIED = "postwarden-read-0-"


class Place(NamedTuple):
    """Where IMAP is spoken; with TLS from the start, or without."""

    host: str
    port: int
    tls: bool


class Letter(NamedTuple):
    """A message to append."""

    content: bytes
    date: Moment
    flags: Sequence[str] = ()


class Mail(NamedTuple):
    """A stored message as it was fetched; flags and keywords as they came."""

    uid: int
    date: Moment
    flags: tuple[str, ...]
    content: bytes


class Held(NamedTuple):
    """What a folder of staging holds.

    Attributes:
        size: in the canonical form.
        date: INTERNALDATE in seconds.
    """

    uid: int
    guid: str
    size: int
    date: int


class _Answer(NamedTuple):
    """An untagged response: its text with every literal left out, and the literals."""

    text: bytes
    literals: list[bytes]


class Imap:
    """A session, logged in; a context that ends it.

    Every method raises `TemporaryRouteError` where the server fails it: what was appended before
    may be there. Nothing but the staging account is within reach.
    """

    def __init__(self, place: Place, account: str, password: str, seconds: float) -> None:
        """Connect and log in.

        Args:
            place: the server.
            account: login name of the staging account.
            password: of the account.
            seconds: that a whole command may take.

        Raises:
            TemporaryRouteError: no connection, or no answer.
            PermanentRouteError: the login is refused, or the server lacks what is needed.
        """
        self._name = f"{place.host}:{place.port}"
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._buffer = bytearray()
        self._tag = 0
        self._socket = self._connected(place)
        finalize(self, self._socket.close)
        try:
            self._line()
            self._log_in(account.encode(), password.encode())
            self.prefix = self._prefix()
        except BaseException:  # whatever ended it, the socket is not left open
            self._socket.close()
            raise

    def _connected(self, place: Place) -> socket.socket:
        try:
            plain = socket.create_connection((place.host, place.port), self._seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # commands go in pieces
            if not place.tls:
                return plain
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=place.host)
        except ssl.SSLCertVerificationError as error:
            raise TemporaryRouteError(
                f"IMAP at {self._name}: its certificate is refused: {error.verify_message}; let this system"
                " trust its CA, and [[relocation.backends]] name the host as the certificate does"
            ) from error
        except OSError as error:
            raise TemporaryRouteError(f"IMAP at {self._name}: {error}") from error

    def _log_in(self, account: bytes, password: bytes) -> None:
        words = b"LOGIN {%d+}\r\n%b {%d+}\r\n%b" % (len(account), account, len(password), password)
        status, _ = self._command(words)
        if not status.startswith(b"OK"):
            kind = TemporaryRouteError if b"[UNAVAILABLE]" in status else PermanentRouteError
            raise kind(f"IMAP at {self._name}: the staging account cannot log in")
        _, told = self._command(b"CAPABILITY")
        able = {word for answer in told for word in answer.text.upper().split()}
        if not able >= _NEEDED:
            lacks = b", ".join(sorted(_NEEDED - able)).decode()
            raise PermanentRouteError(f"IMAP at {self._name}: lacks {lacks}")

    def _prefix(self) -> str:
        """Give what the names of the account's own folders begin with (RFC 2342).

        Of several namespaces, some may be virtual or hold what was expunged: the first one counts in
        which a folder can be made.
        """
        _, told = self._command(b"NAMESPACE")
        personal = [match for answer in told if (match := _PERSONAL.match(answer.text))]
        found = [one.decode() for match in personal for one in _PREFIX.findall(match[1])]
        return next((one for one in found if len(found) == 1 or self._is_of_use(one)), "")

    def _is_of_use(self, prefix: str) -> bool:
        name = f"{prefix}{_TRIED}{secrets.token_hex(8)}"
        status, _ = self._command(b'CREATE "%b"' % name.encode("ascii"))
        if status.startswith(b"OK"):
            self.delete(name)
        return status.startswith(b"OK")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        with suppress(OSError):
            self._socket.sendall(b"bye LOGOUT\r\n")
        self._socket.close()

    def is_alive(self) -> bool:
        """Whether the server still answers."""
        try:
            self.do(b"NOOP")
        except TemporaryRouteError:
            return False
        return True

    def append(self, folder: str, letters: Sequence[Letter]) -> None:
        """Append messages to a folder, all or none, in this order.

        Args:
            folder: of ASCII letters, digits, "-", "." and "/".
            letters: at least one; an empty message is refused by servers.
        """
        self._start(b'APPEND "%b"' % folder.encode("ascii"))
        for one in letters:
            flags = " ".join(one.flags).encode("ascii")
            head = b' (%b) "%b" {%d+}\r\n' % (flags, written(one.date), len(one.content))
            self._send(head)
            self._send(one.content)
        self._send(b"\r\n")
        status, _ = self._answers()
        if not status.startswith(b"OK"):
            raise TemporaryRouteError(
                f"IMAP at {self._name}: staging takes no message: {_said(status)}"
            )

    def fetch(self, folder: str, uids: str) -> list[Mail]:
        """Give the messages of a folder that have these UIDs; flags stay as they are."""
        self.do(b'EXAMINE "%b"' % folder.encode("ascii"))
        wanted = b"UID FETCH %b (UID INTERNALDATE FLAGS BODY.PEEK[])" % uids.encode("ascii")
        return [mail for answer in self.do(wanted) if (mail := _mail(answer)) is not None]

    def held(self, folder: str) -> list[Held]:
        """Give what a folder holds, in order of UIDs."""
        self.do(b'EXAMINE "%b"' % folder.encode("ascii"))
        told = self.do(b"UID FETCH 1:* (UID X-GUID RFC822.SIZE INTERNALDATE)")
        return [one for answer in told if (one := _held(answer)) is not None]

    def first_body(self, folder: str) -> str:
        """Give the body of the message with UID 1, "" where there is none."""
        self.do(b'EXAMINE "%b"' % folder.encode("ascii"))
        told = self.do(b"UID FETCH 1 (BODY.PEEK[TEXT])")
        bodies = [answer.literals[-1] for answer in told if answer.literals]
        return bodies[0].decode("ascii", "replace") if bodies else ""

    def folders(self, pattern: str) -> dict[str, str]:
        """Give name by GUID of the folders that match (X-GUID: Dovecot alone has it)."""
        told = self.do(b'LIST "" "%b" RETURN (STATUS (X-GUID))' % pattern.encode("ascii"))
        found = (_STATUS.match(answer.text) for answer in told)
        return {match[2].decode(): match[1].decode() for match in found if match}

    def create(self, folder: str) -> None:
        """Make a folder."""
        self.do(b'CREATE "%b"' % folder.encode("ascii"))

    def rename(self, folder: str, name: str) -> None:
        """Give a folder another name; its GUID, its UIDs and UIDVALIDITY stay."""
        self.do(b'RENAME "%b" "%b"' % (folder.encode("ascii"), name.encode("ascii")))

    def leave(self) -> None:
        """Leave the folder that was looked into last: the server ends sessions whose folder goes."""
        self.do(b"UNSELECT", b"BAD")

    def delete(self, folder: str) -> None:
        """Remove a folder and what it holds."""
        self.leave()
        self.do(b'DELETE "%b"' % folder.encode("ascii"), b"NO [NONEXISTENT]")

    def expunge(self, folder: str, uids: str) -> None:
        """Remove messages of a folder."""
        self.do(b'SELECT "%b"' % folder.encode("ascii"))
        self.do(b"UID STORE %b +FLAGS.SILENT (\\Deleted)" % uids.encode("ascii"))
        self.do(b"UID EXPUNGE %b" % uids.encode("ascii"))

    def do(self, words: bytes, *expected: bytes) -> list[_Answer]:
        """Give the untagged responses to a command that must succeed, or fail in an expected way."""
        status, told = self._command(words)
        if not status.startswith((b"OK", *expected)):
            raise TemporaryRouteError(f"IMAP at {self._name}: {_said(status)}")
        return told

    def _command(self, words: bytes) -> tuple[bytes, list[_Answer]]:
        self._start(words)
        self._send(b"\r\n")
        return self._answers()

    def _start(self, words: bytes) -> None:
        self._deadline = time.monotonic() + self._seconds
        self._tag += 1
        self._send(b"p%d " % self._tag + words)

    def _answers(self) -> tuple[bytes, list[_Answer]]:
        """Give the tagged response without its tag, and the untagged ones before it."""
        tag = b"p%d " % self._tag
        found = []
        while not (line := self._line()).startswith(tag):
            text, literals = line, []
            while match := _LITERAL.search(line):
                literals.append(self._exactly(int(match[1])))
                line = self._line()
                text += line
            found.append(_Answer(text, literals))
        return line[len(tag) :], found

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise TemporaryRouteError(f"IMAP at {self._name}: sends a line without end")
            self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _exactly(self, count: int) -> bytes:
        if count > _LARGEST:
            raise TemporaryRouteError(f"IMAP at {self._name}: a message of {count} bytes")
        while len(self._buffer) < count:
            self._receive()
        content = bytes(self._buffer[:count])
        del self._buffer[:count]
        return content

    def _receive(self) -> None:
        try:
            self._socket.settimeout(self._left())
            piece = self._socket.recv(_PIECE)
        except OSError as error:
            raise TemporaryRouteError(f"IMAP at {self._name}: {error}") from error
        if not piece:
            raise TemporaryRouteError(f"IMAP at {self._name}: the server ended the session")
        self._buffer += piece

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except OSError as error:
            raise TemporaryRouteError(f"IMAP at {self._name}: {error}") from error

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


def written(date: Moment) -> bytes:
    """Write a date as APPEND takes it, in UTC."""
    when = datetime.fromtimestamp(date // 1_000_000, UTC)
    month = _MONTHS[when.month - 1]
    return f"{when.day:2}-{month}-{when.year:04} {when:%H:%M:%S} +0000".encode()


def _mail(answer: _Answer) -> Mail | None:
    """Read a FETCH response with a body; others tell of flags that changed."""
    uid, flags, date = (one.search(answer.text) for one in (_UID, _FLAGS, _DATE))
    if not answer.literals or uid is None or flags is None or date is None:
        return None
    found = tuple(flags[1].decode("ascii", "replace").split())
    return Mail(int(uid[1]), _moment(date), found, answer.literals[-1])


def _held(answer: _Answer) -> Held | None:
    uid, guid, size, date = (one.search(answer.text) for one in (_UID, _GUID, _SIZE, _DATE))
    if uid is None or guid is None or size is None or date is None:
        return None
    return Held(int(uid[1]), guid[1].decode(), int(size[1]), _moment(date) // 1_000_000)


def _moment(date: re.Match[bytes]) -> Moment:
    day, month, year, hour, minute, second, sign, hours, minutes = (
        one.decode() for one in date.groups()
    )
    away = timedelta(hours=int(hours), minutes=int(minutes))
    zone = timezone(-away if sign == "-" else away)
    clock = (int(hour), int(minute), int(second))
    try:
        return moment_of(
            datetime(int(year), _MONTHS.index(month) + 1, int(day), *clock, tzinfo=zone)
        )
    except ValueError as error:
        raise TemporaryRouteError("IMAP: a message has no date that can be") from error


def _said(status: bytes) -> str:
    """Give a server's reason, without what could reach a terminal."""
    return "".join(c for c in status[:200].decode("ascii", "replace") if c.isprintable())
