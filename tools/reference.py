#!/usr/bin/env python3
"""Write the reference pages from the code: commands, configuration, verdicts, evidence, API.

tools/reference.py FOLDER           write FOLDER/reference/*.md
tools/reference.py --check FOLDER   print how they differ from the code; exit status 1 if they do
"""

import ast
import difflib
import inspect
import sys
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from postwarden.cli import app as shell
from postwarden.cli.output.alternatives import write_changes
from postwarden.cli.output.csv import COLUMNS
from postwarden.cli.output.fields import fields
from postwarden.cli.scan import INTERRUPTED
from postwarden.configuration import schema
from postwarden.evidence.engine import TABLES
from postwarden.ledger import check
from postwarden.sources import records
from postwarden.state.service import set_up
from postwarden.verdicts.service import Change, Citation, Finding, Reason, Verdict
from postwarden.words import verdicts as sentences

HEADER = "<!-- Generated from the code by `make docs`; change the code, not this page. -->\n"

VERDICTS: Mapping[str, str] = {
    "rightful": "An original recipient leads to the holder by the directory as intended.",
    "own": "Its holder put it there in a session of their own: sent, drafts, imported, copied.",
    "misdelivered": "Both proofs are there: this provider delivered this copy to this mailbox, and"
    " no original recipient, as intended when it was accepted, leads to the holder.",
    "crossed": "The envelope is right, but the content belongs to another message.",
    "unexplained": "One of the proofs is missing. It accuses nobody.",
}

KEYS: Mapping[str, str] = {
    "account": "in whose mailbox the copy lies",
    "copy": "its id, which `explain` takes; stays the same from snapshot to snapshot",
    "store": "name of the store",
    "folder": "IMAP name; null where a gone copy's folder was not logged",
    "file": "path below the account's mail folder, cut at `:2,`; null when gone",
    "message_id": "as the message has it; null when it has none",
    "verdict": "see above",
    "rightful": "accounts whose message it is",
    "original_recipient": "the first of the original recipients",
    "original_recipients": "all that were folded into this copy",
    "queue_id": "of the queue file it was delivered from",
    "accepted_at": "when this provider accepted the message; RFC 3339, UTC",
    "delivered_at": "when the copy was delivered; RFC 3339, UTC",
    "has_rightful_copy": "every rightful account holds its own; null when nobody is rightful",
    "lacking": "rightful accounts that hold no copy of their own; of a rightful copy, those whom a wrong map"
    " left out",
    "opened": "true when a record or a Seen flag shows it; false only where recording ran without a"
    " gap since delivery; else null",
    "exposure": "downloaded, answered, forwarded, copied, moved, listed: each true, false or null",
    "second_hand": "reached this mailbox by a holder's redirect or copy of a misdelivered one",
    "other_message": "of a crossed copy, the Message-ID of the message whose content it is",
    "gone": "no longer stored, but the logs prove that it was",
    "settled": "an approved repair took it away, or left it to a holder who is meant, too; not counted as"
    " wrong any more",
    "duplicate_of": "of a rightful copy that the server stored twice: id of the one that stays",
    "reasons": "why: code, sentence, and citations (file and line, or header)",
}

_TYPES: Mapping[str, str] = {
    "$ref": "table",
    "boolean": "true or false",
    "date-time": "time with its zone",
    "integer": "whole number",
    "object": "table of texts",
    "path": "path",
    "string": "text",
}

TABLES_IN_SECTIONS: Mapping[str, tuple[str, str]] = {
    "_Anchor": (
        "Anchors",
        "What `anchors` of `[ledger]` consists of: one of `file` (with `tsa`: stamped), `url`, `ssh`.",
    ),
    "_Backend": (
        "Backends",
        "What `backends` of `[relocation]` consists of: `[[relocation.backends]]`.",
    ),
    "_Dovecot": ("Dovecots", "What `dovecot` of `[holds]` consists of: `[[holds.dovecot]]`."),
    "_Oidc": (
        "Provider of identities",
        "What `oidc` of `[console]` consists of: `[console.oidc]`.",
    ),
    "_Table": ("Tables", "What `accounts`, `aliases`, `canonical` and `bcc` consist of."),
    "_Webmail": ("Webmails", "What `webmail` of `[holds]` consists of: `[[holds.webmail]]`."),
    "ColumnsTable": ("Columns", "What `columns` of `[people]` consists of."),
}


def commands() -> str:
    """Describe every command with its arguments, options and defaults."""
    root = shell.every_command()
    parts = [
        HEADER,
        "# Commands\n",
        (
            "Exit status of every command, unless its own text says more:"
            f" 0 = done, {shell.COULD_NOT_RUN} = could not run (one sentence on standard error says why and what"
            f" to do), {INTERRUPTED} = stopped by Ctrl-C. `--help` works with each.\n"
        ),
        "`postwarden --version` prints the version.\n",
    ]
    for path, command in _commands("postwarden", root):
        parts += [f"## `{path}`\n", _text(command.help), *_parameters(path, command)]
    return "\n".join(parts)


def _commands(path: str, group: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _parameters(path: str, command: TyperCommand) -> Iterator[str]:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    names = [_argument(p) for p in arguments]
    yield f"```\n{' '.join([path, '[OPTIONS]', *names])}\n```\n"
    rows = [(f"`{name}`", _help(p)) for name, p in zip(names, arguments, strict=True)]
    rows += [(_option(p), _help(p)) for p in command.params if p not in arguments]
    yield _table(("argument or option", "meaning"), rows)


def _argument(parameter: TyperArgument) -> str:
    name = (parameter.metavar or parameter.name.upper()) + ("…" if parameter.nargs < 0 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: TyperOption) -> str:
    kind = parameter.type_descriptor.annotation
    value = parameter.metavar
    if parameter.is_flag:
        value = None
    elif value is None:
        choices = isinstance(kind, type) and issubclass(kind, Enum)
        value = "|".join(one.value for one in kind) if choices else "N"
    return ", ".join(f"`{name}{f' {value}' if value else ''}`" for name in parameter.opts)


def _help(parameter: TyperOption | TyperArgument) -> str:
    said = [parameter.help or ""]
    if parameter.min is not None:
        said.append(f"At least {parameter.min}.")
    if parameter.default not in (None, False):
        default = parameter.default
        said.append(f"Default: `{default.value if isinstance(default, Enum) else default}`.")
    return " ".join(filter(None, said))


def configuration() -> str:
    """Describe every key of postwarden.toml."""
    whole = schema()
    kinds = whole["$defs"]
    parts = [
        HEADER,
        "# postwarden.toml\n",
        (
            "Paths are relative to the file. An unknown key is an error; every error names the file, the"
            " key and the remedy. `postwarden init` writes a first one.\n"
        ),
    ]
    sections = {name: _named_type(section) for name, section in whole["properties"].items()}
    for name, kind in sections.items():
        section = whole["properties"][name]
        heading = f"[[{name}]]" if "items" in section else f"[{name}]"
        parts += [f"## `{heading}`\n", f"{section['description']}\n", _keys(kinds[kind])]
    _same("tables", TABLES_IN_SECTIONS, sorted(kinds.keys() - sections.values(), key=str.lower))
    for name, (heading, words) in TABLES_IN_SECTIONS.items():
        parts += [f"## {heading}\n", f"{words}\n", _keys(kinds[name])]
    return "\n".join(parts)


def _named_type(section: Mapping[str, Any]) -> str:
    """Give the name of a section's model: of one table, of a list of tables, or of an optional one."""
    choices = (section, section.get("items", {}), *section.get("anyOf", ()))
    found: str = next(one["$ref"] for one in choices if "$ref" in one)
    return found.rpartition("/")[2]


def _keys(section: Mapping[str, Any]) -> str:
    needed = section.get("required", ())
    keys = sorted(section["properties"].items(), key=lambda one: one[0] not in needed)
    rows = [
        (f"`{name}`", _type(key), _default(name in needed, key.get("default")), key["description"])
        for name, key in keys
    ]
    return _table(("key", "type", "default", "meaning"), rows)


def _type(key: Mapping[str, Any]) -> str:
    """Say in words what a JSON Schema says of a value."""
    if "anyOf" in key:
        return " or ".join(_type(one) for one in key["anyOf"] if one.get("type") != "null")
    if "enum" in key:
        return ", ".join(f'`"{one}"`' for one in key["enum"])
    if "items" in key:
        return f"list of {_type(key['items'])}s"
    named = _TYPES[key.get("format") or key.get("type", "$ref")]
    return f"{named} from {key['minimum']}" if "minimum" in key else named


def _default(needed: bool, value: object) -> str:
    if needed:
        return "required"
    if value is None or value == []:
        return "none"
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{value}"`'
        case dict():
            return "none"
        case _:
            return f"`{value}`"


def verdicts() -> str:
    """Describe verdicts, the keys of a finding, and every reason code."""
    example = Finding(
        *("id", None, "a", None, None, None, Verdict.UNEXPLAINED, (), (), None, None, None),
        reasons=(Reason("gap", (), (Citation("f", 1),)),),
    )
    _same("verdicts", VERDICTS, [verdict.value for verdict in Verdict])
    _same("keys of jsonl", KEYS, fields(example))
    parts = [HEADER, "# Verdicts\n", _table(("verdict", "meaning"), _named(VERDICTS))]
    parts += ["## Keys of `examine --format jsonl`\n", "One object a line, UTF-8.\n"]
    parts.append(_table(("key", "meaning"), _named(KEYS)))
    columns = ", ".join(f"`{name}`" for name in COLUMNS)
    parts.append(f"`--format csv` has the columns {columns}; an empty cell is not known.\n")
    change = StringIO()
    write_changes(
        [(Change("sales@example.net", ("ben@example.net",), ("anna@example.net",)), 3)], change
    )
    parts += ["## Lines of `preflight --jsonl`\n", f"```json\n{change.getvalue()}```\n"]
    for title, told in (
        ("Reason codes", sentences.REASONS),
        ("Why a log is taken to have a gap", sentences.GAPS),
        (
            "What to do next about an account",
            {
                code: f"{name}: {sentences.ACTS_EXPLAINED[code]}"
                for code, name in sentences.ACTS.items()
            },
        ),
        (
            "What cannot be known",
            {code: ": ".join(words) for code, words in sentences.CANNOT_KNOW.items()},
        ),
    ):
        parts += [f"## {title}\n", _table(("code", "words"), _named(told))]
    return "\n".join(parts)


def evidence() -> str:
    """Describe every table and column of a snapshot."""
    parts = [
        HEADER,
        "# Evidence\n",
        f"{inspect.cleandoc(records.__doc__ or '')}\n",
        (
            "A snapshot is a folder (mode 0700) with a folder of Parquet parts for each table, and"
            " `manifest.json`: purpose, scope, expiry, and the SHA-256 of every part.\n"
        ),
    ]
    comments = _column_comments()
    for name, record in TABLES.items():
        parts += [f"## `{name}`\n", _text(inspect.getdoc(record))]
        told = comments[record.__name__]
        rows = [(f"`{column}`", told.get(column, "")) for column in record._fields]
        parts.append(_table(("column", "meaning"), rows))
    return "\n".join(parts)


def bundle() -> str:
    """Describe the bundle of a case as the program that checks it does."""
    first, _, rest = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
    return "\n".join([HEADER, "# The bundle of a case\n", f"{first}\n", f"{rest}\n"])


def _column_comments() -> Mapping[str, Mapping[str, str]]:
    """Give the comment beside each column of each record, by record and column."""
    source = inspect.getsource(records)
    beside = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for record in ast.parse(source).body:
        for column in record.body if isinstance(record, ast.ClassDef) else ():
            if isinstance(column, ast.AnnAssign) and column.lineno in beside:
                found[record.name][ast.unparse(column.target)] = beside[column.lineno]
    return found


def _same(what: str, told: Mapping[str, str], there: Iterable[str]) -> None:
    if list(told) != list(there):
        raise SystemExit(f"tools/reference.py: the {what} are {list(there)}; tell of these")


def _text(text: str | None) -> str:
    """Give a docstring without the line breaks inside its paragraphs."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs) + "\n"


def _named(told: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", meaning) for name, meaning in told.items()]


def routes() -> str:
    """Describe every route of the API: what it does, what it needs, and what it takes."""
    set_up()
    from postwarden.api.service import document  # noqa: PLC0415  # has models: after set_up

    parts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for path, operations in document()["paths"].items():
        for method, one in operations.items():
            needs = " or ".join(f"`{need}`" for need in one["x-needs"])
            takes = ", ".join(f"`{each['name']}`" for each in one["parameters"])
            body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            shape = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
            told = ", ".join(filter(None, (takes, shape and f"a body: {shape}")))
            row = (f"`{method.upper()} {path}`", f"{one['summary']}.", needs, told)
            parts[one["tags"][0]].append(row)
    heading = ("route", "what it does", "needs", "takes")
    sections = [f"## {part}\n\n{_table(heading, tuple(rows))}" for part, rows in parts.items()]
    about = "See [how to use the API](../how-to/use-the-api.md). Shapes stand in `/api/v1/openapi.json`.\n"
    return "\n".join([HEADER, "# Routes of the API\n", about, *sections])


def permissions() -> str:
    """Describe what each role may do, and what permissions were called before."""
    set_up()
    from postwarden.people.service import GRANTS, Permission, Role  # noqa: PLC0415  # after set_up
    from postwarden.words.roles import MAY  # noqa: PLC0415  # likewise

    _same("permissions", {str(one): str(told) for one, told in MAY.items()}, Permission)
    former = import_module("postwarden.people.migrations.0006_scopes").FORMER
    rows = (
        (f"`{one}`", MAY[one], *("yes" if one in GRANTS[role] else "" for role in Role))
        for one in Permission
    )
    before = ((f"`{old}`", f"`{new}`") for old, new in former.items())
    about = (
        "A permission is called `room:thing:act`. A role is held for one organisation or for all of them, and"
        " allows what stands here for that one or for all. A token has a part of its owner's permissions.\n"
    )
    then = (
        "Entries of the ledger that were written before permissions named their room have the names they had"
        " then; scopes of tokens were renamed.\n"
    )
    parts = (
        HEADER,
        "# Permissions\n",
        about,
        _table(("permission", "allows to", *Role), rows),
        "## Former names\n",
        then,
        _table(("then", "now"), before),
    )
    return "\n".join(parts)


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    cells = [[cell.replace("|", "\\|").replace("<", "&lt;") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "configuration.md": configuration,
    "verdicts.md": verdicts,
    "evidence.md": evidence,
    "bundle.md": bundle,
    "api.md": routes,
    "permissions.md": permissions,
}


def differences(folder: Path) -> Iterator[str]:
    """Give the lines in which the pages differ from the code."""
    for name, page in PAGES.items():
        path = folder / "reference" / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        yield from difflib.unified_diff(
            there.splitlines(), page().splitlines(), str(path), "the code", lineterm=""
        )


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    match arguments:
        case ["--check", folder]:
            found = list(differences(Path(folder)))
            if found:
                print(*found, "The reference pages are not up to date; run `make docs`.", sep="\n")
            return 1 if found else 0
        case [folder] if not folder.startswith("-"):
            place = Path(folder, "reference")
            place.mkdir(parents=True, exist_ok=True)
            for name, page in PAGES.items():
                (place / name).write_text(page(), encoding="utf-8")
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
