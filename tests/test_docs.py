"""The pages against the code: every command told, every example valid, every link leading somewhere."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup

from postwarden.cli.app import COMMANDS, every_command
from postwarden.configuration import load
from postwarden.evidence.engine import TABLES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
TEST = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")
WORDS_OF_THE_MAIL = {"subject", "body", "text_body", "comments", "preview", "snippet"}


def name_of(page):
    return str(page.relative_to(ROOT))


def commands(group=None, path=()):
    group = group or every_command()
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def blocks(kind):
    for page in PAGES:
        for _, language, text in BLOCK.findall(page.read_text()):
            if language == kind:
                yield page, text


EXAMPLES = [
    pytest.param(line.strip().removeprefix("$ "), id=f"{name_of(page)}: {line.strip()}")
    for page, text in blocks("")
    for line in text.splitlines()
    if line.strip().startswith("$ postwarden")
]
CONFIGURATIONS = [pytest.param(text, id=name_of(page)) for page, text in blocks("toml")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    targets = [t for t, _ in LINK.findall(page.read_text()) if "://" not in t]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_commands_of_the_pages_can_be_given(example):
    words = shlex.split(example.partition(" >")[0])[1:]
    command = every_command()
    while isinstance(command, TyperGroup):
        name, *words = words
        command = command.commands[name]
    context = command.make_context(name, list(words))
    assert context.params.keys() & {"config", "folder"} or name == "init"


def test_the_list_of_commands_says_what_each_says_of_itself():
    told = {name: place.summary for name, place in COMMANDS.items()}
    root = every_command()
    assert {name: root.commands[name].help.split("\n\n")[0] for name in told} == told


def test_there_are_examples_and_configurations_to_test():
    assert len(EXAMPLES) >= 15
    assert len(CONFIGURATIONS) >= 2


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_the_configurations_of_the_pages_load(text, tmp_path):
    (tmp_path / "postwarden.toml").write_text(text)
    found = load(str(tmp_path / "postwarden.toml"))
    assert found.stores
    assert found.directories


def test_every_command_and_option_is_told():
    page = (ROOT / "docs/reference/commands.md").read_text()
    guides = "\n".join(p.read_text() for p in PAGES if "reference" not in p.parts)
    for path, command in commands():
        name = " ".join(("postwarden", *path))
        section = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        assert section, name
        assert name in guides, name
        assert command.help
        for parameter in command.params:
            assert getattr(parameter, "help", None), (name, parameter.name)
            for option in parameter.opts:
                assert not option.startswith("-") or f"`{option}" in section, (name, option)


def test_the_reference_pages_are_those_of_the_code():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools/reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert list(reference.differences(ROOT / "docs")) == []


def test_a_page_that_differs_is_shown(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools/reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.main([str(tmp_path)]) == 0
    assert reference.main(["--check", str(tmp_path)]) == 0
    page = tmp_path / "reference" / "commands.md"
    page.write_text(page.read_text().replace("--purpose", "--porpoise"))
    assert reference.main(["--check", str(tmp_path)]) == 1
    assert "-| `--porpoise TEXT`" in capsys.readouterr().out


def test_the_promises_name_tests_that_exist():
    named = TEST.findall((ROOT / "docs/promises.md").read_text())
    assert len(named) >= 6
    for file, test in named:
        assert (ROOT / file).exists(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(), test


def test_no_column_of_evidence_is_for_words_of_the_mail():
    for table, record in TABLES.items():
        if table == "problems":
            continue  # its subject is the file or folder concerned
        assert not WORDS_OF_THE_MAIL & set(record._fields), table


def test_no_page_names_other_than_example_domains():
    address = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
    for page in PAGES:
        for domain in address.findall(page.read_text()):
            assert re.search(r"(^|\.)(example\.\w+|\w+\.test)$", domain), (page, domain)
