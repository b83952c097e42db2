"""Dovecot's passwd-file: `user:password:uid:gid:gecos:home:shell:extra` (passdb passwd-file).

Only the user counts here. Dovecot keeps the first of two lines for one user.
"""

from postwarden.sources.directory.files import Line, Source, physical_lines, text_of
from postwarden.sources.directory.rows import Row, Rows, Seen
from postwarden.sources.directory.values import normal_key
from postwarden.sources.records import ProblemRecord


def read_passwd(source: Source) -> Rows:
    """Read the accounts; a line without a usable user becomes a problem."""
    seen = Seen()
    for line in physical_lines(source):
        if isinstance(line, ProblemRecord):
            yield line
        elif line.raw.strip() and not line.raw.startswith(b"#"):
            row = _row(source, line)
            if isinstance(row, Row) and seen.again(row.key):
                yield source.problem("duplicate-key", f"{row.key} is there already", row.line)
            else:
                yield row


def _row(source: Source, line: Line) -> Row | ProblemRecord:
    user_only = Line(line.number, line.raw.rstrip(b"\r").partition(b":")[0])
    text = text_of(source, user_only)
    if isinstance(text, ProblemRecord):
        return text
    if text.split() != [text]:
        return source.problem("broken-line", "does not begin with a user", line.number)
    return Row("literal", normal_key(text), (normal_key(text),), line.number)
