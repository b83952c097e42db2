"""Mail addresses as servers compare them.

Postfix folds the case of whole addresses before table look-ups (see its virtual(5), "CASE FOLDING"),
and so does Dovecot by its default `auth_username_format = %Lu`; RFC 5321 section 2.4 leaves local
parts to their own server. Domains are compared as A-labels (RFC 5891).
"""

import re
from typing import NamedTuple

import idna

from postwarden.vocabulary.errors import VocabularyError

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+\Z")
_NORMAL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-](?:[a-z0-9!#$%&'*+/=?^_`{|}~.-]*[a-z0-9!#$%&'*+/=?^_`{|}~-])?"
    r"@[a-z0-9.-]*[a-z0-9-]\Z"
)
"""An address in normal form, as nearly all are that are kept: there is nothing to do."""
_NEVER_SPLIT = frozenset({"double-bounce", "mailer-daemon"})


class Address(NamedTuple):
    """One address, already in normal form (see `Address.parse`)."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `local@domain` in any notation servers log; raise `VocabularyError` without a domain.

        The result is lower case, its domain in A-labels without a final dot, its local part
        unquoted when it needs no quotes.
        """
        text = text.strip()
        if text.startswith("<") and text.endswith(">"):
            text = text[1:-1].strip()
        local, at, domain = text.rpartition("@")
        if not at or not local or not domain:
            raise VocabularyError(f"{text!r} is not an address with a domain")
        return cls(_plain_local(local).lower(), _ascii_domain(domain))

    def __str__(self) -> str:
        return f"{_quoted_if_needed(self.local)}@{self.domain}"


def normal(text: str) -> str:
    """Give the normal form of an address, or of a bare name, as one string; never raises."""
    if _NORMAL.match(text):
        return text
    try:
        return str(Address.parse(text))
    except VocabularyError:
        return text.strip().strip("<>").strip().lower()


def split_extension(local: str, delimiters: str) -> tuple[str, str]:
    """Split `user+ext` into `user` and `+ext` as Postfix's split_addr() does.

    `delimiters` is `recipient_delimiter`, a set of characters. Nothing is split where the
    delimiter comes first, for the reserved names, nor, with "-", for `owner-list` and
    `list-request`.
    """
    if not delimiters or local in _NEVER_SPLIT:
        return local, ""
    if "-" in delimiters and (local.startswith("owner-") or local.endswith("-request")):
        return local, ""
    places = [place for place in map(local.find, delimiters) if place > 0]
    if not places:
        return local, ""
    cut = min(places)
    return local[:cut], local[cut:]


def _plain_local(local: str) -> str:
    if len(local) >= 2 and local[0] == local[-1] == '"':
        return re.sub(r"\\(.)", r"\1", local[1:-1])
    return local


def _quoted_if_needed(local: str) -> str:
    if _ATOM.match(local) and not local.startswith(".") and not local.endswith("."):
        return local
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ascii_domain(domain: str) -> str:
    domain = domain.rstrip(".").lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain
