"""Body hashes that signers declared (DKIM-Signature, RFC 6376 section 3.5)."""

import re

from postwarden.sources.headers.fields import name_pattern, text_of

_SIGNATURE = re.compile(
    rb"\n(?:" + name_pattern(("dkim-signature",)) + rb"):([^\n]*(?:\n[ \t][^\n]*)*)"
)
_SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=\Z")
_MAX_SIGNATURES = 16


def declared_hashes(block: bytes) -> str:
    """Give "s:BASE64 r:BASE64 ..." for the SHA-256 body hashes that cover whole bodies.

    "s" is the simple, "r" the relaxed canonical form. Signatures with `l=` cover a part only and are
    left out, as is what is not a SHA-256 hash; a name comes once.
    """
    found: list[str] = []
    for number, value in enumerate(_SIGNATURE.findall(block)):
        if number == _MAX_SIGNATURES:
            break
        hashed = _declared(text_of(value))
        if hashed is not None and hashed not in found:
            found.append(hashed)
    return " ".join(found)


def _declared(value: str) -> str | None:
    tags: dict[str, str] = {}
    for tag in value.split(";"):
        name, equals, text = tag.partition("=")
        if equals:
            tags.setdefault(name.strip(), "".join(text.split()))
    body_form = tags.get("c", "simple/simple").lower().partition("/")[2] or "simple"
    whole = tags.get("a", "").lower().endswith("-sha256") and "l" not in tags
    if not whole or body_form not in ("simple", "relaxed") or not _SHA256.match(tags.get("bh", "")):
        return None
    return f"{body_form[0]}:{tags['bh']}"
