"""The two private servers below one folder: starting, ending and operating them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from postwarden.drills.lab import postfix
from postwarden.drills.lab.errors import LabError, NotReady
from postwarden.drills.lab.options import HOSTNAME, ZONE
from postwarden.drills.lab.processes import Part, children, end, running, start, wait_until
from postwarden.drills.lab.requirements import DOVECOT, POSTFIX_MASTER

_TRIED = ("maildrop", "incoming", "active")
_WITH_TABLES = ("cleanup", "smtpd", "qmgr", "trivial-rewrite")
_FLUSH_SECONDS = 4.0
_SECONDS = 60.0


class Servers:
    """A configured Postfix and Dovecot.

    Attributes:
        root: the folder that holds everything: vmail/, log/, postfix/, dovecot/, queue/.
        timezone: IANA name; of log stamps.
    """

    def __init__(self, root: Path, timezone: str = ZONE) -> None:
        self.root = root
        self.timezone = timezone

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which both run, and in which their commands have to be given."""
        return {**os.environ, "TZ": self.timezone, "DOVECOT_HOSTNAME": HOSTNAME}

    @property
    def parts(self) -> tuple[Part, ...]:
        """Both programs, in the order in which they have to start."""
        return (self.dovecot, self.postfix)

    @property
    def dovecot(self) -> Part:
        """Dovecot's master process."""
        log = self.root / "log" / "dovecot.log"
        command = (DOVECOT, "-F", "-c", str(self.dovecot_conf))
        return Part("dovecot", self.root, command, partial(_announcement, log, b"starting up"))

    @property
    def postfix(self) -> Part:
        """Postfix's master process."""
        log = self.root / "log" / "mail.log"
        command = (POSTFIX_MASTER, "-c", str(self.postfix_folder))
        return Part("postfix", self.root, command, partial(_announcement, log, b"daemon started"))

    @property
    def dovecot_conf(self) -> Path:
        """What `doveadm -c` takes."""
        return self.root / "dovecot" / "dovecot.conf"

    @property
    def postfix_folder(self) -> Path:
        """What `postqueue -c` and its like take."""
        return self.root / "postfix"

    def start(self) -> None:
        """Start what does not run; raise `NotReady`."""
        if running(self.dovecot) is None:
            # Dovecot takes whoever has the number in this file, after a reboot anybody, for itself.
            (self.root / "run" / "master.pid").unlink(missing_ok=True)
            start(self.dovecot, self.environment)
        if running(self.postfix) is None:
            start(self.postfix, self.environment)

    def stop(self) -> None:
        """End both, the one that takes mail first."""
        for part in reversed(self.parts):
            end(part)

    def write_tables(self, tables: Mapping[str, str]) -> None:
        """Replace address tables of Postfix, by file name, and see that none knows the old ones.

        Postfix does not notice changes of texthash and regexp tables: it must be told to reload
        (DATABASE_README). A reload is over when the processes of before have gone.
        """
        for name, text in tables.items():
            postfix.write_settled(self.postfix_folder / name, text)
        self.reload_postfix()

    def reload_postfix(self) -> None:
        """Make Postfix read its configuration and tables anew, and wait until it has."""
        master = running(self.postfix)
        if master is None:
            raise NotReady("Postfix does not run")
        old = children(master, *_WITH_TABLES)
        os.kill(master, signal.SIGHUP)
        wait_until(lambda: not old & children(master, *_WITH_TABLES), "Postfix to reload")

    def postfix_command(self, command: str, *arguments: str, text: bytes = b"") -> str:
        """Run postqueue, postsuper, sendmail, … on this instance and give what it prints."""
        option = "-C" if command == "sendmail" else "-c"
        return self._run(
            f"/usr/sbin/{command}", option, str(self.postfix_folder), *arguments, text=text
        )

    def doveadm(self, *arguments: str, text: bytes = b"") -> str:
        """Run doveadm on this instance and give what it prints."""
        return self._run("/usr/bin/doveadm", "-c", str(self.dovecot_conf), *arguments, text=text)

    def wait_for_deferral(self, seconds: float = 20.0) -> None:
        """Wait until every message is either delivered or waiting for another try."""
        wait_until(lambda: self._are_empty(_TRIED), "the first tries of delivery", seconds)

    def wait_for_empty_queue(self, seconds: float = 20.0) -> None:
        """Wait until nothing is queued but what is held; deferred mail is tried again meanwhile.

        Raises:
            NotReady: it did not empty; the text has what is left, and why.
        """
        queues = (*_TRIED, "deferred")
        deadline = time.monotonic() + seconds
        while True:
            try:
                wait_until(lambda: self._are_empty(queues), "the queue to empty", _FLUSH_SECONDS)
            except NotReady as error:
                if time.monotonic() > deadline:
                    left = self.postfix_command("postqueue", "-p")
                    raise NotReady(
                        f"after {seconds:g} s the queue is not empty:\n{left}"
                    ) from error
                self.postfix_command("postqueue", "-f")
            else:
                return

    def _are_empty(self, names: Sequence[str]) -> bool:
        """Look three times over: a filter's answer enters behind the place that was just looked at."""
        return not any(
            entry.is_file()
            for _ in range(3)
            for name in names
            for entry in (self.root / "queue" / name).rglob("*")
        )

    def _run(self, *command: str, text: bytes) -> str:
        done = subprocess.run(  # noqa: S603  # no shell
            command,
            input=text,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise LabError(f"{' '.join(command)}: status {done.returncode}: {said}")
        return done.stdout.decode(errors="replace")


def _announcement(log: Path, words: bytes) -> Callable[[], bool]:
    """Watch for a line that is not in the log yet; a server writes it once its ports are bound."""
    before = log.stat().st_size if log.exists() else 0

    def is_there() -> bool:
        if not log.exists():
            return False
        with log.open("rb") as stream:
            stream.seek(before)
            return words in stream.read()

    return is_there
