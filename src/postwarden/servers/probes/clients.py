"""What mail programs do, each protocol by its own client."""

import imaplib
import poplib
import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from postwarden.holds.doctor.service import Answer, Attempt, Door, Protocol, Session
from postwarden.servers.probes.sieve import ManageSieve
from postwarden.servers.probes.tls import context

_QUEUED = re.compile(r"queued as ([0-9A-Za-z]{6,20})\b")
_NOT_DONE, _PERMANENT = 300, 500  # RFC 5321 section 4.2.1
_FAILED = (OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto)


class MailPrograms:
    """Implements `Clients`."""

    def __init__(self, seconds: float = 30.0) -> None:
        """Bind it; `seconds` is how long each answer may take."""
        self._seconds = seconds
        self._logins = {
            Protocol.IMAP: self._imap,
            Protocol.POP3: self._pop3,
            Protocol.SIEVE: self._sieve,
            Protocol.SUBMISSION: self._submission,
        }

    def log_in(self, door: Door, account: str, password: str) -> Attempt:
        """Log in and leave."""
        try:
            return self._logins[door.protocol](door, account, password)
        except _FAILED as error:
            return _no_answer(error)

    def stay(self, door: Door, account: str, password: str) -> Session | None:
        """Log in by IMAP or submission and stay; None where that fails."""
        stay: Callable[[Door, str, str], Session | None]
        stay = self._stay_smtp if door.protocol is Protocol.SUBMISSION else self._stay_imap
        try:
            return stay(door, account, password)
        except _FAILED:
            return None

    def submit(self, door: Door, account: str, password: str, message: bytes) -> Attempt:
        """Log in and hand in a message from the account to itself."""
        try:
            with self._smtp(door) as smtp:
                attempt = _smtp_login(smtp, account, password)
                if attempt.answer is Answer.ACCEPTED:
                    return _handed_in(smtp, account, account, message)
                return attempt
        except _FAILED as error:
            return _no_answer(error)

    def deliver(self, door: Door, account: str, message: bytes) -> Attempt:
        """Bring a message for the account without a sender to bounce to."""
        try:
            with self._smtp(door) as smtp:
                return _handed_in(smtp, "", account, message)
        except _FAILED as error:
            return _no_answer(error)

    def _stay_imap(self, door: Door, account: str, password: str) -> Session:
        session = self._connected(door)
        try:
            session.login(account, password)
        except _FAILED:
            session.shutdown()
            raise
        return _Imap(session)

    def _stay_smtp(self, door: Door, account: str, password: str) -> Session | None:
        with ExitStack() as stack:
            smtp = stack.enter_context(self._smtp(door))
            if _smtp_login(smtp, account, password).answer is Answer.ACCEPTED:
                return _Submission(smtp, stack.pop_all())
        return None

    def _imap(self, door: Door, account: str, password: str) -> Attempt:
        session = self._connected(door)
        try:
            session.login(account, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            return Attempt(Answer.REFUSED, str(error))
        finally:
            session.shutdown()
        return Attempt(Answer.ACCEPTED)

    def _connected(self, door: Door) -> imaplib.IMAP4:
        if door.tls:
            return imaplib.IMAP4_SSL(
                door.host, door.port, ssl_context=context(door), timeout=self._seconds
            )
        session = imaplib.IMAP4(door.host, door.port, self._seconds)
        if "STARTTLS" in session.capabilities:
            session.starttls(context(door))
        return session

    def _pop3(self, door: Door, account: str, password: str) -> Attempt:
        with closing(self._pop3_connected(door)) as session:
            if not door.tls and "STLS" in session.capa():
                session.stls(context(door))
            session.user(account)
            try:
                session.pass_(password)
            except poplib.error_proto as error:
                return _refused_pop3(error)
        return Attempt(Answer.ACCEPTED)

    def _pop3_connected(self, door: Door) -> poplib.POP3:
        if door.tls:
            return poplib.POP3_SSL(
                door.host, door.port, timeout=self._seconds, context=context(door)
            )
        return poplib.POP3(door.host, door.port, self._seconds)

    def _sieve(self, door: Door, account: str, password: str) -> Attempt:
        with ManageSieve(door, self._seconds) as session:
            return session.log_in(account, password)

    def _submission(self, door: Door, account: str, password: str) -> Attempt:
        with self._smtp(door) as smtp:
            return _smtp_login(smtp, account, password)

    @contextmanager
    def _smtp(self, door: Door) -> Iterator[smtplib.SMTP]:
        if door.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                door.host, door.port, timeout=self._seconds, context=context(door)
            )
        elif door.protocol is Protocol.LMTP:
            smtp = smtplib.LMTP(door.host, door.port, timeout=self._seconds)
        else:
            smtp = smtplib.SMTP(door.host, door.port, timeout=self._seconds)
        try:
            smtp.ehlo()
            if not door.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=context(door))
                smtp.ehlo()
            yield smtp
        finally:
            with suppress(*_FAILED):
                smtp.quit()
            smtp.close()


