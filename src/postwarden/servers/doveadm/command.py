"""doveadm as a command (doveadm-fetch(1), doveadm-user(1))."""

import codecs
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import IO

from postwarden.servers.doveadm.stream import BrokenAnswerError, first_and_objects
from postwarden.sources.service import (
    AmbiguousSourceError,
    PermanentSourceError,
    SourceError,
    StoreSettings,
    TemporarySourceError,
)

_CHUNK = 262_144
_NO_USER = 67  # sysexits.h EX_NOUSER
_TEMPORARY = 75  # EX_TEMPFAIL


def command_accounts(store: StoreSettings, seconds: float) -> Iterator[str]:
    """Give every account that the user database lists."""
    with _running((*store.command, "user", "*"), store, seconds) as (output, ended):
        lines = output.read().decode("utf-8", "replace").splitlines()
        ended(f"store {store.name}")
    yield from (line for line in lines if line)


def command_messages(
    store: StoreSettings, account: str, fields: Sequence[str], seconds: float
) -> Iterator[Mapping[str, str]]:
    """Give the fields of every message of an account."""
    arguments = (*store.command, "-f", "json", "fetch", "-u", account, " ".join(fields), "ALL")
    some = False
    with _running(arguments, store, seconds) as (output, ended):
        try:
            for one in first_and_objects(_text(output))[1]:
                yield one
                some = True
        except BrokenAnswerError as error:
            ended(account)
            raise AmbiguousSourceError(f"{account}: doveadm: {error}") from error
        try:
            ended(account)
        except TemporarySourceError as error:
            if some:
                raise AmbiguousSourceError(str(error)) from error
            raise


def _text(output: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while chunk := output.read(_CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


class _Run:
    """A running command and how it ends."""

    def __init__(self, arguments: Sequence[str], store: StoreSettings, seconds: float) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own command, no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise PermanentSourceError(
                f"store {store.name}: {arguments[0]} cannot be run: {error.strerror}"
            ) from error
        self._late = False
        self._timer = Timer(seconds, self._stop)
        self._timer.daemon = True
        self._timer.start()

    @property
    def output(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise PermanentSourceError("doveadm gives no output")
        return self._process.stdout

    def _stop(self) -> None:
        self._late = True
        self._process.kill()

    def ended(self, subject: str) -> None:
        """Wait for the end; raise the `SourceError` that the exit status stands for."""
        status = self._process.wait()
        if self._late:
            raise TemporarySourceError(f"{subject}: doveadm did not answer in time")
        if status:
            raise _error_of(status, subject)

    def close(self) -> None:
        self._timer.cancel()
        self._process.kill()
        self.output.close()
        self._process.wait()


@contextmanager
def _running(
    arguments: Sequence[str], store: StoreSettings, seconds: float
) -> Iterator[tuple[IO[bytes], Callable[[str], None]]]:
    run = _Run(arguments, store, seconds)
    try:
        yield run.output, run.ended
    finally:
        run.close()


def _error_of(status: int, subject: str) -> SourceError:
    if status == _NO_USER:
        return PermanentSourceError(f"{subject}: doveadm knows no such account")
    if status == _TEMPORARY:
        return TemporarySourceError(f"{subject}: doveadm failed for now (status {status})")
    return PermanentSourceError(f"{subject}: doveadm refused (status {status})")
