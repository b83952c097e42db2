"""What people do with their mail while it is put right: by IMAP and POP3, each act noted as sure or not.

What is noted of a message is how many copies of it its owner made and deleted: at least, and at most. An act
whose answer was lost may have been done; so may one on a copy that Postwarden takes away at the same time.
"""

import contextlib
import imaplib
import poplib
import re
import smtplib
import threading
from collections import defaultdict
from dataclasses import dataclass, field

from postwarden.relocation.service import canonical
from relocation.maildirs import letter
from relocation.rigs import HOST, PASSWORD, SECONDS

_SUBJECT = re.compile(rb"^Subject: (\d+)", re.MULTILINE)
_UID = re.compile(rb"UID (\d+)")
_PAUSE = 0.08  # seconds at most between two acts
_AWAY = 0.2  # between two sessions
_ACTS = ("read", "flag", "move", "copy", "expunge")
_TROUBLE = (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, OSError, EOFError)


@dataclass
class Noted:
    """What an owner did with copies of one message; each pair is the least and the most."""

    acts: set = field(default_factory=set)
    made: list = field(default_factory=lambda: [0, 0])
    deleted: list = field(default_factory=lambda: [0, 0])


class Person(threading.Thread):
    """Uses one mailbox until told to stop."""

    def __init__(self, rig, account, rolled, stop, stranger):
        super().__init__(name=account)
        self._rig, self.account, self._rolled, self._ended = rig, account, rolled, stop
        self._stranger = stranger
        self.noted = defaultdict(Noted)
        self.failed = None
        self._doing = None

    def run(self):
        try:
            while not self._ended.is_set():
                try:
                    self._session()
                except _TROUBLE:
                    self._lost()
                self._ended.wait(_AWAY)
        except Exception as error:  # noqa: BLE001  # whoever judges says it: a thread has nobody to tell
            self.failed = error

    def _session(self):
        way = self._rolled.choice(("imap", "imap", "imap", "pop3"))
        getattr(self, f"_by_{way}")()

    def _by_imap(self):
        with imaplib.IMAP4(HOST, self._rig.ports.imap, SECONDS) as session:
            session.login(self.account, PASSWORD)
            for folder in ("Archive", "Later"):
                session.create(folder)
            session.select(self._rolled.choice(("INBOX", "INBOX", "INBOX", "Archive", "Later")))
            for uid, number in self._chosen(session):
                if self._ended.wait(self._rolled.uniform(0, _PAUSE)):
                    return
                self._act(session, uid, number)

    def _chosen(self, session):
        _, told = session.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        there = [
            (_UID.search(one[0])[1].decode(), int(_SUBJECT.search(one[1])[1]))
            for one in told
            if isinstance(one, tuple)
        ]
        return self._rolled.sample(there, min(len(there), 12))

    def _act(self, session, uid, number):
        act = self._rolled.choice(_ACTS)
        noted = self.noted[number]
        noted.acts.add(act)
        self._doing = act, noted
        getattr(self, f"_{act}")(session, uid, number, noted)
        self._doing = None

    def _read(self, session, uid, _number, _noted):
        session.uid("FETCH", uid, "(BODY[])")

    def _flag(self, session, uid, _number, _noted):
        session.uid("STORE", uid, "+FLAGS", r"(\Flagged mine)")

    def _move(self, session, uid, number, noted):
        status, _ = session.uid("MOVE", uid, "Archive")
        if status != "OK" or self._stranger(
            self.account, number
        ):  # copied, and then not taken away
            noted.made[1] += 1

    def _copy(self, session, uid, _number, noted):
        session.untagged_responses.pop("COPYUID", None)
        status, _ = session.uid("COPY", uid, "Later")
        done = session.response("COPYUID")[1] != [None]
        noted.made[0] += status == "OK" and done
        noted.made[1] += status != "OK" or done

    def _expunge(self, session, uid, number, noted):
        session.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
        status, _ = session.uid("EXPUNGE", uid)
        noted.deleted[1] += 1
        noted.deleted[0] += status == "OK" and not self._stranger(self.account, number)

    def _by_pop3(self):
        session = poplib.POP3(HOST, self._rig.ports.pop3, SECONDS)
        with contextlib.closing(session):
            session.user(self.account)
            session.pass_(PASSWORD)
            gone = []
            count = session.stat()[0]
            for place in self._rolled.sample(range(1, count + 1), min(count, 5)):
                _, lines, _ = session.retr(place)
                noted = self.noted[number := int(_SUBJECT.search(b"\n".join(lines))[1])]
                noted.acts.add("read")
                if self._rolled.random() < 0.3:
                    session.dele(place)
                    noted.acts.add("expunge")
                    noted.deleted[1] += 1
                    gone.append((number, noted))
            session.quit()
            for number, noted in gone:
                noted.deleted[0] += not self._stranger(self.account, number)

    def _lost(self):
        """Note that an act may have been done, or done in part: a move may leave both."""
        if self._doing is not None:
            act, noted = self._doing
            if act in ("move", "copy"):
                noted.made[1] += 1
            elif act == "expunge":
                noted.deleted[1] += 1
            self._doing = None


class Sender(threading.Thread):
    """Delivers new mail by LMTP; what was accepted has to be there in the end."""

    def __init__(self, rig, accounts, rolled, stop, first):
        super().__init__(name="sender")
        self._rig, self._accounts, self._rolled = rig, accounts, rolled
        self._ended, self._number = stop, first
        self.sent = {}
        self.failed = None

    def run(self):
        while not self._ended.wait(self._rolled.uniform(0, 4 * _PAUSE)):
            account, self._number = self._rolled.choice(self._accounts), self._number + 1
            self.sent[account, self._number] = [0, 1]
            with contextlib.suppress(*_TROUBLE), self._lmtp() as session:
                session.sendmail("a@sender.example", [account], canonical(letter(self._number)))
                self.sent[account, self._number] = [1, 1]

    def _lmtp(self):
        return smtplib.LMTP(HOST, self._rig.ports.lmtp, timeout=SECONDS)
