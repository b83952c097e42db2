"""What single Postfix log lines say, as far as Postfix itself says it (Postfix 3.4 to 3.10).

Where Postfix quotes others, only the place that it fills itself is read: a recipient's address by
the grammar of RFC 5321 (so that a quoted local part cannot end early), and a reply only as reply.
"""

import re
from typing import NamedTuple

from postwarden.sources.logs.fields import transaction

QUEUE_ID = re.compile(r"[0-9A-F]{6,19}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,26}")
"""Short queue ids, and long ones (postconf(5), enable_long_queue_ids)."""

_ADDRESS = r'((?:"(?:[^"\\]|\\.)*+"(?:@[^<>\s]*)?)|[^"<>\s]*)'
_TAIL = (
    r", relay=([^\s,]+), (?:conn_use=\d+, )?delay=([\d.]+), delays=[\d./]+, "
    r"dsn=(\d\.\d{1,3}\.\d{1,3}), status=([A-Za-z-]+)"
)
_DELIVERY = re.compile(rf"to=<{_ADDRESS}>(?:, orig_to=<{_ADDRESS}>)?{_TAIL}(?: \((.*)\))?\Z")
_SECOND_TAIL = re.compile(_TAIL)
_LMTP_SAVED = re.compile(r"250 2\.\d\.\d <.*> ([A-Za-z0-9+/]{16,32}(?::[TR]\d+)*) Saved\Z")
_QUEUED = re.compile(r"250 .*\bqueued as ([0-9A-Za-z]{6,26})\)?\Z")
_FORWARDED = re.compile(r"forwarded as ([0-9A-Za-z]{6,26})\Z")
_OUTPUT = re.compile(r" \(|\. Command output:")

STATUSES = {
    "sent": "sent",
    "deferred": "deferred",
    "bounced": "bounced",
    "expired": "expired",
    "SOFTBOUNCE": "deferred",
}


class Handing(NamedTuple):
    """A delivery line.

    Attributes:
        recipient: as written in `to=`.
        original: as written in `orig_to=`; None without.
        relay: as written, or None for "none".
        delay: seconds since the message entered this queue.
        dsn: enhanced status code (RFC 3463).
        status: one of the values of `STATUSES`.
        text: the reply; of programs only what Postfix says of them, never their output.
    """

    recipient: str
    original: str | None
    relay: str | None
    delay: float
    dsn: str
    status: str
    text: str | None


def handing(agent: str, body: str) -> Handing | None:
    """Read a delivery line after its queue id; None when it is not one or cannot be read safely.

    Before Postfix 3.5 (and with `info_log_address_format = internal`) addresses are not quoted, and
    one that holds a whole delivery line would be read as that line. Of this provider's own agents
    such a line is refused.
    """
    match = _DELIVERY.match(body)
    if match is None:
        return None
    recipient, original, relay, delay, dsn, word, text = match.groups()
    status = STATUSES.get(word)
    if status is None or delay.count(".") > 1 or delay == ".":
        return None
    if text is not None:
        if agent not in ("smtp", "error") and ", relay=" in text and _SECOND_TAIL.search(text):
            return None
        if agent in ("pipe", "local"):
            text = _OUTPUT.split(text, maxsplit=1)[0]
    own = None if relay == "none" else relay
    return Handing(recipient, original, own, float(delay), dsn, status, text)


def lmtp_session(body: str) -> tuple[str, str | None] | None:
    """Give transaction and recipient part out of Dovecot's reply that ends a delivery line."""
    place = body.rfind("status=sent (")
    match = _LMTP_SAVED.match(body[place + 13 : -1]) if place >= 0 else None
    if match is None:
        return None
    session, part = transaction(match[1])
    return (session, part) if session else None


def queued_as(text: str) -> str | None:
    """Give the queue id out of an SMTP reply such as `250 2.0.0 Ok: queued as 4jX6B749nDzRb1X`."""
    match = _QUEUED.match(text)
    return match[1] if match else None


def forwarded_as(text: str) -> str | None:
    """Give the queue id out of what local(8) says of a forwarded message."""
    match = _FORWARDED.match(text)
    return match[1] if match else None


def client(body: str) -> tuple[str, str | None]:
    """Read smtpd's `client=` line: the client as `name[ip]`, and the login name if there is one."""
    name, _, rest = body[7:].partition(", ")
    login: str | None = None
    place = rest.find("sasl_username=")
    if place >= 0:
        login = rest[place + 14 :].partition(", sasl_sender=")[0].strip()
    return name, login or None


def sender(body: str) -> tuple[str, int, int | None] | None:
    """Read qmgr's `from=<…>, size=…, nrcpt=…` line: sender as written, bytes, recipients."""
    address, mark, rest = body.rpartition(">, size=")
    digits, _, rest = rest.partition(",")
    if not mark or not digits.isdecimal() or len(digits) > 18:
        return None
    count = rest.partition(" nrcpt=")[2].partition(" ")[0]
    return address[6:], int(digits), int(count) if count.isdecimal() and len(count) < 10 else None
