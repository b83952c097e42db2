"""Asking sieve-test for the folder."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from typing import Any

from postwarden.relocation.service import PermanentRouteError

_PROGRAM = "/usr/bin/sieve-test"
_SECONDS = 20
_INBOX = "INBOX"
_NOBODY = 65_534
_NO_SENDER = "MAILER-DAEMON@null.invalid"  # sieve-test takes no empty one
_STORED = re.compile(r"^ \* store message in folder: (.+)$", re.MULTILINE)
_RETURN_PATH = re.compile(rb"\AReturn-Path: <([^>\r\n]*)>", re.IGNORECASE)
_LEVELS = re.compile(r"[/.]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
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
        sender = _sender(content)
        if not sender and "envelope" in script.lower():
            return _INBOX
        uid, gid = os.geteuid() or _NOBODY, os.getegid() or _NOBODY
        configuration = _CONFIGURATION.format(folder=folder, uid=uid, gid=gid)
        files = {
            "test.conf": configuration.encode(),
            "filter.sieve": script.encode(),
            "message": content,
        }
        rights: dict[str, Any] = {}
        if os.geteuid() == 0:
            rights = {"user": uid, "group": gid, "extra_groups": []}
        _write(folder, files, gid)
        words = [self._program, "-c", f"{folder}/test.conf", "-f", sender or _NO_SENDER]
        try:
            done = subprocess.run(  # noqa: S603  # no shell
                [*words, "-r", account, f"{folder}/filter.sieve", f"{folder}/message"],
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                cwd=folder,
                env=_ENVIRONMENT,
                **rights,
            )
        except subprocess.TimeoutExpired:
            return _INBOX
        except OSError as error:
            told = f"{self._program}: {error.strerror}; install dovecot-sieve"
            raise PermanentRouteError(told) from error
        stored = _STORED.search(done.stdout.decode(errors="replace"))
        return _usable(stored[1].strip()) if stored and not done.returncode else _INBOX


def _write(folder: str, files: dict[str, bytes], gid: int) -> None:
    """Write files that a group may read, and nobody but Postwarden may change or list."""
    for name, data in files.items():
        with open(f"{folder}/{name}", "wb") as file:
            os.fchown(file.fileno(), -1, gid)
            os.fchmod(file.fileno(), 0o640)
            file.write(data)
    os.chown(folder, -1, gid)
    os.chmod(folder, 0o710)  # noqa: S103  # they may go in, and not list it


def _sender(content: bytes) -> str:
    found = _RETURN_PATH.match(content)
    return found[1].decode(errors="replace") if found else ""


def _usable(folder: str) -> str:
    """Give INBOX for a name that no folder can have: senders choose parts of names by variables."""
    if _CONTROL.search(folder) or not all(_LEVELS.split(folder)):
        return _INBOX
    return folder
