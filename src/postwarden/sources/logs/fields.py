"""Small pure helpers that all log readers share."""

import re
from functools import lru_cache

from postwarden.vocabulary import normal

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_+=\-]*(?:\.[a-z0-9_+=\-]+)*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+")
_OWN_IP = re.compile(
    r"127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|(?:IPv6:)?(?:::1\Z|f[cd][0-9a-f]{2}:)"
)


def address(text: str) -> str:
    """Give an address in the normal form of `vocabulary.normal`, fast where it is already."""
    return text if _PLAIN.fullmatch(text) else _normal(text)


_normal = lru_cache(maxsize=65_536)(normal)


def transaction(session: str) -> tuple[str | None, str | None]:
    """Divide a logged LMTP session id ("ID", "ID:R2", "ID:T2:R3") into transaction and recipient.

    Stored copies carry the transaction ("ID" or "ID:T2"), never the recipient.
    """
    name, colon, last = session.rpartition(":")
    if colon and last.startswith("R"):
        return name, last
    return session or None, None


def is_own_relay(relay: str, hosts: frozenset[str]) -> bool:
    """Decide whether a relay, as Postfix writes it, is this provider's own.

    Own are Unix sockets, loopback addresses, private addresses (RFC 1918, RFC 4193) and the
    provider's own hosts. Replies of any other relay are a stranger's words.
    """
    name, bracket, rest = relay.partition("[")
    if not bracket:
        return False
    inside = rest.partition("]")[0]
    if "/" in inside or _OWN_IP.match(inside):
        return True
    return name.lower() in hosts
