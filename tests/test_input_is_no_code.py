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
