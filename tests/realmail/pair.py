"""Starts and stops a private Postfix and Dovecot below one directory, on free loopback ports.

The servers are those of a lab (`postwarden.drills.lab`), with a content filter and local submission
beside them, and live for the length of a context. Mail belongs to an unprivileged number, and no
user is created.
"""

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from postwarden.drills.lab.errors import NotReady
from postwarden.drills.lab.options import HOST, NOBODY
from postwarden.drills.lab.place import usable
from postwarden.drills.lab.processes import wait_until
from postwarden.drills.lab.requirements import require_servers
from postwarden.drills.lab.servers import Servers
from realmail import dovecot, postfix
from realmail.content_filter import ContentFilter
from realmail.local_submission import LocalSubmission
from realmail.options import PairOptions, PairPorts

ATTEMPTS = 5


class MailPair(Servers):
    """A private pair; the servers run while the context lasts.

    Attributes:
        root: the directory that holds everything: vmail/, log/, postfix/, dovecot/, queue/.
        ports: where the servers listen on 127.0.0.1.
        options: how it was configured.
    """

    def __init__(self, root: Path, options: PairOptions) -> None:
        super().__init__(root, options.timezone)
        self.options = options
        self.ports = PairPorts.free()
        self._beside = ExitStack()

    def __enter__(self) -> Self:
        require_servers()
        (self.root / "log").mkdir(parents=True, exist_ok=True)
        os.chmod(self.root, 0o755)
        usable(self.root)
        for attempt in range(ATTEMPTS):
            try:
                self._start()
            except (NotReady, OSError):  # OSError: the filter's port was taken
                self.end()
                if attempt == ATTEMPTS - 1:
                    raise
                self.ports = PairPorts.free()
            except BaseException:
                self.end()
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
        self.end()

    def _start(self) -> None:
        postfix.write(self.root, self.options, self.ports)
        dovecot.write(self.root, self.options, self.ports)
        self.start()
        self._beside.enter_context(ContentFilter(self.ports.filter, self.ports.reinjection))
        self._beside.enter_context(
            LocalSubmission(self.ports.sendmail, self.root / "postfix", self.root / "sendmail")
        )

    def end(self) -> None:
        """Stop the servers and what runs beside them."""
        self._beside.close()
        self.stop()

    def path(self, account: str) -> Path:
        """Give the Maildir of an account."""
        local, _, domain = account.partition("@")
        return self.root / "vmail" / domain / local / "Maildir"

    def write_aliases(self, virtual: str, regexp: str = "") -> None:
        """Replace virtual_alias_maps and see to it that no Postfix process knows the old ones."""
        self.write_tables({"virtual": virtual, "virtual.regexp": regexp})

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
            os.chown(path, NOBODY, NOBODY)


def listens(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
