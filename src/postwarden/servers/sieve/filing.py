"""Asking sieve-test for the folder."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable

from postwarden.relocation.service import PermanentRouteError

_PROGRAM = "/usr/bin/sieve-test"
_SECONDS = 20
_INBOX = "INBOX"
_NOBODY = 65_534
_STORED = re.compile(r"^ \* store message in folder: (.+)$", re.MULTILINE)
_RETURN_PATH = re.compile(rb"\AReturn-Path: <([^>\r\n]*)>", re.IGNORECASE)
_CONFIGURATION = """\
ssl = no
log_path = /dev/stderr
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_location = maildir:{folder}/none
"""

Scripts = Callable[[str, str], str | None]
"""Gives the script that files the mail of an account of a store; None where it has none."""


class SieveFiling:
    """Implements `Filing`: called with store, account and canonical content, it gives a folder."""

    def __init__(self, scripts: Scripts, program: str = _PROGRAM) -> None:
        """Bind it.

        Args:
            scripts: gives an account's script; raises the room's route errors.
            program: path of sieve-test.
        """
        self._scripts = scripts
        self._program = program

    def __call__(self, store: str, account: str, content: bytes) -> str:
        """Give the folder, an IMAP name.

        Raises:
            PermanentRouteError: sieve-test is not installed here.
        """
        script = self._scripts(store, account)
        if script is None:
            return _INBOX
        with tempfile.TemporaryDirectory(prefix="postwarden-") as folder:
            return self._filed(folder, account, script, content)

    def _filed(self, folder: str, account: str, script: str, content: bytes) -> str:
        """Run it on files that nobody else can read, and as nobody where Postwarden is root."""
        uid, gid = os.geteuid() or _NOBODY, os.getegid() or _NOBODY
        configuration = _CONFIGURATION.format(folder=folder, uid=uid, gid=gid)
        files = {
            "test.conf": configuration.encode(),
            "filter.sieve": script.encode(),
            "message": content,
        }
        for name, data in files.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(data)
            os.chown(f"{folder}/{name}", uid, gid)
        os.chown(folder, uid, gid)
        found = _RETURN_PATH.match(content)
        sender = found[1].decode(errors="replace") if found else ""
        words = [self._program, "-c", f"{folder}/test.conf", "-f", sender, "-r", account]
        try:
            done = subprocess.run(  # noqa: S603  # no shell
                [*words, f"{folder}/filter.sieve", f"{folder}/message"],
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                cwd=folder,
            )
        except subprocess.TimeoutExpired:
            return _INBOX
        except OSError as error:
            told = f"{self._program}: {error.strerror}; install dovecot-sieve"
            raise PermanentRouteError(told) from error
        stored = _STORED.search(done.stdout.decode(errors="replace"))
        return stored[1].strip() if stored and not done.returncode else _INBOX
