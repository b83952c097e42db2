"""Reading a cited line again, with what others wrote in it masked.

Log lines repeat header text of messages (subjects, author names). It is masked by default: a verdict
rests on what servers wrote, and evidence shows nobody's words.
"""

import os
import re
from itertools import islice

from postwarden.sources.logs.files import LineReader

MASK = "[masked]"
_HEADER_TEXT = re.compile(
    r"(\bsubject=)(.*?)(?=, [a-z_]+=|: (?:saved|stored|sieve|redirect|discard)|$)"
    r"|(\bfrom=)(?!<)([^,]*[\"<][^,]*)(?=,|$)"
    r"|(\bwarning: header \w[\w-]*: )(.*?)(?= from |$)"
    r"|(\bhelo=)(<[^>]*>)",
    re.IGNORECASE,
)

_PASSWD = re.compile(r"([^\s:]+:)(?:[{$]|[^:]*(?::[^:]*){5})")
"""A line of a passwd-file (Dovecot's passwd-file, passwd(5)): a secret follows the name."""


def cited_line(base: str, file: str, line: int) -> str | None:
    """Give a line of a log or table, masked; None when the file is gone or shorter.

    Args:
        base: folder to which `file` is relative.
        file: as cited; compressed files are read through.
        line: from 1.
    """
    path = os.path.join(base, file)
    if line < 1 or not os.path.isfile(path):
        return None
    lines = (text for block in LineReader(path).blocks() for text in block)
    text = next(islice(lines, line - 1, None), None)
    return None if text is None else masked(text)


def masked(text: str) -> str:
    """Mask header text in a log line, and all but the name in a passwd line.

    Addresses in angle brackets stay, they are evidence.
    """
    account = _PASSWD.match(text)
    return account[1] + MASK if account else _HEADER_TEXT.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None) + MASK
