"""The one door of the lab."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from postwarden.drills.lab import folder as folders
from postwarden.drills.lab import writing
from postwarden.drills.lab.delivery import send, send_all, submit
from postwarden.drills.lab.errors import (
    LabError,
    MailRefused,
    MissingServers,
    NoLab,
    NotReady,
    UnfitFolder,
)
from postwarden.drills.lab.folder import State
from postwarden.drills.lab.options import HOST, Ports, Store
from postwarden.drills.lab.place import usable
from postwarden.drills.lab.processes import Part, end, running, start
from postwarden.drills.lab.programs import programs
from postwarden.drills.lab.requirements import require_root, require_servers
from postwarden.drills.lab.servers import Servers
from postwarden.durable.service import locked_file

__all__ = [
    "HOST",
    "Lab",
    "LabError",
    "MailRefused",
    "MissingServers",
    "NoLab",
    "NotReady",
    "Ports",
    "Servers",
    "Store",
    "UnfitFolder",
    "down",
    "send",
    "send_all",
    "status",
    "submit",
    "up",
]


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab as it is now.

    Attributes:
        root: its folder, absolute.
        config: its postwarden.toml, absolute.
        store: how mail is stored.
        ports: where the servers listen on `HOST`.
        doveadm_key: of Dovecot's HTTP API.
        passwords: account to password.
        pids: process id of each part by name; None for one that does not run.
    """

    root: Path
    config: Path
    store: Store
    ports: Ports
    doveadm_key: str
    passwords: Mapping[str, str]
    pids: Mapping[str, int | None]

    @property
    def servers(self) -> Servers:
        """What operates both servers."""
        return Servers(self.root)

    @property
    def is_up(self) -> bool:
        """Whether every part runs."""
        return None not in self.pids.values()


def up(folder: str | Path, store: Store | None = None) -> Lab:
    """Make the lab of a folder if there is none, and start what does not run.

    Args:
        folder: made where it is missing.
        store: of a new lab; None for Maildir. A lab that is there keeps its own.

    Raises:
        MissingServers: packages or rights are missing; nothing was done.
        UnfitFolder: no lab can be there, or the one there stores mail otherwise; nothing was done.
        NotReady: a server did not start; those that did go on.
        LockedElsewhereError: another call is at work in this folder.
    """
    require_servers()
    root = usable(folder)
    with _files_for_all():
        root.mkdir(parents=True, exist_ok=True)
        with locked_file(str(root / folders.LOCK)):
            state = _state(root, store)
            servers, own = Servers(root), programs(root, state)
            state = _with_free_ports(root, state, (*servers.parts, *own))
            writing.write_once(root, state)
            writing.write_toml(root, state)
            if running(servers.dovecot) is None:
                writing.write_dovecot(root, state)
            if running(servers.postfix) is None:
                writing.write_postfix(root, state)
            servers.start()
            for part in own:
                if running(part) is None:
                    start(part, servers.environment)
            return _lab(root, state)


def status(folder: str | Path) -> Lab:
    """Say what runs of the lab of a folder; raise `NoLab`."""
    root = Path(os.path.realpath(folder))
    return _lab(root, folders.read(root))


def down(folder: str | Path) -> Lab:
    """End everything of the lab that runs; its mail and files stay.

    Raises:
        MissingServers: this user may not.
        NoLab: there is none.
        NotReady: a process does not end.
        LockedElsewhereError: another call is at work in this folder.
    """
    require_root()
    root = Path(os.path.realpath(folder))
    state = folders.read(root)
    with locked_file(str(root / folders.LOCK)):
        for part in reversed(programs(root, state)):
            end(part)
        Servers(root).stop()
    return _lab(root, state)


def _state(root: Path, store: Store | None) -> State:
    try:
        state = folders.read(root)
    except NoLab:
        folders.must_be_empty(root)
        state = folders.chosen(store or Store.MAILDIR)
        folders.give(root, state)
        folders.save(root, state)
    if store not in (None, state.store):
        raise UnfitFolder(f"{root}: this lab stores mail as {state.store}; name another folder")
    return state


def _with_free_ports(root: Path, state: State, parts: tuple[Part, ...]) -> State:
    """Give new ports in place of those that others took while nothing of the lab was running."""
    if any(running(part) for part in parts):
        return state
    for part in parts:
        end(part)
    state = replace(state, ports=Ports.free(state.ports.named()))
    folders.save(root, state)
    return state


def _lab(root: Path, state: State) -> Lab:
    parts = (*Servers(root).parts, *programs(root, state))
    return Lab(
        root=root,
        config=root / writing.TOML,
        store=state.store,
        ports=state.ports,
        doveadm_key=state.doveadm_key,
        passwords=state.passwords,
        pids={part.name: running(part) for part in parts},
    )


@contextmanager
def _files_for_all() -> Iterator[None]:
    """Let the servers' users read what is made, whatever the caller's umask says."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)
