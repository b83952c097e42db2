"""Nothing that somebody sent is run or made a template of, and what nobody may guess is drawn where nobody can."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "postwarden"
RUNS = {"eval", "exec", "compile", "__import__", "literal_eval", "import_module"}
READS = {"pickle", "marshal", "shelve", "dill", "yaml", "code", "codeop"}
MAKES = {"from_string", "Template"}
DRAWS = {"random"}
OWN = {("cli/lazy.py", "import_module(place.module)")}
"""Commands by the names that stand in the program."""
TEMPLATES = {"cli/output/html.py"}
"""Loads templates of the package by their names."""
BYTES = 16
NAMES = {"durable/together.py", "servers/dovecot/staging.py", "servers/dovecot/imap.py"}
"""They name folders that nobody else has, and keep nothing secret by it."""


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Give each call and import of modules that have one of these words at all, and where it stands."""
    words = re.compile(rf"\b({'|'.join([*RUNS, *READS, *MAKES, *DRAWS, 'jinja2'])})\b|\btoken_")
    texts = [(one.relative_to(SOURCE), one.read_text()) for one in sorted(SOURCE.rglob("*.py"))]
    return tuple(
        (str(place), node)
        for place, text in texts
        if words.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Call, ast.Import, ast.ImportFrom))
    )


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Give each call: where it stands, and the last name of what is called."""
    for place, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            yield place, node.func.id, node
        elif isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "re":
            yield place, node.func.attr, node


def imports() -> Iterator[tuple[str, str]]:
    for place, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((place, one.name.partition(".")[0]) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield place, node.module.partition(".")[0]


def test_nothing_is_run_that_is_not_of_the_program():
    run = {(place, ast.unparse(node)) for place, name, node in calls() if name in RUNS}
    assert run == OWN
    assert {(place, name) for place, name in imports() if name in READS} == set()


def test_no_template_is_made_of_what_somebody_sent():
    assert {(place, name) for place, name, _ in calls() if name in MAKES} == set()
    assert {place for place, name in imports() if name == "jinja2"} == TEMPLATES


def test_what_nobody_may_guess_has_128_bits_of_the_systems_randomness():
    guessed = {place for place, name in imports() if name in DRAWS}
    assert {place for place in guessed if not place.startswith("drills/")} == set()
    drawn = {
        place: node.args[0].value
        for place, name, node in calls()
        if name.startswith("token_") and isinstance(node.args[0], ast.Constant)
        if not place.startswith("drills/")
    }
    assert {"people/tokens.py", "people/invitations.py", "hooks/desk.py"} <= drawn.keys()
    assert {place for place, many in drawn.items() if many < BYTES} == NAMES


STARTS = re.compile(
    r"subprocess\.(?:run|Popen|call|check_\w+|getoutput)|Popen|create_subprocess\w+"
)
SHELLS = re.compile(r"os\.(?:system|popen|exec\w*|spawn\w*|posix_spawn\w*)|create_subprocess_shell")
WHO = {"", "rights"}
"""By name: as which user a program runs."""
SAYS = {"_", "_now", "gettext", "gettext_lazy", "ngettext", "said", "counted"}
"""Give a text of the program, or its translation."""
PATTERNS = {
    ("vocabulary/saying.py", "pattern"),
    ("ledger/migrations/0002_append_only.py", "statement"),
}
"""Where all sentences of the program are made, and a list of statements that stands above."""


@cache
def modules(word: str) -> tuple[tuple[str, ast.Module], ...]:
    """Give the modules that have a word, but those of drills."""
    texts = ((one, one.read_text()) for one in sorted(SOURCE.rglob("*.py")))
    return tuple(
        (str(one.relative_to(SOURCE)), ast.parse(text))
        for one, text in texts
        if re.search(word, text) and not one.is_relative_to(SOURCE / "drills")
    )


def test_no_command_goes_by_a_shell():
    started = [
        (place, node)
        for place, tree in modules(
            r"subprocess|Popen|\bos\.(?:system|popen|exec|spawn|posix_spawn)"
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]
    assert [place for place, node in started if SHELLS.fullmatch(ast.unparse(node.func))] == []
    programs = [(one, node) for one, node in started if STARTS.fullmatch(ast.unparse(node.func))]
    assert len(programs) > 5
    for place, node in programs:
        named = {one.arg: ast.unparse(one.value) for one in node.keywords}
        assert "shell" not in named, place
        assert named.get(None, "") in WHO, place
        # words, made here or before: never one text, which a shell would have to split
        assert not isinstance(node.args[0], (ast.Constant, ast.JoinedStr, ast.BinOp)), place


def is_ours(pattern: ast.expr, tree: ast.AST) -> bool:
    """Tell whether a pattern stands in the program, or is the translation of one."""
    if isinstance(pattern, ast.Constant) or ast.unparse(pattern).lstrip("_").isupper():
        return True
    if isinstance(pattern, ast.Subscript):
        return is_ours(pattern.value, tree)
    if isinstance(pattern, ast.Call):
        return ast.unparse(pattern.func) in SAYS
    given = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(pattern)
    ]
    return bool(given) and all(
        not isinstance(one, ast.Name) and is_ours(one, tree) for one in given
    )


def test_no_pattern_of_a_format_comes_from_outside():
    strange = set()
    for place, tree in modules(r"\.format(?:_map)?\("):
        functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
        for scope in functions or [tree]:
            for node in ast.walk(scope):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    called, pattern = node.func.attr, node.func.value
                    if called in ("format", "format_map") and not is_ours(pattern, scope):
                        strange.add((place, ast.unparse(pattern)))
    assert strange == PATTERNS


OPERATORS = {"sources/directory/expressions.py", "sources/headers/fields.py"}
"""Patterns of the provider's own tables, and one made of names that stand in the program."""
ESCAPED = {"relocation/cleaning.py", "sources/maildir/template.py"}
"""Patterns put together in steps, from what was escaped before."""
MATCHES = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


def is_safe(pattern: ast.expr) -> bool:
    """Tell whether a pattern is of the program alone, or has what it was given escaped."""
    if isinstance(pattern, ast.JoinedStr):
        parts = [one.value for one in pattern.values if isinstance(one, ast.FormattedValue)]
        return all(is_safe(one) for one in parts)
    if isinstance(pattern, ast.BinOp):
        return is_safe(pattern.left) and is_safe(pattern.right)
    if isinstance(pattern, ast.Call):
        return ast.unparse(pattern.func) == "re.escape"
    return isinstance(pattern, ast.Constant) or ast.unparse(pattern).lstrip("_").isupper()


def test_what_somebody_wrote_becomes_no_pattern():
    found = {
        place
        for place, tree in modules(r"\bre\.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if ast.unparse(node.func.value) == "re" and node.func.attr in MATCHES
        if not is_safe(node.args[0])
    }
    assert found == {*OPERATORS, *ESCAPED}
    for place in ESCAPED:
        assert "re.escape(" in (SOURCE / place).read_text()
