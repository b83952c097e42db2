"""regexp_table(5) and pcre_table(5): rules in order, with if … endif around some.

A rule's key is its expression; the conditions around it stand before it, one a line, as
"if /pattern/flags". Its value is the result as written, $1 and all. What Postfix would skip with a
warning (dict_regexp.c) becomes a problem.
"""

import re

from postwarden.sources.directory.expressions import (
    SPACE,
    ExpressionError,
    compile_rule,
    highest_group,
    take_pattern,
)
from postwarden.sources.directory.files import Line, Source, logical_lines, text_of
from postwarden.sources.directory.rows import Row, Rows
from postwarden.sources.records import ProblemRecord

_STATEMENT = re.compile(r"(if|endif)(?![A-Za-z0-9])\s*(.*)", re.IGNORECASE | re.DOTALL)


def read_regexp(source: Source) -> Rows:
    """Read the rules in order."""
    conditions: list[tuple[str, int]] = []
    for line in logical_lines(source):
        if isinstance(line, ProblemRecord):
            yield line
            continue
        text = text_of(source, line)
        if isinstance(text, ProblemRecord):
            yield text
            continue
        try:
            row = _read_one(source, line, text.strip(SPACE), conditions)
        except ExpressionError as error:
            yield source.problem("broken-line", str(error), line.number)
            continue
        if row is not None:
            yield row
    for _, number in conditions:
        yield source.problem("broken-line", "if has no endif", number)


def is_pcre(file: str) -> bool:
    """Tell by its name whether a table is one of pcre_table(5)."""
    return "pcre" in file.rpartition("/")[2].lower()


def _read_one(
    source: Source, line: Line, text: str, conditions: list[tuple[str, int]]
) -> Row | ProblemRecord | None:
    if not text[0].isalnum():
        return _rule(source, line, text, conditions)
    statement = _STATEMENT.fullmatch(text)
    if statement is None:
        return source.problem("broken-line", "is neither a pattern nor if nor endif", line.number)
    if statement[1].lower() == "endif":
        if not conditions:
            return source.problem("broken-line", "endif without if", line.number)
        conditions.pop()
        return None
    pattern = take_pattern(statement[2])[0]
    compile_rule(pattern, pcre=is_pcre(source.path))
    conditions.append((f"if {pattern}", line.number))
    return None


def _rule(
    source: Source, line: Line, text: str, conditions: list[tuple[str, int]]
) -> Row | ProblemRecord:
    pattern, result = take_pattern(text)
    if result.startswith("!"):
        second, result = take_pattern(result)
        pattern += second
    rule = compile_rule(pattern, pcre=is_pcre(source.path))
    result = result.strip()
    wanted = highest_group(result)
    if wanted and rule.first.negated:
        raise ExpressionError("a negated pattern has no groups for its result")
    if wanted > rule.first.groups:
        raise ExpressionError(f"has no group {wanted}")
    if not result:
        return source.problem("broken-line", "has no result", line.number)
    return Row(
        "regexp", "\n".join([*(one for one, _ in conditions), pattern]), (result,), line.number
    )
