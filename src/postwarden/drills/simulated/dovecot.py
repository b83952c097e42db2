"""Dovecot 2.3.19's LMTP server with Pigeonhole: what it stores, and what it logs.

With several recipients in one transaction the copies are hard links of one file, carry neither
Delivered-To nor "for", and share one session id; equal recipients make one copy. The formats are those
of `deliver_log_format` with storage_id, to_envelope and from_envelope, and of the mail_log plugin.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from postwarden.drills.simulated.clock import SECOND, local
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import DOVECOT, Line
from postwarden.drills.simulated.maildir import INBOX, Copy
from postwarden.drills.simulated.records import Arrival, Handover, Queued
from postwarden.drills.simulated.site import HOST, Site

Submit = Callable[[Letter, bytes, str, str, Arrival], None]


@dataclass(frozen=True)
class Reply:
    """The reply to one recipient: the session id it names, and how often its connection was used."""

    session: str
    use: int


@dataclass
class _Connection:
    session: str
    pid: int
    transactions: int
    last: int


class Dovecot:
    """One Dovecot; `submit` is where its Sieve scripts send redirected mail."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._connections: list[_Connection] = []
        self._pid = 11_000
        self.submit: Submit | None = None

    def session_id(self) -> str:
        """Make a session id."""
        return base64.b64encode(self._site.dice.randbytes(16)).decode().rstrip("=")

    def new_pid(self) -> int:
        """Give the process id of a new process."""
        self._pid += self._site.dice.randint(1, 9)
        return self._pid

    def deliver(self, queued: Queued, handovers: list[Handover]) -> list[Reply]:
        """Run one LMTP transaction; give a reply to each recipient, in order."""
        connection = self._connection()
        session = connection.session
        if connection.transactions > 1:
            session += f":T{connection.transactions}"
        targets = list(dict.fromkeys(handover.recipient.final for handover in handovers))
        alone = len(handovers) == 1
        content = self._trace(queued, session, targets if alone else []) + queued.content
        name = self._site.store.file_name(self._site.clock.tick(900), connection.pid, content)
        parts = {
            target: session if place == 1 else f"{session}:R{place}"
            for place, target in enumerate(targets, 1)
        }
        for target in targets:
            folded = [handover for handover in handovers if handover.recipient.final == target]
            self._save(queued, folded, parts[target], name, content, connection.pid, alone=alone)
        connection.last = self._site.clock.now
        return [
            Reply(parts[handover.recipient.final], connection.transactions)
            for handover in handovers
        ]

    def _save(
        self,
        queued: Queued,
        folded: list[Handover],
        session: str,
        name: str,
        content: bytes,
        pid: int,
        *,
        alone: bool,
    ) -> None:
        site, now = self._site, self._site.clock.now
        final = folded[0].recipient.final
        named = site.live.at(now).account_of(final)
        if named is None:
            return
        account = site.user_of(named, now)
        arrival = Arrival(account, session, name, now, alone, folded)
        source = f"lmtp({account})<{pid}><{session}>"
        sieve = site.sieve.get(account)
        acting = sieve if sieve is not None and sieve.applies(queued.letter) else None
        if acting is not None and acting.action in ("redirect", "redirect-copy"):
            self._redirect(queued, arrival, source, acting.target, content)
        if acting is not None and acting.action in ("redirect", "discard"):
            if acting.action == "discard":
                self._report(
                    source,
                    queued,
                    arrival,
                    "discard action: Marked message to be discarded if not explicitly delivered (discard action)",
                    sieve=True,
                    stored=False,
                )
            return
        folder = acting.target if acting is not None and acting.action == "fileinto" else INBOX
        arrival.folder = folder
        home = site.home_of(account, now)
        uid = site.store.next_uid(home, folder)
        site.store.add(
            Copy(home, folder, name, content, queued.letter, "lmtp", uid, now, arrival=arrival)
        )
        site.logs.write(
            DOVECOT,
            source,
            f"save: box={folder}, uid={uid}, msgid={logged_id(queued.letter)}, size={len(content)}, from={shown(queued.letter)}",
        )
        ending = (
            f"fileinto action: stored mail into mailbox '{folder}'"
            if folder != INBOX
            else (
                f"stored mail into mailbox '{folder}'"
                if sieve is not None
                else f"saved mail to {folder}"
            )
        )
        arrival.line = self._report(
            source, queued, arrival, ending, sieve=sieve is not None, stored=True, size=len(content)
        )

    def _report(
        self,
        source: str,
        queued: Queued,
        arrival: Arrival,
        ending: str,
        *,
        sieve: bool,
        stored: bool,
        size: int = 0,
    ) -> Line:
        storage = arrival.name if stored else ""
        message_id = queued.letter.message_id or "unspecified"
        return self._site.logs.write(
            DOVECOT,
            source,
            f"{'sieve: ' if sieve else ''}msgid={masked(message_id)}, from={queued.sender}, size={size or len(queued.content) + 260}, storage_id={storage} to_envelope={arrival.handovers[0].recipient.final} from_envelope={queued.sender}: {ending}",
        )

    def _redirect(
        self, queued: Queued, arrival: Arrival, source: str, target: str, content: bytes
    ) -> None:
        body = content.partition(b"\n")[2]
        head = f"X-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)\nX-Sieve-Redirected-From: {arrival.account}\n"
        if self.submit is not None:
            self.submit(queued.letter, head.encode() + body, queued.sender, target, arrival)
        arrival.line = self._report(
            source,
            queued,
            arrival,
            f"redirect action: forwarded to <{target}>",
            sieve=True,
            stored=False,
        )

    def _trace(self, queued: Queued, session: str, target: list[str]) -> bytes:
        when = f"{local(self._site.clock.now):%a, %d %b %Y %H:%M:%S %z}"
        to = f"Delivered-To: {target[0]}\n" if target else ""
        ending = f"\n\tfor <{target[0]}>; {when}" if target else f"; {when}"
        return (
            f"Return-Path: <{queued.sender}>\n{to}Received: from {HOST} ([127.0.0.1])\n"
            f"\tby {HOST} with LMTP\n\tid {session}\n\t(envelope-from <{queued.sender}>){ending}\n"
        ).encode()

    def _connection(self) -> _Connection:
        now = self._site.clock.now
        self._connections = [one for one in self._connections if now - one.last < 2 * SECOND]
        if self._connections and self._site.dice.random() < 0.7:
            connection = self._connections[0]
            connection.transactions += 1
            return connection
        connection = _Connection(self.session_id(), self.new_pid(), 1, now)
        self._connections.append(connection)
        self._site.logs.write(DOVECOT, f"lmtp({connection.pid})", "Connect from 127.0.0.1")
        return connection


def logged_id(letter: Letter) -> str:
    """Give a Message-ID as mail_log writes it; nothing when there is none."""
    return masked(letter.message_id or "")


def shown(letter: Letter) -> str:
    """Give From as mail_log writes it."""
    return masked(letter.from_)


def masked(text: str) -> str:
    """Mask what Dovecot's loggers mask (str_sanitize)."""
    return "".join(char if char.isprintable() else "?" for char in text)[:200]
