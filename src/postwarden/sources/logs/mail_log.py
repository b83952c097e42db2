"""Dovecot's mail_log plugin, logins and logout counters (2.3; 2.4 after its documentation)."""

import re
from typing import NamedTuple

_EVENT = re.compile(
    r"(?P<event>save|expunge|delete|undelete|flag_change|copy from (?P<source>.*?)): "
    r"(?:box=(?P<box>.*?), )?(?:uid=(?P<uid>\d{1,10}), )?(?:msgid=(?P<rest>.*))?\Z"
)
_SIZE = re.compile(r", (?:size|vsize|from|subject|flags)=")
_PHYSICAL = re.compile(r", size=(\d{1,18})(?=, (?:vsize|from|subject|flags)=|\Z)")
_ELEMENT = re.compile(r"(\w+)=(?:<([^<>]*)>|([^\s,<>]*))")
_COUNTER = re.compile(r"\b(hdr_count|body_count)=(\d{1,12})\b")
_POP3 = re.compile(r"top=(\d{1,12})/\d+, retr=(\d{1,12})/\d+, del=\d+/(\d{1,12})\b")
_WHAT = {
    "save": "appended",
    "expunge": "expunged",
    "delete": "flagged",
    "undelete": "flagged",
    "flag_change": "flagged",
}
_ENDS = ("Disconnected", "Connection closed", "Logged out", "Server shutting down")
_LOGINS = ("Login: ", "Logged in: ")
_ACTORS = ("master_user", "master", "auth_user", "login_user", "orig_user")


class MailEvent(NamedTuple):
    """One mail_log line; `what` is a value of `AccessRecord.what`, `size` in bytes."""

    what: str
    folder: str | None
    source: str | None
    uid: int | None
    message_id: str | None
    size: int | None


class Login(NamedTuple):
    """One login; `actor` is another login name that the line gives, such as a master user's."""

    user: str
    actor: str | None
    address: str | None
    session: str | None


class Counters(NamedTuple):
    """What a session fetched, as its last line says; messages in the mailbox for POP3."""

    bodies: int | None
    headers: int | None
    messages: int | None


def mail_event(body: str) -> MailEvent | None:
    """Read a mail_log line after its prefix, or give None.

    The Message-ID is the sender's; what follows it is read for the size only where there is one
    alone, so that a Message-ID or a subject cannot bring its own.
    """
    match = _EVENT.match(body)
    if match is None:
        return None
    event, source, box, uid, rest = match.groups()
    message_id: str | None = None
    size: int | None = None
    if rest is not None:
        message_id = _SIZE.split(rest, maxsplit=1)[0].strip() or None
        sizes = _PHYSICAL.findall(rest)
        size = int(sizes[0]) if len(sizes) == 1 else None
    what = "copied" if source is not None else _WHAT[event]
    return MailEvent(what, box, source, int(uid) if uid else None, message_id, size)


def login(body: str) -> Login | None:
    """Read what a login process writes of a successful login, whatever the elements' order."""
    if not body.startswith(_LOGINS):
        return None
    elements: dict[str, str] = {}
    for key, bracketed, plain in _ELEMENT.findall(body):
        elements.setdefault(key, bracketed or plain)
    user = elements.get("user")
    if not user:
        return None
    actors = (elements.get(key) for key in _ACTORS)
    actor = next((name for name in actors if name and name != user), None)
    return Login(user, actor, elements.get("rip"), elements.get("session"))


def logout(body: str) -> Counters | None:
    """Read the last line of an IMAP or POP3 session, with the counters it gives."""
    if not body.startswith(_ENDS):
        return None
    pop3 = _POP3.search(body)
    if pop3 is not None:
        return Counters(int(pop3[2]), int(pop3[1]), int(pop3[3]))
    counts = {key: int(value) for key, value in _COUNTER.findall(body)}
    return Counters(counts.get("body_count"), counts.get("hdr_count"), None)
