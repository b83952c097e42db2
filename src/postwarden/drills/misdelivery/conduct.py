"""Giving the commands of a case as people do: each a process of its own, timed, what it prints kept."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.lab.processes import as_user
from postwarden.drills.misdelivery.errors import StepFailed
from postwarden.drills.misdelivery.steps import Step

Values = Mapping[str, str | Sequence[str]]

_PATIENCE = 120.0
_PAUSE = 0.5
_LONGEST = 1800.0
_POSTWARDEN = (sys.executable, "-c", "from postwarden.cli import main; main()")
_NAMED = re.compile(r"\{(\w+)\}")
_SHOWN = 12  # words of a command in the report
_AND_MORE = "..."


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken.

    Attributes:
        name: of the step.
        command: as people would type it, long lists of accounts cut short.
        seconds: wall time; of a step given several times, of all of them.
        printed: name of the file with what it printed last.
    """

    name: str
    command: str
    seconds: float
    printed: str


class Ended(NamedTuple):
    """How a command ended: its exit status, and what it wrote to standard output and error."""

    status: int
    printed: str
    complaint: str


Give = Callable[[str, Sequence[str]], Ended]
"""Gives a command: a module to run, or "" for `postwarden`, and the words after it."""


class Answer(NamedTuple):
    """What a command was, as people would type it, and what it printed."""

    command: str
    printed: str


class Conductor:
    """Takes steps of a case on a lab.

    Attributes:
        done: the steps taken.
        values: what is known by now, for the words of commands.
    """

    def __init__(self, config: Path, folder: Path, give: Give, tell: Callable[[str], None]) -> None:
        """Work on the lab of this postwarden.toml, and keep what is printed in a folder."""
        self.done: list[Done] = []
        self.values: dict[str, str | Sequence[str]] = {}
        self._config, self._folder, self._tell = config, folder, tell
        self._give = give

    def take(self, steps: Iterable[Step], groups: Mapping[str, Sequence[Values]]) -> None:
        """Take steps one after the other; raise `StepFailed` at one that does not end as it has to.

        Args:
            steps: in their order.
            groups: by name, the groups of values of steps that are given once for `each`.
        """
        for step in steps:
            started = time.monotonic()
            command, printed = "", ""
            for values in groups[step.each] if step.each else ({},):
                command, printed = self._ask(step, values)
            if step.until_gone:
                printed = self._until_gone(step, printed)
            kept = re.search(step.keeps, printed) if step.keeps else None
            if step.keeps and kept is None:
                raise StepFailed(f"{command}: did not say what the next steps need:\n{printed}")
            self.values |= kept.groupdict() if kept else {}
            seconds = time.monotonic() - started
            slug = "-".join(re.findall(r"\w+", step.name))
            name = f"{len(self.done) + 1:02}-{slug}.txt"
            (self._folder / name).write_text(printed)
            self.done.append(Done(step.name, command, round(seconds, 3), name))
            self._tell(f"{seconds:7.2f} s  {command}")

    def printed(self, step: str) -> str:
        """Give what a step printed that was taken."""
        file = next(one.printed for one in self.done if one.name == step)
        return (self._folder / file).read_text()

    def _ask(self, step: Step, values: Values) -> Answer:
        return ask(self._config, step, self.values | dict(values), self._give)

    def _until_gone(self, step: Step, printed: str) -> str:
        deadline = time.monotonic() + _PATIENCE
        while any(line.startswith(step.until_gone) for line in printed.splitlines()):
            if time.monotonic() > deadline:
                raise StepFailed(f"{step.name}: after {_PATIENCE:g} s there is still:\n{printed}")
            time.sleep(_PAUSE)
            printed = self._ask(step, {}).printed
        return printed


def ask(config: Path, step: Step, values: Values, give: Give) -> Answer:
    """Give one command; raise `StepFailed` where it does not end as it has to."""
    words = [word for one in step.words for word in _filled(one, values)]
    acting = ["--as", step.who] if step.who else []
    named = f"python -m {step.module}" if step.module else "postwarden"
    further = [] if step.module else [*acting, "-c", str(config)]
    ended = give(step.module, [*words, *further])
    shown = words if len(words) <= _SHOWN else [*words[:_SHOWN], _AND_MORE]
    command = f"{named} {shlex.join([*shown, *acting])}"
    if ended.status not in step.ended:
        said = ended.complaint.strip() or ended.printed.strip()
        raise StepFailed(
            f"{command}: ended with status {ended.status}: {said}\n"
            "The files of the lab are kept as they are."
        )
    return Answer(command, ended.printed)


def processes(folder: Path, user: tuple[int, int] | None) -> Give:
    """Give commands as processes of their own, in a folder and as a user (numbers of user and group)."""

    def give(module: str, words: Sequence[str]) -> Ended:
        ended = subprocess.run(  # noqa: S603  # our own program, no shell
            [*as_user(user), *words_of(module, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
            cwd=folder,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "120"},
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return give


def words_of(module: str, words: Sequence[str]) -> tuple[str, ...]:
    """Give the words that start a command as a process."""
    program = (sys.executable, "-m", module) if module else _POSTWARDEN
    return (*program, *words)


def _filled(word: str, values: Values) -> list[str]:
    """Put values in place of their names; a word that is one name of a list becomes many words."""
    name = _NAMED.fullmatch(word)
    value = values[name[1]] if name else ""
    if not isinstance(value, str):
        return list(value)
    return [_NAMED.sub(lambda one: str(values[one[1]]), word)]
