"""What a lab remembers of itself.

`lab.json` is the first file written and holds all that was chosen at random or asked for, so that a
lab whose making was stopped is made whole by the next call.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from postwarden.drills.lab.cast import ACCOUNTS
from postwarden.drills.lab.errors import LabError, NoLab, UnfitFolder
from postwarden.drills.lab.options import NOBODY, Ports, Store
from postwarden.durable.service import write_json

LOCK = "lab.lock"
_FILE = "lab.json"
_PASSWORD_BYTES = 9


@dataclass(frozen=True)
class State:
    """What was chosen when the lab was made.

    Attributes:
        store: how mail is stored.
        ports: where the servers listen.
        doveadm_key: of Dovecot's HTTP API.
        uid: number of the user whom mail belongs to; nobody's, or of the person behind sudo.
        gid: likewise of the group.
        year: in which it was made, in UTC; that of the first line of its logs.
        passwords: account to password.
    """

    store: Store
    ports: Ports
    doveadm_key: str
    uid: int
    gid: int
    year: int
    passwords: Mapping[str, str]


def chosen(store: Store) -> State:
    """Choose what a new lab needs; whoever called sudo will own the mail and can read it."""
    uid, gid = (int(os.environ.get(name) or 0) or NOBODY for name in ("SUDO_UID", "SUDO_GID"))
    passwords = {account: secrets.token_urlsafe(_PASSWORD_BYTES) for account in sorted(ACCOUNTS)}
    year = datetime.now(UTC).year
    return State(store, Ports.free(), secrets.token_urlsafe(24), uid, gid, year, passwords)


def save(root: Path, state: State) -> None:
    """Write lab.json, readable by its owner alone."""
    write_json(str(root / _FILE), asdict(state))
    give(root / _FILE, state)


def read(root: Path) -> State:
    """Read lab.json.

    Raises:
        NoLab: there is none.
        LabError: it is not as Postwarden wrote it.
    """
    try:
        told = json.loads((root / _FILE).read_bytes())
        told["store"], told["ports"] = Store(told["store"]), Ports(**told["ports"])
        return State(**told)
    except FileNotFoundError:
        raise NoLab(f"{root}: no lab is here; `postwarden lab up --dir {root}` makes one") from None
    except (ValueError, TypeError, KeyError) as error:
        raise LabError(
            f"{root / _FILE}: is not as it was written; move it away and make a lab elsewhere"
        ) from error


def must_be_empty(root: Path) -> None:
    """Raise `UnfitFolder` where a folder holds anything that no lab has made."""
    others = sorted(set(os.listdir(root)) - {LOCK, f"{_FILE}.partial"})
    if others:
        raise UnfitFolder(f"{root}: is no lab and not empty ({others[0]}); name a new folder")


def give(path: Path, state: State) -> None:
    """Make a file the person's who called sudo; root's stay root's."""
    if state.uid != NOBODY:
        os.chown(path, state.uid, state.gid)
