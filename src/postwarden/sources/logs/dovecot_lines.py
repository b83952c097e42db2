"""What single Dovecot log lines say (2.3, and 2.4 after its documentation).

A deliver line is `deliver_log_format` with the action at its end; what stands before it may hold
the sender's words (subject, Message-ID, From), so that only its end is read for the action.
"""

import re
from typing import NamedTuple

_PREFIX = re.compile(
    r"(?P<service>[a-z][a-z0-9-]{0,30})"
    r"(?:\((?:(?P<old_pid>\d+), )?(?P<user>[^()]*)\))?"
    r"(?:<(?P<pid>\d+)>)?(?:<(?P<session>[^<>\s]*)>)?: (?:Info: )?"
)
_LEVELS = ("Error: ", "Warning: ", "Debug: ", "Fatal: ", "Panic: ")
_OLD_SESSION = re.compile(r"([A-Za-z0-9+/:]{8,60}): (?=(?:sieve: )?msgid=)")
_ENDINGS = (
    ("saved", re.compile(r": saved mail to ([^:]+)\Z")),
    ("saved", re.compile(r": (?:fileinto action: )?stored mail into mailbox '([^']+)'\Z")),
    ("redirected", re.compile(r": (?:redirect action: )?forwarded to <([^<>\s]+)>\Z")),
    (
        "discarded",
        re.compile(r": (?:discard action: )?([Mm]arked message to be discarded[^:]*)\Z"),
    ),
    ("discarded", re.compile(r": (discarded duplicate forward to <[^<>\s]+>)\Z")),
    ("rejected", re.compile(r": (?:e?reject action: )?(rejected message from <[^<>\s]*>[^:]*)\Z")),
)
_OTHER_ACTION = re.compile(
    r": (?:(?:Permanently|Temporarily) failed to send rejection|vacation action|"
    r"redirect action: failed|save failed to )"
)
_SAVE_FAILED = re.compile(r"msgid=(<[^<>\s]*>)?[^:]*: (save failed to [^:]+: (?!.* action: ).*)\Z")
_MSGID = re.compile(r"msgid=(.*?)(?=, (?:from|subject|size|vsize|flags|session)=| [a-z_]+=|: |\Z)")
_TAIL = re.compile(
    r"\b(storage_id|to_envelope|from_envelope|size|uid)=([^\s:]*?)(?=,? [a-z_]+=|,?\Z)"
)


Tail = dict[str, str | None]


class Prefix(NamedTuple):
    """Who wrote a line, and what is left of it."""

    service: str
    user: str
    pid: int | None
    session: str
    body: str


class Deliver(NamedTuple):
    """A deliver line.

    Attributes:
        message_id: as written; None when empty.
        status: a status of `DeliveryRecord`.
        target: folder, or address of a redirect; None otherwise.
        text: the action's words, for actions without a target.
        tail: fields such as storage_id; None where one stands twice. Whether they are the server's
            own words cannot be told from one line.
    """

    message_id: str | None
    status: str
    target: str | None
    text: str | None
    tail: Tail


def prefix(line: str) -> Prefix | None:
    """Split `lmtp(user)<pid><session>: Info: …`; None for other lines and for other levels."""
    match = _PREFIX.match(line)
    if match is None:
        return None
    body = line[match.end() :]
    if body.startswith(_LEVELS):
        return None
    service, old_pid, user, pid, session = match.groups()
    number = pid or old_pid
    return Prefix(service, user or "", int(number[:18]) if number else None, session or "", body)


def old_session(body: str) -> tuple[str, str]:
    """Split the session off that Dovecot 2.2 wrote before `msgid=`; ("", body) without."""
    match = _OLD_SESSION.match(body)
    return (match[1], body[match.end() :]) if match else ("", body)


def deliver(body: str) -> Deliver | None:
    """Read a deliver line after its prefix; None when it is not one, or not surely one."""
    body = body.removeprefix("sieve: ")
    for status, ending in _ENDINGS:
        match = ending.search(body)
        if match is None:
            continue
        front = body[: match.start()]
        message_id = _message_id(front)
        if message_id is None or _OTHER_ACTION.search(front):
            return None
        holds = status in ("saved", "redirected")
        return Deliver(
            message_id or None,
            status,
            match[1] if holds else None,
            None if holds else match[1][:200],
            _tail(front),
        )
    failed = _SAVE_FAILED.match(body)
    if failed is None:
        return None
    return Deliver(failed[1], "rejected", None, failed[2][:200], {})


def _message_id(front: str) -> str | None:
    place = front.find("msgid=")
    if place < 0:
        return None
    match = _MSGID.match(front, place)
    return match[1].strip() if match else None


def _tail(front: str) -> Tail:
    found = dict(_TAIL.findall(front))
    return {key: value if front.count(f"{key}=") == 1 else None for key, value in found.items()}
