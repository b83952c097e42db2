"""Text that others wrote, made safe to show: what would act instead of being seen becomes visible.

Control characters (ECMA-48 escape sequences begin with one), bidirectional overrides and other
invisible format characters (UAX #9, Unicode category Cf), line and paragraph separators, and lone
surrogates (bytes that were no UTF-8).
"""

import re
import sys
import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _acting_characters() -> str:
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in _ACTING:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


ACTING = re.compile(f"[{_acting_characters()}]")
"""Matches one character that acts instead of being seen."""


def visible(text: str) -> str:
    r"""Give the text with every acting character written as `\x1b`, `\u202e` and the like.

    A byte that was no UTF-8 is written as `\x80` to `\xff`.
    """
    return text if text.isascii() and text.isprintable() else ACTING.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8 (PEP 383)
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
