"""The sequence of a run: in, held, held with a silent policy server, and in again."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.utils import formatdate, make_msgid
from itertools import count

from postwarden.holds.doctor.drill import Drill
from postwarden.holds.doctor.ports import Clients, Mailboxes, Queue, Session
from postwarden.holds.doctor.settings import DELIVERING, Door, Protocol
from postwarden.holds.doctor.steps import (
    Answer,
    Attempt,
    Outcome,
    Stage,
    Step,
    login_outcome,
    mail_outcome,
    open_outcome,
)
from postwarden.holds.errors import ControlError
from postwarden.holds.ports import MailControl
from postwarden.holds.silence import end_silence, silence

MARK = "postwarden-probe."
_SECONDS = 20.0
_PAUSE = 0.1
_LASTING = frozenset({Protocol.IMAP, Protocol.SUBMISSION})


@dataclass(frozen=True, slots=True)
class Servers:
    """The doors to the servers.

    Attributes:
        clients: mail programs.
        control: of Dovecot; None where none is named.
        mailboxes: likewise.
        queue: of Postfix; None where it is not on this host.
    """

    clients: Clients
    control: MailControl | None
    mailboxes: Mailboxes | None
    queue: Queue | None


@dataclass(slots=True)
class Examination:
    """One run.

    Attributes:
        drill: holds and releases the account.
        servers: where it is tried.
        doors: all of them, those of master.cf included.
        password: of the account.
        tell: is given each step as it is done.
        seconds: that servers and worker are waited for.
    """

    drill: Drill
    servers: Servers
    doors: Sequence[Door]
    password: str
    tell: Callable[[Step], None]
    seconds: float = _SECONDS
    steps: list[Step] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self) -> list[Step]:
        """Try everything; give the steps.

        However it ends, the account is released and the probe messages are removed, as far as the
        servers let it; what a killed run left is cleared up first.

        Raises:
            ProjectionUnfit: the servers' file cannot be written.
        """
        with ExitStack() as ending:
            self._clear_up()
            self._forget()  # what caches know of a killed run's hold
            ending.callback(self._clear_up)
            doors = self._before()
            if doors:
                with ExitStack() as closing:
                    sessions = self._sessions(doors, closing)
                    reason = self.drill.hold()
                    self._logins(Stage.HELD, doors, reason)
                    for door, session in sessions:
                        self._ended(door, session)
                self._flush(Stage.HELD_COLD)
                self._logins(Stage.HELD_COLD, doors, reason)
                self._delivered()
                self._released(doors, Stage.RELEASED)
                self._silent(doors)
                self._released(doors, Stage.AFTER)
        return self.steps

    def _silent(self, doors: Sequence[Door]) -> None:
        """Hold again while the policy server does not answer about the account."""
        silence(self.drill.folder, self.drill.account)
        reason = self.drill.hold()
        self._tries(Stage.SILENT, doors, reason)
        self._flush(Stage.SILENT_COLD)
        self._tries(Stage.SILENT_COLD, doors, reason)
        end_silence(self.drill.folder)

    def _before(self) -> list[Door]:
        """Log in while nothing is held, which warms caches; give the doors at which that works."""
        working = []
        for door in self.doors:
            if door.protocol not in DELIVERING:
                attempt = self._log_in(door)
                outcome = login_outcome(Stage.BEFORE, attempt, "")
                if outcome is Outcome.LET_IN:
                    working.append(door)
                self._done(Stage.BEFORE, door.name, outcome, attempt.text)
        return working

    def _logins(self, stage: Stage, doors: Sequence[Door], reason: str) -> None:
        for door in doors:
            attempt = self._log_in(door)
            self._done(stage, door.name, login_outcome(stage, attempt, reason), attempt.text)

    def _tries(self, stage: Stage, doors: Sequence[Door], reason: str) -> None:
        for door in doors:
            silence(self.drill.folder, self.drill.account)  # its time begins anew
            if door.protocol is Protocol.SUBMISSION:
                self._submitted(stage, door, reason)
            else:
                self._logins(stage, [door], reason)

    def _submitted(self, stage: Stage, door: Door, reason: str) -> None:
        _, message = self._message()
        account = self.drill.account
        attempt = self.servers.clients.submit(door, account, self.password, message)
        place, seen, trouble = self._place(attempt)
        outcome = mail_outcome(attempt, reason, place, seen=seen)
        self._done(stage, door.name, outcome, trouble or attempt.text)

    def _place(self, attempt: Attempt) -> tuple[str | None, bool, str]:
        """Give the queue that mail is in, whether that could be looked at, and why not."""
        if self.servers.queue is None or not attempt.queue_id:
            return None, False, ""
        try:
            return self.servers.queue.place(attempt.queue_id), True, ""
        except ControlError as error:
            return None, False, str(error)

    def _sessions(self, doors: Sequence[Door], closing: ExitStack) -> list[tuple[Door, Session]]:
        """Log in where sessions last, and stay."""
        found = []
        for door in doors:
            if door.protocol in _LASTING:
                session = self.servers.clients.stay(door, self.drill.account, self.password)
                if session is not None:
                    closing.callback(session.close)
                    found.append((door, session))
        return found

    def _ended(self, door: Door, session: Session) -> None:
        """See that a session from before the hold ends, or that its mail is held."""
        where = f"a session open at {door.name}"
        if door.protocol is Protocol.SUBMISSION:
            _, message = self._message()
            attempt = session.submit(self.drill.account, message)
            place, seen, trouble = self._place(attempt)
            outcome = open_outcome(attempt, place, seen=seen)
            self._done(Stage.HELD, where, outcome, trouble or attempt.text)
        elif self._within(lambda: not session.is_open()):
            self._done(Stage.HELD, where, Outcome.SESSION_ENDED)
        else:
            trouble = self.drill.trouble() or "does `postwarden worker` run?"
            self._done(Stage.HELD, where, Outcome.SESSION_OPEN, trouble)

    def _flush(self, stage: Stage) -> None:
        if self.servers.control is not None:
            trouble = self._forget()
            outcome = Outcome.CACHE_KEPT if trouble else Outcome.CACHE_FLUSHED
            self._done(stage, "the login cache", outcome, trouble)

    def _forget(self) -> str:
        """Flush what login caches know of the account; give why not."""
        try:
            if self.servers.control is not None:
                self.servers.control.forget([self.drill.account])
        except ControlError as error:
            return str(error)
        return ""

    def _delivered(self) -> None:
        """Bring mail while the account is held, and look for it in its mailbox."""
        for door in self.doors:
            if door.protocol not in DELIVERING:
                continue
            message_id, message = self._message()
            attempt = self.servers.clients.deliver(door, self.drill.account, message)
            outcome, said = self._arrived(attempt, message_id)
            self._done(Stage.HELD_COLD, door.name, outcome, said)

    def _arrived(self, attempt: Attempt, message_id: str) -> tuple[Outcome, str]:
        mailboxes, account = self.servers.mailboxes, self.drill.account
        if attempt.answer is not Answer.ACCEPTED:
            none = attempt.answer is Answer.NONE
            return Outcome.NO_ANSWER if none else Outcome.MAIL_REFUSED, attempt.text
        if mailboxes is None:
            return Outcome.MAIL_UNSEEN, attempt.text
        try:
            there = self._within(lambda: mailboxes.has(account, message_id))
        except ControlError as error:
            return Outcome.MAIL_UNSEEN, str(error)
        return Outcome.MAIL_STORED if there else Outcome.MAIL_LOST, attempt.text

    def _released(self, doors: Sequence[Door], stage: Stage) -> None:
        """Release, and log in again: as soon as the worker has flushed what caches know of the hold."""
        self.drill.release()
        deadline = time.monotonic() + self.seconds
        for door in doors:
            attempt = self._log_in(door)
            while attempt.answer is Answer.REFUSED and time.monotonic() < deadline:
                time.sleep(_PAUSE)
                attempt = self._log_in(door)
            self._done(stage, door.name, login_outcome(stage, attempt, ""), attempt.text)

    def _clear_up(self) -> None:
        with ExitStack() as every:  # each is done though another fails
            every.callback(self._remove)
            every.callback(self.drill.release)
            every.callback(end_silence, self.drill.folder)

    def _remove(self) -> None:
        """Remove probe messages: first from the queue, so that none of them arrives after."""
        account = self.drill.account
        try:
            if self.servers.queue is not None:
                self.servers.queue.remove(account, MARK)
            if self.servers.mailboxes is not None:
                self.servers.mailboxes.remove(account, MARK)
        except ControlError as error:
            self._done(Stage.AFTER, "probe messages", Outcome.LEFT_BEHIND, str(error))

    def _log_in(self, door: Door) -> Attempt:
        return self.servers.clients.log_in(door, self.drill.account, self.password)

    def _message(self) -> tuple[str, bytes]:
        account = self.drill.account
        made = make_msgid(f"{next(self._numbers)}", account.partition("@")[2] or "localhost")
        message_id = f"<{MARK}{made[1:]}"
        lines = (
            f"From: {account}",
            f"To: {account}",
            f"Date: {formatdate()}",
            f"Message-ID: {message_id}",
            "Subject: postwarden doctor",
            "",
            "A probe of `postwarden doctor`. It may be removed.",
            "",
        )
        return message_id, "\r\n".join(lines).encode()

    def _within(self, reached: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + self.seconds
        while not reached():
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def _done(self, stage: Stage, where: str, outcome: Outcome, said: str = "") -> None:
        step = Step(stage, where, outcome, said)
        self.steps.append(step)
        self.tell(step)
