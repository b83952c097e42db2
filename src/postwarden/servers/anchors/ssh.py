"""A tree-head keeper that is a file on another host, reached by OpenSSH without a password."""

import shlex
import subprocess

from postwarden.ledger.service import AnchorError, notes_in

_SECONDS = 20
_OPTIONS = ("-o", "BatchMode=yes", "-o", f"ConnectTimeout={_SECONDS // 2}")


class SshAnchor:
    """A file that only grows: the account there needs no more than to append to it and read it."""

    def __init__(self, host: str, path: str, options: tuple[str, ...] = ()) -> None:
        """Name the host as ssh(1) takes it, the file there, and further options of ssh."""
        self._host = host
        self._path = path
        self._options = (*_OPTIONS, *options)

    @property
    def name(self) -> str:
        """Host and file."""
        return f"{self._host}:{self._path}"

    def write(self, note: str) -> None:
        """Append a note and sync it there."""
        path = shlex.quote(self._path)
        self._run(f"umask 022; cat >> {path} && sync {path}", f"\n\n{note}")

    def read(self) -> list[str]:
        """Give all whole notes; none where the file is not there yet."""
        path = shlex.quote(self._path)
        return notes_in(self._run(f"test ! -e {path} || cat {path}", ""))

    def _run(self, command: str, given: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603  # the words are ours; only ssh splits the last one
                ["ssh", *self._options, "--", self._host, command],  # noqa: S607  # as in PATH
                input=given.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AnchorError(f"{self.name}: {error}") from error
        if done.returncode != 0:
            told = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise AnchorError(f"{self.name}: {told[-1] if told else 'ssh failed'}")
        return done.stdout.decode("utf-8", "replace")