class _Imap:
    """Implements `Session`."""

    def __init__(self, session: imaplib.IMAP4) -> None:
        self._session = session

    def is_open(self) -> bool:
        try:
            return self._session.noop()[0] == "OK"
        except _FAILED:
            return False

    def submit(self, account: str, message: bytes) -> Attempt:  # noqa: ARG002  # the port's
        return Attempt(Answer.NONE, "IMAP takes no mail")

    def close(self) -> None:
        self._session.shutdown()


class _Submission:
    """Implements `Session`."""

    def __init__(self, smtp: smtplib.SMTP, ending: ExitStack) -> None:
        self._smtp = smtp
        self._ending = ending

    def is_open(self) -> bool:
        try:
            return self._smtp.noop()[0] < _NOT_DONE
        except _FAILED:
            return False

    def submit(self, account: str, message: bytes) -> Attempt:
        try:
            return _handed_in(self._smtp, account, account, message)
        except _FAILED as error:
            return _no_answer(error)

    def close(self) -> None:
        self._ending.close()


def _smtp_login(smtp: smtplib.SMTP, account: str, password: str) -> Attempt:
    """Log in, twice where it fails for the moment: as just after Dovecot was started again."""
    attempt = _login_once(smtp, account, password)
    if attempt.answer is Answer.NONE:
        return _login_once(smtp, account, password)
    return attempt


def _login_once(smtp: smtplib.SMTP, account: str, password: str) -> Attempt:
    try:
        _authenticate(smtp, account, password)
    except smtplib.SMTPAuthenticationError as error:
        answer = Answer.REFUSED if error.smtp_code >= _PERMANENT else Answer.NONE
        return Attempt(answer, _words(error.smtp_code, error.smtp_error))
    return Attempt(Answer.ACCEPTED)


def _authenticate(smtp: smtplib.SMTP, account: str, password: str) -> None:
    """Log in with PLAIN where it is offered: `login` alone would try every mechanism after a refusal."""
    smtp.user, smtp.password = account, password
    if "PLAIN" in smtp.esmtp_features.get("auth", "").upper().split():
        smtp.auth("PLAIN", smtp.auth_plain)
    else:
        smtp.login(account, password)


def _handed_in(smtp: smtplib.SMTP, sender: str, recipient: str, message: bytes) -> Attempt:
    """Hand one message in, step by step: its answer names the queue id."""
    for code, text in (smtp.mail(sender), smtp.rcpt(recipient)):
        if code >= _NOT_DONE:
            return Attempt(Answer.REFUSED, _words(code, text))
    try:
        code, text = smtp.data(message)
    except smtplib.SMTPDataError as error:
        return Attempt(Answer.REFUSED, _words(error.smtp_code, error.smtp_error))
    said = _words(code, text)
    if code >= _NOT_DONE:
        return Attempt(Answer.REFUSED, said)
    queued = _QUEUED.search(said)
    return Attempt(Answer.ACCEPTED, said, queued[1] if queued else "")


def _refused_pop3(error: poplib.error_proto) -> Attempt:
    (said,) = error.args
    if isinstance(said, bytes) and said.startswith(b"-ERR"):
        return Attempt(Answer.REFUSED, said.decode(errors="replace"))
    return _no_answer(error)


def _no_answer(error: Exception) -> Attempt:
    return Attempt(Answer.NONE, str(error) or type(error).__name__)


def _words(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
