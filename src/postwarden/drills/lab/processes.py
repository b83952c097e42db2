"""Starting, watching and ending programs that outlive the command, by process id alone.

A program leads a session and a process group of its own and writes its id to a file before it
begins, so that no moment is without a record. The id is trusted only where that process's command
line is the one given, and its group only in the boot of the machine in which it was written: the
kernel gives a number to nobody else while a process of its group is left.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from postwarden.drills.lab.errors import NotReady

_BOOT = "/proc/sys/kernel/random/boot_id"
_ITSELF_FIRST = f'read -r boot <{_BOOT}; echo "$$ $boot" >"$0"; exec "$@"'
_PATIENCE = 10.0


@dataclass(frozen=True)
class Part:
    """A program that runs as long as the lab does.

    Attributes:
        name: names its pid file and the file with what it prints.
        root: the lab's folder.
        command: its words; one of them has to name something below the lab's folder.
        watch: called before it is started; gives what is asked until it serves.
        user: numbers of user and group that it runs as; None for those of the caller.
    """

    name: str
    root: Path
    command: tuple[str, ...]
    watch: Callable[[], Callable[[], bool]]
    user: tuple[int, int] | None = None

    @property
    def pid_file(self) -> Path:
        """Where it writes its process id and the boot's."""
        return self.root / "pid" / self.name

    @property
    def printed(self) -> Path:
        """Where what it prints goes."""
        return self.root / "log" / f"{self.name}.out"


def wait_until(reached: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Look every 5 ms until `reached()`; after `seconds` raise `NotReady` naming `what`."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise NotReady(f"after {seconds:g} s still waiting for {what}")
        time.sleep(0.005)


def start(part: Part, environment: Mapping[str, str]) -> None:
    """Start a part that does not run, and wait until it is ready; raise `NotReady`."""
    end(part)
    is_ready = part.watch()
    part.pid_file.parent.mkdir(exist_ok=True)
    with part.printed.open("wb") as out:
        subprocess.run(  # noqa: S603  # the shell is given fixed text; the words are its arguments
            (
                *("/usr/bin/setsid", "--fork", "/bin/sh", "-c", _ITSELF_FIRST),
                *(str(part.pid_file), *as_user(part.user), *part.command),
            ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            check=True,
        )
    wait_until(lambda: _written(part) is not None, f"{part.name} to begin")
    wait_until(
        lambda: not _lives(_written(part)) or (is_ready() and running(part) is not None),
        f"{part.name} to start",
    )
    if not _lives(_written(part)):
        said = part.printed.read_text(errors="replace").strip()
        raise NotReady(f"{part.name} ended at once: {said}")


def as_user(user: tuple[int, int] | None) -> tuple[str, ...]:
    """Give the words before a command that is to run as a user (numbers of user and group)."""
    if user is None:
        return ()
    uid, gid = user
    return ("/usr/bin/setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups")


def running(part: Part) -> int | None:
    """Give the process id of a part, or None where it does not run."""
    leader = _written(part)
    return leader if leader is not None and _runs(leader, part) else None


def end(part: Part) -> None:
    """End a part and all that is left of its group; a part that does not run is no fault.

    Its children are told at the same time: Dovecot's master looks after them only once a second.

    Raises:
        NotReady: something of it does not end.
    """
    leader = _written(part)
    if leader is not None:
        if _runs(leader, part):
            _signal_group(leader, signal.SIGTERM)
            with suppress(NotReady):
                wait_until(lambda: not _runs(leader, part), part.name, _PATIENCE)
        if _runs(leader, part) or not _lives(leader):
            _signal_group(leader, signal.SIGKILL)
            wait_until(lambda: not _group(leader), f"{part.name} to end", _PATIENCE)
    part.pid_file.unlink(missing_ok=True)


def children(parent: int, *programs: str) -> frozenset[int]:
    """Process ids of the children of `parent` that run one of these programs."""
    return frozenset(
        one.pid for one in _processes() if one.parent == parent and one.program in programs
    )


@dataclass(frozen=True)
class _Process:
    pid: int
    program: str
    parent: int
    group: int


def _written(part: Part) -> int | None:
    """Give the process id that the part wrote in this boot."""
    try:
        number, boot = part.pid_file.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(number) if boot == Path(_BOOT).read_text().strip() else None


def _runs(pid: int, part: Part) -> bool:
    """Whether this process lives with the part's command line, which a zombie has no more."""
    words = b"".join(word.encode() + b"\0" for word in part.command)
    return _read(pid, "cmdline").endswith(words)


def _lives(pid: int | None) -> bool:
    return pid is not None and _process(pid) is not None


def _signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)


def _group(leader: int) -> bool:
    return any(one.group == leader for one in _processes())


def _processes() -> Iterator[_Process]:
    for name in os.listdir("/proc"):
        found = _process(int(name)) if name.isdigit() else None
        if found is not None:
            yield found


def _process(pid: int) -> _Process | None:
    """Give a process unless it has ended, as a zombie has (proc(5), stat)."""
    head, _, tail = _read(pid, "stat").decode("ascii", "replace").rpartition(")")
    words = tail.split()
    if not words or words[0] in "ZX":
        return None
    return _Process(pid, head.partition("(")[2], int(words[1]), int(words[2]))


def _read(pid: int, name: str) -> bytes:
    """Read a file of a process; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
