"""Text that others wrote, made safe to show: what would act instead of being seen becomes visible.

Control characters (ECMA-48 escape sequences begin with one), bidirectional overrides and other
invisible format characters (UAX #9, Unicode category Cf), line and paragraph separators, and lone
surrogates (bytes that were no UTF-8).
"""

import unicodedata
from collections.abc import Callable

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Give the text with every acting character written as `\x1b`, `\u202e` and the like.

    A byte that was no UTF-8 is written as `\x80` to `\xff`.
    """
    return escaped(text, _backslashed)


def escaped(text: str, notation: Callable[[str], str]) -> str:
    """Give the text with every acting character in another notation."""
    if text.isprintable():
        return text
    return "".join(notation(one) if acts(one) else one for one in text)


def acts(character: str) -> bool:
    """Tell whether a character acts instead of being seen."""
    return unicodedata.category(character) in _ACTING


def _backslashed(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8 (PEP 383)
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
