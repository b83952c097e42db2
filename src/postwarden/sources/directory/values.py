"""Keys and right-hand sides of address tables, in one normal form.

Keys: a normal address, "@domain" for a whole domain, or a bare name, unquoted and lower case.
Values: the same, and destinations that are no address ("|command", "/file", ":include:/file",
"error: …"), which stay as they were written.
"""

import re

from postwarden.vocabulary import VocabularyError, normal
from postwarden.vocabulary.addresses import Address

_ITEM = re.compile(
    r"""(?P<gap>[\s,;]+|\([^()]*\))
    | <(?P<route>[^<>]*)>
    | \|"(?P<command>(?:\\.|[^"\\])*)(?:"|\Z)
    | (?P<quoted>"(?:\\.|[^"\\])*(?:"|\Z)(?:@[^\s,;<>()"]*)?)
    | (?P<word>[^\s,;<>()"]+)
    | .""",
    re.DOTALL | re.VERBOSE,
)
_PLAIN = re.compile(r"[a-z0-9_=+-]+(?:\.[a-z0-9_=+-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_COMMAND = ("|", ":include:", "error:")


def normal_key(text: str) -> str:
    """Give the form in which a key is looked up; never raises."""
    text = text.strip()
    if is_plain(folded := text.lower()):
        return folded
    if text.startswith("@"):
        return whole_domain(text[1:])
    if "@" in text:
        return normal(text)
    return unquoted(text).lower()


def is_plain(text: str) -> bool:
    """Tell whether a text is an address in normal form already, as nearly all are."""
    return _PLAIN.fullmatch(text) is not None


def whole_domain(domain: str) -> str:
    """Give the key of a catch-all: "@" and the domain in A-labels."""
    try:
        return f"@{Address.parse(f'x@{domain}').domain}"
    except VocabularyError:
        return f"@{domain.lower()}"


def unquoted(name: str) -> str:
    """Take the quotes and backslashes off a bare name."""
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)


def is_command(value: str) -> bool:
    """Tell whether a value hands mail to something that is no address."""
    return value.startswith(_COMMAND) or (value.startswith("/") and "@" not in value)


def split_values(text: str) -> tuple[str, ...]:
    """Split a right-hand side at commas and white space into normal values, without repetition.

    Quotes, comments in parentheses and `Name <address>` are understood as RFC 5322 section 3.4
    writes them, and missing commas are added, as Postfix does.
    """
    text = text.strip()
    if is_plain(folded := text.lower()):
        return (folded,)
    if folded.startswith("error:"):
        return (_one_line(f"error:{text[6:]}"),)
    found = (_normal_value(item) for item in _items(text))
    return tuple(dict.fromkeys(value for value in found if value))


def _items(text: str) -> list[str]:
    items: list[str] = []
    phrase = 0  # index of the first item that a following <route> would replace
    for match in _ITEM.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "gap":
            phrase = len(items) if token.strip(" \t\r\n")[:1] in {",", ";"} else phrase
        elif kind == "route":
            items[phrase:] = [match["route"]]
            phrase = len(items)
        elif kind == "command":
            items.append(f"|{match['command']}")
        elif kind in {"quoted", "word"}:
            items.append(token)
    return items


def _normal_value(item: str) -> str:
    bare = unquoted(item) if item.startswith('"') and item.endswith('"') else item
    if is_command(bare):
        return _one_line(bare)
    return _one_line(normal_key(item))


def _one_line(value: str) -> str:
    return " ".join(value.split())
