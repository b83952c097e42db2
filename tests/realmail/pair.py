"""Starts and stops a private Postfix and Dovecot below one directory, on free loopback ports.

Nothing of the machine's own mail services is read, changed or signalled, and no mail leaves the
machine: the private Postfix has no transport to the outside. The servers must be started by root,
as always; mail then belongs to the unprivileged number 65534, and no user is created.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from realmail import dovecot, postfix
from realmail.content_filter import ContentFilter
from realmail.local_submission import LocalSubmission
from realmail.options import HOSTNAME, MAIL_ID, PairOptions, Ports
from realmail.processes import NotReadyError, children, end, listens, wait_until

POSTFIX_MASTER = "/usr/lib/postfix/sbin/master"
NEEDED = {
    "postfix": POSTFIX_MASTER,
    "dovecot-core": "/usr/sbin/dovecot",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-pop3d": "/usr/lib/dovecot/pop3",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "dovecot-sieve": "/usr/lib/dovecot/modules/lib90_sieve_plugin.so",
}
ATTEMPTS = 5


class MissingServersError(RuntimeError):
    """This machine cannot run the private servers; the text says what is needed."""


def require_servers() -> None:
    """Raise MissingServersError naming the Debian packages, or the rights, that are missing."""
    missing = [package for package, file in NEEDED.items() if not os.path.exists(file)]
    if missing:
        raise MissingServersError(f"Debian packages missing: {' '.join(missing)} (apt-get install)")
    if os.geteuid() != 0:
        raise MissingServersError("Postfix and Dovecot can only be started by root")


TRIED = ("maildrop", "incoming", "active")
"""Queues of messages that Postfix has not tried to deliver yet."""


class MailPair:
    """A private pair; the servers run while the context lasts.

    Attributes:
        root: the directory that holds everything: vmail/, log/, postfix/, dovecot/, queue/.
        ports: where the servers listen on 127.0.0.1.
        options: how it was configured.
    """

    def __init__(self, root: Path, options: PairOptions) -> None:
        self.root = root
        self.options = options
        self.ports = Ports.free()
        self._running = ExitStack()
        self._environment = os.environ | {"TZ": options.timezone, "DOVECOT_HOSTNAME": HOSTNAME}
        self._postfix: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        require_servers()
        self._open_way()
        for attempt in range(ATTEMPTS):
            try:
                self._start()
            except (NotReadyError, OSError):  # OSError: the filter's port was taken
                self._running.close()
                if attempt == ATTEMPTS - 1:
                    raise
                self.ports = Ports.free()
            except BaseException:
                self._running.close()
                raise
            else:
                return self
        raise AssertionError("unreachable")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def _open_way(self) -> None:
        """Let the servers' users in, who are not the one who made the directory."""
        (self.root / "log").mkdir(parents=True, exist_ok=True)
        os.chmod(self.root, 0o755)
        for parent in self.root.parents:
            if not parent.stat().st_mode & 0o001:
                raise MissingServersError(
                    f"{parent} keeps the servers' users out; use another place"
                )

    def _start(self) -> None:
        postfix.write(self.root, self.options, self.ports)
        dovecot.write(self.root, self.options, self.ports)
        conf = f"{self.root}/dovecot/dovecot.conf"
        self._launch("dovecot.log", "starting up", "/usr/sbin/dovecot", "-F", "-c", conf)
        self._postfix = self._launch(
            "mail.log", "daemon started", POSTFIX_MASTER, "-c", f"{self.root}/postfix"
        )
        self._running.enter_context(ContentFilter(self.ports.filter, self.ports.reinjection))
        self._running.enter_context(
            LocalSubmission(self.ports.sendmail, self.root / "postfix", self.root / "sendmail")
        )

    def _launch(self, log: str, started: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a server and wait until its log says so, which it does once its ports are bound."""
        log_file = self.root / "log" / log
        before = log_file.read_text().count(started) if log_file.exists() else 0
        said = self.root / f"{log}.out"
        with said.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment,
            )
        self._running.callback(end, process)
        wait_until(
            lambda: (
                process.poll() is not None
                or (log_file.exists() and log_file.read_text().count(started) > before)
            ),
            f"{command[0]} to start",
        )
        if process.poll() is not None:
            raise NotReadyError(f"{command[0]} ended at once: {said.read_text(errors='replace')}")
        return process

    def path(self, account: str) -> Path:
        """Give the Maildir of an account."""
        local, _, domain = account.partition("@")
        return self.root / "vmail" / domain / local / "Maildir"

    def write_aliases(self, virtual: str, regexp: str = "") -> None:
        """Replace virtual_alias_maps and see to it that no Postfix process knows the old ones.

        Postfix does not notice changes of texthash and regexp tables: it must be told to reload
        (DATABASE_README). A reload is over when the processes of before have gone.
        """
        postfix.write_file(self.root / "postfix" / "virtual", virtual)
        postfix.write_file(self.root / "postfix" / "virtual.regexp", regexp)
        self.reload_postfix()

    def reload_postfix(self) -> None:
        """Make Postfix read its configuration and tables anew, and wait until it has."""
        assert self._postfix is not None
        master = self._postfix.pid
        old = children(master, "cleanup", "smtpd", "qmgr", "trivial-rewrite")
        os.kill(master, signal.SIGHUP)
        wait_until(
            lambda: not old & children(master, "cleanup", "smtpd", "qmgr", "trivial-rewrite"),
            "Postfix to reload",
        )

    def postfix_command(self, command: str, *arguments: str, text: bytes = b"") -> str:
        """Run postqueue, postsuper, sendmail, … on the private instance and give what it prints."""
        option = "-C" if command == "sendmail" else "-c"
        return self._run(
            f"/usr/sbin/{command}", option, f"{self.root}/postfix", *arguments, text=text
        )

    def doveadm(self, *arguments: str, text: bytes = b"") -> str:
        """Run doveadm on the private instance and give what it prints."""
        return self._run(
            "/usr/bin/doveadm", "-c", f"{self.root}/dovecot/dovecot.conf", *arguments, text=text
        )

    def stop_lmtp(self) -> None:
        """Let deliveries be deferred from now on."""
        self.doveadm("service", "stop", "lmtp")
        wait_until(lambda: not listens(self.ports.lmtp), "LMTP to stop")

    def start_lmtp(self) -> None:
        """Take deliveries again, and have Postfix try at once."""
        self.doveadm("reload")
        wait_until(lambda: listens(self.ports.lmtp), "LMTP to listen again")
        self.postfix_command("postqueue", "-f")

    def write_sieve(self, account: str, script: str) -> None:
        """Make a script the active one of an account, as ManageSieve would have done long ago."""
        home = self.path(account).parent
        home.mkdir(parents=True, exist_ok=True)
        (home / ".dovecot.sieve").write_text(script)
        for path in (home.parent, home, home / ".dovecot.sieve"):
            os.chown(path, MAIL_ID, MAIL_ID)

    def wait_for_deferral(self) -> None:
        """Wait until every message is either delivered or waiting for another try."""
        wait_until(lambda: self._are_empty(TRIED), "the first tries of delivery")

    def wait_for_empty_queue(self) -> None:
        """Wait until nothing is queued but what is held; deferred mail counts as queued."""
        wait_until(lambda: self._are_empty((*TRIED, "deferred")), "the queue to empty")

    def _are_empty(self, names: Sequence[str]) -> bool:
        """Look three times over: a filter's answer enters behind the place that was just looked at."""
        return not any(
            entry.is_file()
            for _ in range(3)
            for name in names
            for entry in (self.root / "queue" / name).rglob("*")
        )

    def _run(self, *command: str, text: bytes) -> str:
        done = subprocess.run(
            command, input=text, env=self._environment, capture_output=True, check=False, timeout=60
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise RuntimeError(
                f"{command[0]} {' '.join(command[3:])}: status {done.returncode}: {said}"
            )
        return done.stdout.decode(errors="replace")
