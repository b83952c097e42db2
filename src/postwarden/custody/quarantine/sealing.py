"""Sealing: copies encrypted and written beside their places, many of them by a process of their own.

Encryption keeps an interpreter to itself. So that a repair goes on meanwhile, a helper process does it: it
holds no state and no private key, knows nothing but what is handed to it, and writes only files that
nobody looks for. It ends with whoever started it, at the end of its input.

In: a line of JSON with the recipient, and path and size of each item, then their bytes. Out: a line of JSON
with hash and size of each file, or what the disk refused.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import F_SETPIPE_SZ, fcntl
from hashlib import sha256
from signal import SIG_IGN, SIGINT, signal
from subprocess import PIPE, Popen, TimeoutExpired
from typing import IO, Any, NamedTuple

from pyrage import encrypt
from pyrage.x25519 import Recipient

from postwarden.custody.errors import SealerLost
from postwarden.durable.service import write_many

Item = tuple[str, bytes]
"""Path and plain bytes."""
_FEWEST = 50  # items that are worth a process
_COMMAND = (sys.executable, "-P", "-m", "postwarden.custody.quarantine.sealing")
"""Without the working directory among the places of modules: anybody may have put files there."""
_PIPE = 1 << 20
_SECONDS = 10.0


class Sealed(NamedTuple):
    """An encrypted file: the SHA-256 of its bytes, hex, and how many they are."""

    sha256: str
    size: int


class Sealer:
    """Seals items here where they are few, or else by a helper that is started then."""

    def __init__(self) -> None:
        self._helper: Popen[bytes] | None = None

    def seal(self, recipient: str, items: Sequence[Item]) -> list[Sealed]:
        """Encrypt items and write them; touches no state, and may be called by any one thread at a time.

        Args:
            recipient: age recipient.
            items: folders of their paths exist.

        Crash promise: once this returns, all are whole on the disk.

        Raises:
            OSError: the disk is full or fails; throw the files away.
            SealerLost: the helper ended; throw the files away, and seal again.
        """
        if len(items) < _FEWEST:
            return _sealed(recipient, items)
        try:
            answer = self._asked(recipient, items)
        except (OSError, ValueError) as error:
            self.end()
            raise SealerLost("the process that encrypts has ended") from error
        if "refused" in answer:
            raise OSError(*answer["refused"])
        return [Sealed(*one) for one in answer["sealed"]]

    def end(self) -> None:
        """End the helper, if there is one."""
        if self._helper is None:
            return
        with self._helper as helper, suppress(BrokenPipeError):
            if helper.stdin is not None:
                helper.stdin.close()
            try:
                helper.wait(_SECONDS)
            except TimeoutExpired:
                helper.kill()
        self._helper = None

    def _asked(self, recipient: str, items: Sequence[Item]) -> dict[str, Any]:
        if self._helper is None:
            self._helper = Popen(_COMMAND, stdin=PIPE, stdout=PIPE)  # noqa: S603  # ours alone
        into, out = self._helper.stdin, self._helper.stdout
        if into is None or out is None:
            raise ValueError("it has no pipes")
        with suppress(OSError):  # a smaller pipe will do
            fcntl(into, F_SETPIPE_SZ, _PIPE)
        _tell(into, {"recipient": recipient, "items": [(path, len(one)) for path, one in items]})
        for _, plain in items:
            into.write(plain)
        into.flush()
        answer: dict[str, Any] = json.loads(out.readline())
        return answer


@contextmanager
def sealing() -> Iterator[Sealer]:
    """Give a context with a sealer; its helper, if it started one, ends with it."""
    sealer = Sealer()
    try:
        yield sealer
    finally:
        sealer.end()


def _sealed(recipient: str, items: Iterable[Item]) -> list[Sealed]:
    key = Recipient.from_str(recipient)
    found: list[Sealed] = []

    def encrypted() -> Iterator[Item]:
        for path, plain in items:
            data = encrypt(plain, [key])
            found.append(Sealed(sha256(data).hexdigest(), len(data)))
            yield path, data

    write_many(encrypted())
    return found


def serve(into: IO[bytes], out: IO[bytes]) -> None:
    """Be the helper, until the input ends."""
    while line := into.readline():
        asked = json.loads(line)
        items = _received(into, asked["items"])
        try:
            answer: dict[str, Any] = {"sealed": _sealed(asked["recipient"], items)}
        except OSError as error:
            answer = {"refused": [error.errno, error.strerror]}
            for _ in items:  # whoever asked is still telling
                continue
        _tell(out, answer)
        out.flush()


def _received(into: IO[bytes], items: Iterable[tuple[str, int]]) -> Iterator[Item]:
    for path, size in items:
        plain = into.read(size)
        if len(plain) < size:
            sys.exit()  # whoever asked has gone
        yield path, plain


def _tell(out: IO[bytes], told: dict[str, Any]) -> None:
    out.write(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    signal(SIGINT, SIG_IGN)  # meant for whoever started it
    with suppress(BrokenPipeError):  # whoever asked was killed
        serve(sys.stdin.buffer, sys.stdout.buffer)
