"""A message's bytes in the one form they are compared in (pure).

RFC 5322 section 2.3 ends lines with CR LF; Maildir and Dovecot store LF, IMAP sends CR LF. Every LF
without its CR gets one; nothing else changes, so that what differs otherwise has another hash.
"""

from hashlib import sha256


def canonical(stored: bytes) -> bytes:
    """Give a message as IMAP sends it: decompressed bytes, lines ended by CR LF."""
    if b"\r" in stored:
        stored = stored.replace(b"\r\n", b"\n")
    return stored.replace(b"\n", b"\r\n")


def content_hash(canonical_bytes: bytes) -> str:
    """Give the SHA-256 of a message in its canonical form, hex."""
    return sha256(canonical_bytes).hexdigest()
