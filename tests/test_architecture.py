"""docs/architecture.md against the tree, and the house rules of size."""

import ast
import re
import statistics
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "postwarden"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
LINE = re.compile(r"^([a-z_]+(?:/|\.py)) +(.+)$", re.MULTILINE)
ROOMS = LINE.findall(PAGE)
MODULES = sorted(SOURCE.rglob("*.py"))


def docstring(path: Path):
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def test_every_room_has_its_line():
    there = {
        f"{one.name}/" if one.is_dir() else one.name
        for one in SOURCE.iterdir()
        if one.name not in ("__pycache__", "__init__.py", "py.typed")
    }
    assert {name for name, _ in ROOMS} == there
    assert len(ROOMS) == len(there)


@pytest.mark.parametrize(("name", "told"), ROOMS)
def test_a_line_is_the_first_one_of_the_docstring(name, told):
    path = SOURCE / name
    first = docstring(path / "__init__.py" if path.is_dir() else path).splitlines()[0]
    assert first == told


def test_rooms_stand_in_the_order_of_the_import_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    flow = [layer.removeprefix("postwarden.") for layer in reversed(layers)]
    named = [name.rstrip("/").removesuffix(".py") for name, _ in ROOMS]
    assert [name for name in named if name in flow] == flow


@pytest.mark.parametrize(
    "room", [name for name, _ in ROOMS if name.endswith("/") and name != "drills/"]
)
def test_a_room_says_purpose_input_output_and_promise(room):
    text = docstring(SOURCE / room / "__init__.py")
    for word in ("Purpose:", "Input", "utput", "Promise:"):
        assert word in text, word


def test_no_folder_is_empty():
    folders = [one for one in SOURCE.rglob("*") if one.is_dir() and one.name != "__pycache__"]
    assert folders
    for folder in folders:
        assert any(one.name != "__pycache__" for one in folder.iterdir()), folder


def test_modules_are_small():
    sizes = {path: len(path.read_text().splitlines()) for path in MODULES}
    assert statistics.median(sizes.values()) <= 150
    assert {path: size for path, size in sizes.items() if size > 600} == {}


def test_functions_are_small():
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > 80:
                    long[f"{path.name}:{node.name}"] = lines
    assert long == {}


OPEN = {"service", "settings"}
BESIDE = {
    "state": {"outbox", "project"},
    "ledger": {"check"},
    "holds": {"doctor", "errors", "file", "setup", "silence"},
    "evidence": {"errors"},
}
"""What may be used beside a room's door: it needs no state, or is a program of its own."""


@pytest.mark.parametrize(
    "room", ["state", "people", "ledger", "evidence", "verdicts", "cases", "custody", "holds"]
)
def test_what_is_behind_a_rooms_door_is_named_in_its_contract(room):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = {
        module.split(".")[2]
        for one in contracts["contracts"]
        for module in (*one.get("protected_modules", ()), *one.get("forbidden_modules", ()))
        if module.startswith(f"postwarden.{room}.")
    }
    there = {
        path.stem for path in (SOURCE / room).iterdir() if path.suffix == ".py" or path.is_dir()
    } - {"__init__", "__pycache__"}
    assert there - OPEN - BESIDE.get(room, set()) <= named
