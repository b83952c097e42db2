"""A clean copy: a message without what its trace says of the account that it should never have come to (pure).

The delivery agent of the wrong account wrote on top of the message (RFC 5321 section 4.4; Dovecot and Postfix
write Delivered-To, too). Of the fields above and among the Received lines, and of no others:

- `Delivered-To` that names the wrong holder is left out, with an extension ("+shop") or without;
- in `Received`, a `for` clause that names the wrong holder is left out, likewise.

An alias of the holder stays: by it alone nobody knows whose it is.

What the sender wrote, the body, and the order of all else stay as they are, byte for byte.
"""

import re
from collections.abc import Iterator

_FIELD = re.compile(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_TRACE = (b"received", b"delivered-to", b"return-path", b"x-original-to", b"x-sieve", b"x-virus")


def cleaned(content: bytes, holder: str) -> bytes:
    """Give a message that does not say that this account had it.

    Args:
        content: canonical bytes.
        holder: the wrong account, an address.
    """
    kept, end = [], 0
    for field in _trace(content):
        end += len(field)
        name, _, value = field.partition(b":")
        if name.strip().lower() == b"delivered-to" and _names(value, holder):
            continue
        kept.append(_without_for(field, holder) if name.strip().lower() == b"received" else field)
    return b"".join(kept) + content[end:]


def _trace(content: bytes) -> Iterator[bytes]:
    """Give the header fields that agents wrote, from the top to the first one of the sender."""
    place = 0
    while (found := _FIELD.match(content, place)) and found[0] != b"\r\n":
        if not found[0].lower().startswith(_TRACE):
            return
        yield found[0]
        place = found.end()


def _names(value: bytes, holder: str) -> bool:
    return re.fullmatch(_address(holder), value.strip().strip(b"<>")) is not None


def _address(holder: str) -> bytes:
    local, at, domain = holder.rpartition("@")
    plain = re.escape(local.encode()), re.escape(f"{at}{domain}".encode())
    return rb"(?i:%s(?:\+[^@>\s]*)?%s)" % plain


def _without_for(field: bytes, holder: str) -> bytes:
    pattern = rb"\r?\n?[ \t]+(?i:for) <?" + _address(holder) + rb">?(?=[;\s])"
    return re.sub(pattern, b"", field, count=1)
