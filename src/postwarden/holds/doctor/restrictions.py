"""Postfix's restriction lists, as far as it matters whether the look-up of holds is reached (pure).

Postfix's documentation: SMTPD_ACCESS_README, "Getting selective with SMTP access restriction lists", and
postconf(5) of each parameter. A HOLD from an access table does not end a list; a permit does.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

_MOST_DEEP = 10
_NAME = re.compile(r"\$(?:(\w+)|\((\w+)\)|\{(\w+)\})")
_WORD = re.compile(r"\{[^{}]*\}|[^\s,{}]+")
_MAY_PERMIT = re.compile(r"permit\w*|check_\w+|ok", re.IGNORECASE)
_CHECK = "check_sasl_access"


class Reach(StrEnum):
    """Whether a list comes to the look-up of holds."""

    ALWAYS = "always"
    PERHAPS = "perhaps"
    NEVER = "never"


def expanded(text: str, settings: Mapping[str, str]) -> str:
    """Replace $name, ${name} and $(name) by what is set; what is not set is empty."""
    for _ in range(_MOST_DEEP):
        found = _NAME.sub(lambda match: settings.get(match[1] or match[2] or match[3], ""), text)
        if found == text:
            return text
        text = found
    return text


def reach(name: str, settings: Mapping[str, str], folder: str) -> Reach:
    """Tell whether a restriction list comes to a look-up in the projection.

    Args:
        name: of the list.
        settings: in force, of one service.
        folder: of the projection; its look-up lies in it.
    """
    classes = set(_WORD.findall(expanded(settings.get("smtpd_restriction_classes", ""), settings)))
    return _reach(_words(settings.get(name, ""), settings, classes), folder)


def _words(text: str, settings: Mapping[str, str], classes: set[str]) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(expanded(text, settings)):
        if word in classes:
            words += _words(settings.get(word, ""), settings, classes - {word})
        else:
            words.append(word)
    return words


def _reach(words: list[str], folder: str) -> Reach:
    found = Reach.ALWAYS
    for at, word in enumerate(words):
        table = words[at + 1] if at + 1 < len(words) else ""
        if word == _CHECK and f"sqlite:{folder}/" in table:
            return found
        if word.lower() in ("permit", "reject", "defer"):  # ends the list for everybody
            return Reach.NEVER
        if _MAY_PERMIT.fullmatch(word):
            found = Reach.PERHAPS
    return Reach.NEVER
