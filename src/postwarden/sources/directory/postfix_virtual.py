"""Tables as postmap(1) reads them: virtual(5), canonical(5), recipient_bcc_maps and the like.

A key ends at the first white space outside quotes; backslashes escape; keys fold to lower case; of
two lines with one key the first counts, with a warning (DICT_FLAG_DUP_WARN in dict_db.c).
"""

import re

from postwarden.sources.directory.files import Line, Source, logical_lines, text_of
from postwarden.sources.directory.rows import Row, Rows, Seen
from postwarden.sources.directory.values import normal_key, split_values
from postwarden.sources.records import ProblemRecord

_KEY = re.compile(r"""((?:\\.|"(?:\\.|[^"\\])*(?:"|\Z)|[^\s"\\])+)\s+(.*)""", re.DOTALL)


def read_virtual(source: Source) -> Rows:
    """Read the table; a line that postmap would leave out becomes a problem."""
    seen = Seen()
    for line in logical_lines(source):
        row = line if isinstance(line, ProblemRecord) else _row(source, line)
        if isinstance(row, Row) and seen.again(row.key):
            yield source.problem(
                "duplicate-key", f"{row.key} has an entry already, which counts", row.line
            )
            continue
        yield row


def _row(source: Source, line: Line) -> Row | ProblemRecord:
    text = text_of(source, line)
    if isinstance(text, ProblemRecord):
        return text
    found = _KEY.fullmatch(text)
    values = split_values(found[2]) if found else ()
    if found is None or not values:
        return source.problem(
            "broken-line", "is not of the form: key white-space value", line.number
        )
    return Row("literal", normal_key(found[1]), values, line.number)
