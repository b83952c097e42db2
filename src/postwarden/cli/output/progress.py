"""How far a scan is: a bar with rate and time left on a terminal, a few lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from postwarden.evidence.service import Progress as Step


class ScanProgress:
    """Shows the steps of one scan; use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def report(self, step: Step) -> None:
        """Show one step."""
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bar.add_task(step.stage, total=step.total, rate="")
        task = self._tasks[step.stage]
        elapsed = self._bar.tasks[task].elapsed or 0
        rate = f"{step.messages / elapsed:,.0f} messages/s" if step.messages and elapsed else ""
        self._bar.update(task, completed=step.done, total=step.total, rate=rate)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
