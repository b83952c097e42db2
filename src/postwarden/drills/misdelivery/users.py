"""What people do with the mail in their mailboxes, rightful or not, before anybody stops them."""

import imaplib
import poplib
import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from postwarden.drills.lab.service import HOST, Lab, submit
from postwarden.drills.misdelivery.errors import NotAsMeant
from postwarden.drills.misdelivery.stock import message_id_of
from postwarden.drills.misdelivery.truth import Act, Copy, Truth

REDIRECTS = {"emil@example.test": "tina@example.test"}
"""Whose Sieve script sends a copy of everything on, and to whom."""

AT_IMAP = ("ben@example.test", "gus@example.test", "aiko@example.org", "boris@example.org")
AT_POP3 = {"carl@example.test": False, "dora@example.test": True}
"""Who downloads by POP3, and whether what was downloaded is deleted."""

_SECONDS = 60.0
_SCRIPT = 'require "copy";\nredirect :copy "{}";\n'
_UID = re.compile(rb"UID (\d+)")
_ROUND = (
    (Act.OPENED,),
    (Act.OPENED, Act.FLAGGED),
    (Act.MOVED,),
    (Act.COPIED,),
    (Act.OPENED, Act.DELETED),
    (),
    (Act.OPENED, Act.MOVED),
    (),
)


def redirect(lab: Lab) -> None:
    """Make the redirecting scripts active."""
    for account, target in REDIRECTS.items():
        text = _SCRIPT.format(target).encode()
        lab.servers.doveadm("sieve", "put", "-u", account, "-a", "forward", text=text)


def use(lab: Lab, truth: Truth) -> None:
    """Let everybody act on what lies in their INBOX, some of it wrong; notes each act."""
    for account in AT_IMAP:
        _use_imap(lab, truth, account)
    for account, deletes in AT_POP3.items():
        _use_pop3(lab, truth, account, deletes)


def answer(lab: Lab, truth: Truth, account: str) -> str | None:
    """Let a holder write to whom a strange message was meant for; gives the Message-ID of that mail."""
    strange = next((one for one in _opened(truth, account) if not one.belongs), None)
    if strange is None:
        return None
    name = f"<answer-to-{strange.letter}@example.test>"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Message-ID"] = account, strange.owners[0], name
    message["Subject"] = "Is this yours?"
    message.set_content("This came to me, and it is not mine.\n")
    login = (account, lab.passwords[account])
    submit(lab.ports.submission, login, [strange.owners[0]], message.as_bytes(), _SECONDS)
    with _session(lab, account) as session:
        _act(session, [_uids(session)[strange.message_id]], "+FLAGS", r"(\Answered)")
    strange.acts.append(Act.ANSWERED)
    return name


def _opened(truth: Truth, account: str) -> Iterable[Copy]:
    return (one for one in truth.inbox(account) if Act.OPENED in one.acts)


def _use_imap(lab: Lab, truth: Truth, account: str) -> None:
    """Open, flag, move, copy and delete in turns, of the wrong copies as of the right ones."""
    inbox = truth.inbox(account)
    groups: dict[tuple[Act, ...], list[Copy]] = {acts: [] for acts in _ROUND}
    for half in ([one for one in inbox if one.belongs], [one for one in inbox if not one.belongs]):
        for number, one in enumerate(half):
            groups[_ROUND[number % len(_ROUND)]].append(one)
    with _session(lab, account) as session:
        uids = _uids(session)
        for folder in ("Archive", "Later"):
            session.create(folder)
        for acts, copies in groups.items():
            if acts and copies:
                _do(session, truth, acts, copies, [uids[one.message_id] for one in copies])


def _do(
    session: imaplib.IMAP4,
    truth: Truth,
    acts: Sequence[Act],
    copies: Sequence[Copy],
    uids: Sequence[str],
) -> None:
    for act in acts:
        if act is Act.OPENED:
            _act(session, uids, "FETCH", "(BODY[])")
        elif act is Act.FLAGGED:
            _act(session, uids, "+FLAGS", r"(\Flagged mine)")
        elif act is Act.MOVED:
            _act(session, uids, "MOVE", "Archive")
        elif act is Act.COPIED:
            _act(session, uids, "COPY", "Later")
        elif act is Act.DELETED:
            _act(session, uids, "+FLAGS", r"(\Deleted)")
            _done(session.expunge())
        for one in copies:
            _note(truth, one, act)


def _note(truth: Truth, copy: Copy, act: Act) -> None:
    if act is Act.COPIED:
        truth.copied(copy, "Later")
        return
    copy.acts.append(act)
    if act is Act.MOVED:
        copy.folder = "Archive"
    copy.gone = copy.gone or act is Act.DELETED


def _use_pop3(lab: Lab, truth: Truth, account: str, deletes: bool) -> None:
    known = {one.message_id: one for one in truth.inbox(account)}
    session = poplib.POP3(HOST, lab.ports.pop3, _SECONDS)
    with closing(session):
        session.user(account)
        session.pass_(lab.passwords[account])
        for number in range(1, session.stat()[0] + 1):
            _, lines, _ = session.retr(number)
            copy = known.get(message_id_of(b"\n".join(lines)) or "")
            if copy is None:
                continue
            copy.acts.append(Act.DOWNLOADED)
            if deletes:
                session.dele(number)
                copy.acts.append(Act.DELETED)
                copy.gone = True
        session.quit()


def _session(lab: Lab, account: str) -> imaplib.IMAP4:
    session = imaplib.IMAP4(HOST, lab.ports.imap, _SECONDS)
    session.login(account, lab.passwords[account])
    _done(session.select("INBOX"))
    return session


def _uids(session: imaplib.IMAP4) -> dict[str, str]:
    """Give the UID of each message in INBOX by its Message-ID."""
    data = _done(session.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"))
    found = {}
    for part in data:
        number = _UID.search(part[0]) if isinstance(part, tuple) else None
        if number is not None:
            name = message_id_of(part[1].replace(b"\r\n", b"\n"))
            found[name or ""] = number[1].decode()
    return found


def _act(session: imaplib.IMAP4, uids: Sequence[str], what: str, how: str) -> None:
    """Give one UID command for all of them."""
    numbers = ",".join(sorted(uids, key=int))
    if what == "+FLAGS":
        _done(session.uid("STORE", numbers, what, how))
    else:
        _done(session.uid(what, numbers, how))


def _done(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise NotAsMeant(f"Dovecot answered a mail program: {answer[1]!r}")
    return answer[1]
