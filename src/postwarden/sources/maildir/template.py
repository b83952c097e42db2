"""Which mailboxes exist, by a path template such as `/var/vmail/{domain}/{local}/Maildir`."""

import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from postwarden.durable.service import open_unnoticed
from postwarden.sources.errors import PermanentSourceError
from postwarden.sources.maildir.names import printable
from postwarden.sources.records import ProblemRecord
from postwarden.sources.settings import StoreSettings
from postwarden.vocabulary import normal

_PLACEHOLDER = re.compile(r"\{(domain|local|account)\}")


class Mailbox(NamedTuple):
    """One account's mail directory.

    Attributes:
        store: name of the store.
        account: normal address, or bare name where the template tells no domain.
        path: absolute; undecodable bytes of names as surrogates (os.fsdecode).
    """

    store: str
    account: str
    path: str


def mailboxes(store: StoreSettings) -> Iterator[Mailbox | ProblemRecord]:
    """Give every mailbox whose directory exists, sorted by path.

    Only directories below the template's fixed beginning are looked at. Where a symlink leads
    out of it, the mailbox is left out and reported.

    Raises:
        PermanentSourceError: the template has no placeholder, or its fixed beginning cannot be
            read.
    """
    levels = (store.path or "").split("/")
    fixed = next((i for i, level in enumerate(levels) if _PLACEHOLDER.search(level)), None)
    if not fixed:
        raise PermanentSourceError(
            f"store {store.name}: the path {store.path!r} needs {{account}} or {{local}} "
            "below a folder"
        )
    root = "/".join(levels[:fixed]) or "/"
    if not os.path.isdir(root):
        raise PermanentSourceError(f"store {store.name}: {root} is not a folder that can be read")
    yield from _Expansion(store.name, root).below(root, levels[fixed:], {})


class _Expansion:
    def __init__(self, store: str, root: str) -> None:
        self._store = store
        self._real = os.path.realpath(root)

    def below(
        self, path: str, levels: list[str], values: dict[str, str]
    ) -> Iterator[Mailbox | ProblemRecord]:
        if not levels:
            yield Mailbox(self._store, _account(values), path)
            return
        level, rest = levels[0], levels[1:]
        if not level:
            yield from self.below(path, rest, values)
        elif _PLACEHOLDER.search(level):
            yield from self._matching(path, level, rest, values)
        else:
            yield from self._literal(path, level, rest, values)

    def _literal(
        self, path: str, level: str, rest: list[str], values: dict[str, str]
    ) -> Iterator[Mailbox | ProblemRecord]:
        inner = f"{path}/{level}"
        try:
            kind = stat.S_IFMT(os.lstat(inner).st_mode)
        except FileNotFoundError:
            return
        except OSError as error:
            yield _problem("unreadable-folder", inner, str(error.strerror))
            return
        yield from self._entered(
            inner, rest, values, link=kind == 0o120000, folder=kind == 0o040000
        )

    def _matching(
        self, path: str, level: str, rest: list[str], values: dict[str, str]
    ) -> Iterator[Mailbox | ProblemRecord]:
        pattern = _level_pattern(level, values)
        try:
            descriptor = open_unnoticed(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            yield _problem("unreadable-folder", path, str(error.strerror))
            return
        try:
            with os.scandir(descriptor) as entries:
                found = sorted(
                    (entry.name, entry.is_symlink(), entry.is_dir(follow_symlinks=False))
                    for entry in entries
                    if not entry.name.startswith(".")
                )
        finally:
            os.close(descriptor)
        for name, link, folder in found:
            match = pattern.fullmatch(name)
            if match is not None:
                told = {**values, **match.groupdict()}
                yield from self._entered(f"{path}/{name}", rest, told, link=link, folder=folder)

    def _entered(
        self, path: str, rest: list[str], values: dict[str, str], *, link: bool, folder: bool
    ) -> Iterator[Mailbox | ProblemRecord]:
        if link:
            real = os.path.realpath(path)
            if os.path.commonpath((real, self._real)) != self._real:
                yield _problem("symlink", path, "leads out of the store and was not followed")
                return
            folder = os.path.isdir(real)
        if folder:
            yield from self.below(path, rest, values)


def _level_pattern(level: str, values: dict[str, str]) -> re.Pattern[str]:
    """Compile one level of the template; a placeholder told further up must say the same again."""
    pattern, place, told = "", 0, set[str]()
    for match in _PLACEHOLDER.finditer(level):
        name = match[1]
        pattern += re.escape(level[place : match.start()])
        if name in values:
            pattern += re.escape(values[name])
        else:
            pattern += f"(?P={name})" if name in told else f"(?P<{name}>.+)"
            told.add(name)
        place = match.end()
    return re.compile(pattern + re.escape(level[place:]), re.DOTALL)


def _account(values: dict[str, str]) -> str:
    if "account" in values:
        return normal(printable(values["account"]))
    if "domain" in values:
        return normal(printable(f"{values.get('local', '')}@{values['domain']}"))
    return normal(printable(values["local"]))


def _problem(code: str, path: str, detail: str) -> ProblemRecord:
    return ProblemRecord("maildir", code, printable(path), detail, printable(path), None)
