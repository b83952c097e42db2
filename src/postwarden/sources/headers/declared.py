"""Body hashes that signers declared (DKIM-Signature, RFC 6376 section 3.5)."""

import re
from collections.abc import Sequence

_SHA256 = re.compile(rb"[A-Za-z0-9+/]{43}=\Z")
_FORMS = {b"simple": "s", b"relaxed": "r", b"": "s"}


def declared_hashes(signatures: Sequence[bytes]) -> str:
    """Give "s:BASE64 r:BASE64 ..." for the SHA-256 body hashes that cover whole bodies.

    Args:
        signatures: raw values of DKIM-Signature fields.

    Returns:
        "s" is the simple, "r" the relaxed canonical form. Signatures with `l=` cover a part and
        are left out, as is what is not a SHA-256 hash; each hash comes once.
    """
    found: list[str] = []
    for signature in signatures:
        hashed = _declared(signature)
        if hashed is not None and hashed not in found:
            found.append(hashed)
    return " ".join(found)


def _declared(signature: bytes) -> str | None:
    tags = dict(
        tag.split(b"=", 1) for tag in b"".join(signature.split()).split(b";") if b"=" in tag
    )
    form = _FORMS.get(tags.get(b"c", b"").lower().partition(b"/")[2])
    algorithm, hashed = tags.get(b"a", b""), tags.get(b"bh", b"")
    if form is None or b"l" in tags or not algorithm.lower().endswith(b"-sha256"):
        return None
    return f"{form}:{hashed.decode()}" if _SHA256.match(hashed) else None
