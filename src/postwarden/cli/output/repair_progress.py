"""How far a repair is; apart from a scan's, which needs the engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def copy_progress(console: Console, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many copies of a repair are done; on no terminal, nothing."""
    bar = Progress(
        TextColumn("copies"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    task = bar.add_task("copies", total=total)
    with bar:
        yield lambda done: bar.update(task, completed=done)
