"""aliases(5): `name: value, value, …`, as postalias(1) reads it, with its :include: files.

Names are local parts without a domain and fold to lower case; of two lines with one name the first
counts. An include file that cannot be read stays in the values as it is written.
"""

import re
from collections.abc import Iterator

from postwarden.sources.directory.files import Line, Source, logical_lines, physical_lines, text_of
from postwarden.sources.directory.rows import Row, Rows, Seen
from postwarden.sources.directory.values import normal_key, split_values
from postwarden.sources.records import ProblemRecord

_MAX_INCLUDE_DEPTH = 5
_INCLUDE = ":include:"
_NAME = re.compile(r"""\s*("(?:\\.|[^"\\])*"|(?:\\.|[^\s":\\,])+)\s*:(.*)""", re.DOTALL)


def read_aliases(source: Source) -> Rows:
    """Read the table; a line that postalias would leave out becomes a problem."""
    seen = Seen()
    for line in logical_lines(source):
        if isinstance(line, ProblemRecord):
            yield line
            continue
        for row in _rows(source, line):
            if isinstance(row, Row) and seen.again(row.key):
                yield source.problem(
                    "duplicate-key", f"{row.key} has an entry already, which counts", row.line
                )
            else:
                yield row


def _rows(source: Source, line: Line) -> Rows:
    text = text_of(source, line)
    if isinstance(text, ProblemRecord):
        yield text
        return
    found = _NAME.fullmatch(text)
    values = split_values(found[2]) if found else ()
    if found is None or not values:
        yield source.problem("broken-line", "is not of the form: name: value, …", line.number)
    elif "@" in found[1] and not found[1].startswith('"'):
        yield source.problem("broken-line", "the name must have no domain", line.number)
    else:
        expanded: dict[str, None] = {}
        for value in _expanded(source, line.number, values, ()):
            if isinstance(value, ProblemRecord):
                yield value
            else:
                expanded[value] = None
        name = normal_key(f'"{found[1]}"' if not found[1].startswith('"') else found[1])
        yield Row("local", name, tuple(expanded), line.number)


def _expanded(
    source: Source, line: int, values: tuple[str, ...], within: tuple[str, ...]
) -> Iterator[str | ProblemRecord]:
    for value in values:
        if not value.startswith(_INCLUDE):
            yield value
            continue
        path = value.removeprefix(_INCLUDE)
        if path in within or len(within) >= _MAX_INCLUDE_DEPTH:
            yield source.problem("loop", f"{path} is included within itself", line)
            continue
        for member in _included(source, line, path):
            if isinstance(member, str | ProblemRecord):
                yield member
            else:
                yield from _expanded(source, line, member, (*within, path))


def _included(
    source: Source, line: int, path: str
) -> Iterator[tuple[str, ...] | str | ProblemRecord]:
    for part in physical_lines(Source(path, path)):
        if isinstance(part, ProblemRecord):
            if part.code == "unreadable-file":
                yield f"{_INCLUDE}{path}"
            yield source.problem(part.code, f"{path}: {part.detail}", line)
            continue
        text = "" if part.raw.startswith(b"#") else text_of(Source(path, source.shown), part)
        yield text if isinstance(text, ProblemRecord) else split_values(text)
