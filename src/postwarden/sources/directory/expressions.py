r"""Expressions of regexp_table(5) and pcre_table(5), compiled to Python's `re`.

One dialect is read for both: character classes of POSIX, back-slashes of Perl. It differs from
POSIX where two alternatives match from one place (POSIX takes the longest, here the first counts).
`s`, `A` are pcre_table(5)'s; `x` is its "extended" in a file named *pcre*, else the basic syntax of
regexp_table(5), in which \( \) \{ \} \+ \? \| are the operators.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

SPACE = " \t\n\v\f\r"  # what C's isspace() knows, and Postfix with it
_MAX_SUBJECT = 1000  # as virtual_alias_address_length_limit; longer ones match nothing
_POSIX_CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_MACRO = re.compile(r"\$(?:(\$)|\((\w+)\)|\{(\w+)\}|(\w+)|)")


class ExpressionError(ValueError):
    """An expression or its result cannot be used; the text says why."""


class Pattern(NamedTuple):
    """One `!/pattern/flags`."""

    match: Callable[[str], re.Match[str] | None]
    groups: int
    negated: bool

    def holds(self, subject: str) -> bool:
        """Tell whether the pattern lets the subject pass."""
        return (self.match(subject) is None) is self.negated


class Rule(NamedTuple):
    """A line of a table with the conditions around it."""

    conditions: tuple[Pattern, ...]
    first: Pattern
    second: Pattern | None

    def result(self, subject: str, template: str) -> str | None:
        """Give the result for a subject with its groups put in, or None when it does not match."""
        if len(subject) > _MAX_SUBJECT or not all(one.holds(subject) for one in self.conditions):
            return None
        found = self.first.match(subject)
        if (found is None) is not self.first.negated:
            return None
        if self.second is not None and not self.second.holds(subject):
            return None
        return substitute(template, found)


def compile_rule(key: str, *, pcre: bool = False) -> Rule:
    """Compile an `EntryRecord.key` of kind "regexp"; `pcre` says what the flag x means.

    Raises:
        ExpressionError: a pattern is none, or uses what Python's `re` has not.
    """
    *conditions, own = key.split("\n")
    first, rest = take_pattern(own)
    second = take_pattern(rest)[0] if rest.startswith("!") else None
    return Rule(
        tuple(
            compile_pattern(take_pattern(one.removeprefix("if "))[0], pcre=pcre)
            for one in conditions
        ),
        compile_pattern(first, pcre=pcre),
        None if second is None else compile_pattern(second, pcre=pcre),
    )


def take_pattern(text: str) -> tuple[str, str]:
    """Split `!/pattern/flags rest` into the pattern with its flags and the rest.

    Raises:
        ExpressionError: there is no pattern, or it does not end.
    """
    place = len(text) - len(text.lstrip("!" + SPACE))
    if place >= len(text):
        raise ExpressionError("has no pattern")
    delimiter = text[place]
    end = place + 1
    while end < len(text) and text[end] != delimiter:
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise ExpressionError(f"has no closing {delimiter}")
    end += 1
    while end < len(text) and not text[end].isspace() and text[end] != "!":
        end += 1
    return text[:end], text[end:]


def compile_pattern(text: str, *, pcre: bool = False) -> Pattern:
    """Compile `!/pattern/flags`.

    Raises:
        ExpressionError: the pattern or one of its flags cannot be used.
    """
    bare = text.lstrip("!" + SPACE)
    negated = text[: len(text) - len(bare)].count("!") % 2 == 1
    close = bare.rindex(bare[0])
    body, flags = bare[1:close], bare[close + 1 :]
    options = re.IGNORECASE | re.DOTALL
    anchored = False
    for flag in flags:
        if flag == "i":
            options ^= re.IGNORECASE
        elif flag == "m":
            options ^= re.MULTILINE
        elif flag == "s":
            options ^= re.DOTALL
        elif flag == "A":
            anchored = not anchored
        elif flag == "x" and pcre:
            options ^= re.VERBOSE
        elif flag == "x":
            body = _extended(body)
        elif flag != "E":
            raise ExpressionError(f"has the unknown flag {flag!r}")
    try:
        compiled = re.compile(_python_syntax(body), options)
    except (re.error, OverflowError, RecursionError) as error:
        raise ExpressionError(f"is no usable expression: {error}") from error
    return Pattern(compiled.match if anchored else compiled.search, compiled.groups, negated)


def substitute(template: str, found: re.Match[str] | None) -> str:
    """Put groups in for $1, ${1}, $(1) and "$" for $$; a group without a match is empty."""

    def one(macro: re.Match[str]) -> str:
        if macro[1]:
            return "$"
        return (found[_index(macro)] or "") if found else ""

    return _MACRO.sub(one, template)


def highest_group(template: str) -> int:
    """Give the highest group that a result asks for, 0 for none.

    Raises:
        ExpressionError: a $ is followed by something that is no group.
    """
    return max((_index(macro) for macro in _MACRO.finditer(template) if not macro[1]), default=0)


def _index(macro: re.Match[str]) -> int:
    name = macro[2] or macro[3] or macro[4] or ""
    if not name.isdecimal() or len(name) > 3 or int(name) < 1:
        raise ExpressionError(f"has no group for {macro[0]!r}")
    return int(name)


def _python_syntax(body: str) -> str:
    r"""Replace POSIX classes, and Perl's \z, by what Python's `re` knows."""
    named = re.sub(r"\[:(\^?)(\w+):\]", _class_members, body)
    return re.sub(r"\\(.)", lambda m: r"\Z" if m[1] == "z" else m[0], named, flags=re.DOTALL)


def _class_members(found: re.Match[str]) -> str:
    members = _POSIX_CLASSES.get(found[2])
    if members is None or found[1]:
        raise ExpressionError(f"has the unknown class {found[0]}")
    return members


def _extended(body: str) -> str:
    """Turn the basic syntax of POSIX into the extended one."""
    return re.sub(
        r"\\(.)|([(){}+?|])",
        lambda m: f"\\{m[2]}" if m[2] else (m[1] if m[1] in "(){}+?|" else m[0]),
        body,
        flags=re.DOTALL,
    )
