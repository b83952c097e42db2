"""The one door of the drill."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.lab import service as labs
from postwarden.drills.lab.service import Lab, Store
from postwarden.drills.misdelivery import doors, facts, stores
from postwarden.drills.misdelivery.conduct import Conductor, Give, ask, processes
from postwarden.drills.misdelivery.ending import Fault, Lack, end
from postwarden.drills.misdelivery.errors import (
    DrillError,
    InUse,
    NoStock,
    NotAsMeant,
    StepFailed,
)
from postwarden.drills.misdelivery.facts import Accounts, Facts, Look, listed
from postwarden.drills.misdelivery.incident import Incident, play
from postwarden.drills.misdelivery.judging import Kind, judge
from postwarden.drills.misdelivery.steps import (
    AFTER_HELD,
    NOBODY_SAYS,
    NOBODY_YET,
    UNTIL_HELD,
)
from postwarden.drills.misdelivery.stock import STOCK, Letter, letters
from postwarden.drills.misdelivery.truth import Act

__all__ = [
    "Act",
    "DrillError",
    "Facts",
    "Fault",
    "InUse",
    "Kind",
    "Lack",
    "NoStock",
    "NotAsMeant",
    "Outcome",
    "Played",
    "StepFailed",
    "drill",
    "work_case",
]

FOLDER = "drill"
_MADE = "made-by-drill"
_LEAST = 100  # fewer would not reach all kinds of copies


class Played(NamedTuple):
    """An incident that has happened, from which seed, and the seconds that it took."""

    seed: int
    incident: Incident
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drill that is over.

    Attributes:
        facts: of the report.
        folder: with what each command printed, the truth and the case's bundle.
        lab: it was on.
    """

    facts: Facts
    folder: Path
    lab: Lab

    def give(self, *files: Path) -> None:
        """Make files the person's who called sudo; root's stay root's."""
        for file in files:
            _give(file, self.lab)


def drill(
    folder: str | Path,
    messages: int | None,
    seed: int,
    tell: Callable[[str], None],
    *,
    store: Store = Store.MAILDIR,
    keep: bool = False,
    give: Give | None = None,
) -> Outcome:
    """Let the incident happen on a lab, work the whole case, and judge it by the truth.

    Args:
        folder: of the lab; made where it is missing, made anew where a drill made it.
        messages: how many; None: the whole stock.
        seed: equal ones choose equal messages, recipients and acts.
        tell: is told what happens, line by line.
        store: how the lab keeps mail: Maildirs are repaired as files, mdbox through Dovecot.
        keep: let the lab run on; otherwise it is stopped, also where the drill failed.
        give: gives the commands of the case; None: each as a process of its own.

    Raises:
        NoStock: the messages are not there; nothing was done.
        InUse: somebody works with Postwarden on that lab; nothing was done.
        StepFailed: a command of the case failed; the lab's files are kept as they are.
        NotAsMeant: the servers did something else than the drill can know the truth of.
        LabError: the servers failed.
    """
    if messages is not None and messages < _LEAST:
        raise DrillError(f"{messages} messages are too few for a drill: {_LEAST} at least")
    mail = letters(STOCK, messages, seed)
    lab = _lab(Path(os.path.realpath(folder)), store)
    try:
        return _played(lab, mail, seed, tell, give or processes(lab.root, _owner(lab)))
    finally:
        if not keep:
            labs.down(lab.root)


def _played(
    lab: Lab, mail: list[Letter], seed: int, tell: Callable[[str], None], give: Give
) -> Outcome:
    started = time.monotonic()
    incident = play(lab, mail, seed, tell)
    prepared = round(time.monotonic() - started, 3)
    return work_case(lab, Played(seed, incident, prepared), tell, give)


def work_case(lab: Lab, played: Played, tell: Callable[[str], None], give: Give) -> Outcome:
    """Work the whole case of what happened on a lab, and judge it by the truth.

    Raises as `drill`, but for what concerns the stock and the lab.
    """
    work, truth = _workplace(lab), played.incident.truth
    before = stores.read(lab.root, lab.store, truth.meant)
    stores.must_agree(truth, before)
    conductor = Conductor(lab.config, work, give, tell)
    seen = _worked(conductor, played.incident, lab, work)
    examined = conductor.printed("examined").splitlines()
    told = Facts(
        seed=played.seed,
        messages=len(truth.names),
        copies=len(truth.copies),
        **facts.times(played.incident),
        prepared=played.seconds,
        case=str(conductor.values["case"]),
        findings=judge(truth, map(json.loads, examined), before),
        accounts=seen,
        ending=end(truth, before, stores.read(lab.root, lab.store, truth.meant)),
        steps=tuple(conductor.done),
    )
    _keep(work / "truth.json", json.dumps(truth.as_json(), indent=1), lab)
    return Outcome(told, work, lab)


def _worked(conductor: Conductor, incident: Incident, lab: Lab, work: Path) -> Accounts:
    """Work the case to its end, and try the doors while accounts are held and in the end."""
    conductor.values |= {
        **facts.times(incident),
        "key": _key(work, lab),
        "bundle": str(work / "bundle.tar"),
        "concerned": incident.concerned,
    }
    conductor.take(UNTIL_HELD, {"reports": facts.reports(incident)})
    held = Look(listed(conductor.printed("who is held")), doors.open_for(lab, lab.passwords))
    conductor.take(AFTER_HELD, {})
    last = listed(conductor.printed("who is held in the end"))
    in_the_end = Look(last, doors.open_for(lab, lab.passwords))
    waiting = listed(conductor.printed("who waits for repair"))
    return facts.accounts(incident.truth, lab.passwords, held, waiting, in_the_end)


def _lab(root: Path, store: Store) -> Lab:
    """Give a running lab that nobody works with: a new one, or one that was only started."""
    if (root / FOLDER / _MADE).exists():
        labs.down(root)
        shutil.rmtree(root)
    if not (root / "lab.json").exists():
        lab = labs.up(root, store)
        (_workplace(lab) / _MADE).touch()
        return lab
    found = labs.status(root)
    if found.store is not store:
        raise DrillError(
            f"{root}: this lab stores mail as {found.store}; name it, or another folder"
        )
    lab = labs.up(root)
    who = ask(lab.config, NOBODY_YET, {}, processes(root, _owner(lab)))
    if not who.printed.startswith(NOBODY_SAYS):
        if not found.is_up:
            labs.down(root)
        raise InUse(
            f"{root}: somebody works with Postwarden on this lab; name a new folder for the drill"
        )
    return lab


def _workplace(lab: Lab) -> Path:
    folder = lab.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    _give(folder, lab)
    return folder


def _key(work: Path, lab: Lab) -> str:
    """Make a key for whoever approves, of this drill alone."""
    key = work / "approver.key"
    subprocess.run(  # noqa: S603  # fixed words
        ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)],
        check=True,
        timeout=30,
        capture_output=True,
    )
    for file in (key, key.with_suffix(".key.pub")):
        _give(file, lab)
    return str(key)


def _keep(file: Path, text: str, lab: Lab) -> None:
    file.write_text(text)
    _give(file, lab)


def _owner(lab: Lab) -> tuple[int, int] | None:
    """Give numbers of the person who called sudo, whose the lab's accounts.csv is; None: root's."""
    found = (lab.root / "accounts.csv").stat()
    return (found.st_uid, found.st_gid) if found.st_uid else None


def _give(path: Path, lab: Lab) -> None:
    user = _owner(lab)
    if user is not None:
        os.chown(path, *user)
