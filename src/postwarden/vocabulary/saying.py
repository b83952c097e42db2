"""Sentences that know what they were made of, so that a shell can say them in its reader's language.

A `Said` is its English text, and nothing else to whoever stores, hashes, signs or compares it: what is kept
never depends on a language. A shell that speaks several looks at `one`, `more` and `values`, and says it anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any


class Said(str):
    """An English sentence.

    Attributes:
        one: what it was made from, with the names of values in braces.
        more: the same for more than one; "" where it counts nothing.
        values: by name; some may be sentences themselves. Of what counts, `n` is how many.
    """

    __slots__ = ("more", "one", "values")
    one: str
    more: str
    values: Mapping[str, Any]

    def __new__(cls, one: str, more: str = "", values: Mapping[str, Any] | None = None) -> "Said":
        """Make it; without values it stays as it is written, and can be given them later."""
        pattern = more if more and values and values["n"] != 1 else one
        made = super().__new__(cls, pattern if values is None else pattern.format_map(values))
        made.one, made.more, made.values = one, more, values or {}
        return made

    def __reduce__(self) -> tuple[type["Said"], tuple[str, str, Mapping[str, Any] | None]]:
        """Go to other processes as what it was made of."""
        return Said, (self.one, self.more, self.values or None)

    def about(self, **values: object) -> "Said":
        """Give the sentence with values."""
        return self.about_all(values)

    def about_all(self, values: Mapping[str, Any]) -> "Said":
        """Give the sentence with values, which may know others that it names."""
        return Said(self.one, self.more, values)


def said(one: str, /, **values: object) -> Said:
    """Say something; the text is found by the tool that collects what is to be translated."""
    return Said(one, "", values or None)


def counted(one: str, more: str, n: int, /, **values: object) -> Said:
    """Say something of a number of things, which the texts call `n`."""
    return Said(one, more, {**values, "n": n})


def joined(between: str, parts: Iterable[str]) -> Said:
    """Put parts behind each other, each of which is said by itself."""
    values = {f"p{place}": part for place, part in enumerate(parts)}
    return Said(between.join(f"{{{name}}}" for name in values), "", values)


def kept(what: str) -> dict[str, Any]:
    """Write a sentence as JSON has it, so that it can be said in any language later."""
    if not isinstance(what, Said):
        return {"one": what}
    values = {name: _kept(value) for name, value in what.values.items()}
    return {"one": what.one, "more": what.more, "values": values}


def said_again(told: Mapping[str, Any]) -> str:
    """Give a sentence that was written by `kept`."""
    if "values" not in told:
        return str(told["one"])
    values = {name: _again(value) for name, value in told["values"].items()}
    return Said(told["one"], told["more"], values or None)


def _kept(value: object) -> object:
    if isinstance(value, Said):
        return kept(value)
    return value if isinstance(value, int | float) else str(value)


def _again(value: object) -> object:
    return said_again(value) if isinstance(value, Mapping) else value
