"""The console's languages: `extract` collects what is said, `check` says what is missing, `compile` writes .mo.

What is said stands in templates (translate, blocktranslate), and in Python as the first argument of gettext's
functions and of `said`, `counted` and `Said`. Catalogues are console/locale/*/LC_MESSAGES/django.po; whoever
adds a text runs `extract`, translates what is empty, and runs `compile`: docs/languages.md.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from string import Formatter
from tempfile import TemporaryDirectory
from typing import NamedTuple

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from postwarden.console.settings import LANGUAGES as OFFERED
from postwarden.console.settings import settings
from postwarden.state.service import set_up

HERE = Path(__file__).resolve().parent.parent
SOURCE = HERE / "src" / "postwarden"
LOCALE = SOURCE / "console" / "locale"
LANGUAGES = tuple(name for name, _words in OFFERED if name != "en")
_ONE = frozenset({"_", "_now", "gettext", "gettext_lazy", "said"})
_SEVERAL = frozenset({"ngettext", "ngettext_lazy", "counted", "Said"})
_PERCENT = re.compile(r"%\(\w+\)[a-z]")


class Text(NamedTuple):
    """Something that is said: for one, for more than one ("" where it counts nothing), and where it stands."""

    one: str
    more: str
    place: str

    @property
    def key(self) -> str | tuple[str, str]:
        """What a catalogue has it by."""
        return (self.one, self.more) if self.more else self.one


def said_in_python() -> Iterator[Text]:
    """Give what Python says."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = str(path.relative_to(SOURCE))
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                told = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
                if node.func.id in _ONE and isinstance(told[0], str):
                    yield Text(told[0], "", place)
                elif node.func.id in _SEVERAL and all(isinstance(one, str) for one in told[:2]):
                    yield Text(str(told[0]), str(told[1]), place)


def said_in_templates() -> Iterator[Text]:
    """Give what templates say, as Django itself reads them; it has to be set up for the console."""
    templates = SOURCE / "console" / "templates"
    for path in sorted(templates.rglob("*.html")):
        nodes = engines["django"].from_string(path.read_text()).template.nodelist
        place = f"console/templates/{path.relative_to(templates)}"
        for node in nodes.get_nodes_by_type(TranslateNode):
            yield Text(node.filter_expression.var.literal.replace("%", "%%"), "", place)
        for node in nodes.get_nodes_by_type(BlockTranslateNode):
            one, _ = node.render_token_list(node.singular)
            more = node.render_token_list(node.plural)[0] if node.plural else ""
            yield Text(one, more, place)


def template() -> Catalog:
    """Give a catalogue of all that is said, in the order of the files it stands in."""
    found = Catalog(project="Postwarden", charset="utf-8")
    places: dict[str | tuple[str, str], set[str]] = {}
    for text in (*said_in_python(), *said_in_templates()):
        places.setdefault(text.key, set()).add(text.place)
    for key in sorted(places, key=lambda one: (min(places[one]), str(one))):
        found.add(key, locations=[(place, None) for place in sorted(places[key])])
    return found


def catalogue(language: str) -> Catalog:
    """Give what is translated; an empty one where nothing is yet."""
    path = _po(language)
    if not path.exists():
        return Catalog(locale=language, project="Postwarden", charset="utf-8")
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def extract() -> None:
    """Bring the catalogues up to what is said now: new texts are empty, those that nobody says are gone."""
    now = template()
    for language in LANGUAGES:
        before, after = catalogue(language), Catalog(locale=language, project="Postwarden")
        for message in now:
            if message.id:
                known = before.get(message.id)
                same = known is not None and known.id == message.id
                after.add(message.id, known.string if known and same else None, message.locations)
        written(language, after)


def written(language: str, texts: Catalog) -> None:
    """Write a catalogue, with what is said of its language and no date: equal texts are equal files."""
    _po(language).parent.mkdir(parents=True, exist_ok=True)
    with _po(language).open("wb") as stream:
        stream.write(_HEAD.format(language=language, plural=texts.plural_forms).encode())
        write_po(stream, texts, width=100, omit_header=True, include_lineno=False)


def faults() -> Iterator[str]:
    """Say what is not translated, or not rightly; nothing where all is."""
    said = {message.id for message in template() if message.id}
    for language in LANGUAGES:
        there = catalogue(language)
        known = {message.id for message in there if message.id}
        yield from (f"{language}: not extracted: {key}" for key in sorted(said - known, key=str))
        yield from (f"{language}: nobody says it: {key}" for key in sorted(known - said, key=str))
        for message in there:
            if message.id:
                yield from (f"{language}: {fault}" for fault in faults_of(message))
        yield from faults_of_compiled(language)


def compiled(language: str) -> bytes:
    """Give a catalogue as gettext reads it."""
    stream, texts = BytesIO(), catalogue(language)
    texts.creation_date = texts.revision_date = _ALWAYS
    write_mo(stream, texts)
    return stream.getvalue()


def faults_of_compiled(language: str) -> list[str]:
    """Say that a catalogue was not compiled since it was changed; nothing where it was."""
    if compiled(language) == _read(_mo(language)):
        return []
    return [f"{language}: django.mo is not made of django.po: run `tools/languages.py compile`"]


def faults_of(message: Message) -> Iterator[str]:
    """Say what is wrong with a translation; nothing where all is right."""
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    if not all(texts):
        yield f"not translated: {ids[0]}"
        return
    if message.fuzzy:
        yield f"not sure: {ids[0]}"
    named = [_names(one) for one in ids]
    for text in texts:
        if _names(text) not in named:
            yield f"names other values: {ids[0]!r}: {text!r}"
        if text[-1:].isspace() != ids[0][-1:].isspace() or text.count("`") != ids[-1].count("`"):
            yield f"ends otherwise, or names another command: {ids[0]!r}: {text!r}"


def _names(text: str) -> frozenset[str]:
    """Give the values that a text has places for."""
    braces = {f"{{{name}:{spec}}}" for _, name, spec, _ in Formatter().parse(text) if name}
    return frozenset({*braces, *_PERCENT.findall(text)})


def _po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _mo(language: str) -> Path:
    return _po(language).with_suffix(".mo")


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""Babel writes when something was compiled; equal texts are to be equal files."""
_HEAD = """msgid ""
msgstr ""
"Project-Id-Version: Postwarden\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def main(asked: str) -> int:
    """Do what was asked for; give the exit code."""
    with TemporaryDirectory() as folder:
        set_up(settings(folder, secure=False))
    if asked == "extract":
        extract()
    elif asked == "compile":
        for language in LANGUAGES:
            _mo(language).write_bytes(compiled(language))
    elif asked == "check":
        found = list(faults())
        print("\n".join(found) or "every text is there in every language")
        return int(bool(found))
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
