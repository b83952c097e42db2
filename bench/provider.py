"""A lab with as many accounts as a bench needs, and bare IMAP clients for it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.lab import service
from postwarden.drills.lab.service import HOST, Lab, Store

PASSWORD = "correct-horse-battery"
_TIMEOUT = 60
_KIB = 1 << 10
_MEASURING = """
import resource, subprocess, sys, time
began = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
_CONFIRMED = (b"a OK", b"a NO")


@contextmanager
def provider(
    accounts: int, *, protected: bool = True, store: Store | None = None
) -> Iterator[tuple[Lab, list[str]]]:
    """Start a lab with so many more accounts; give it and their names, and remove it afterwards.

    Their passwords are hashed by SHA512-CRYPT. Without protection, its Dovecot knows nothing of
    Postwarden.

    Raises:
        MissingServers: packages or rights are missing.
    """
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    place.chmod(0o755)  # the servers' users have to get there
    try:
        lab = service.up(place / "lab", store)
        try:
            names = [f"holder{number}@example.test" for number in range(accounts)]
            _enter(lab, names)
            if not protected:
                (lab.root / "dovecot" / "holds.conf").write_text("# none\n")
                lab.servers.doveadm("reload")
            yield lab, names
        finally:
            service.down(lab.root)
    finally:
        shutil.rmtree(place)


def postwarden(
    lab: Lab, *words: str, who: str = "anna", config: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a command as anna, who is the lab's postmaster, or as somebody else."""
    command = _command(lab, words, who, config)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=lab.root)


class Took(NamedTuple):
    """What a command took."""

    seconds: float
    mebibytes: float


def measured(lab: Lab, *words: str, who: str = "anna", config: Path | None = None) -> Took:
    """Run a command as `postwarden` does, and measure it; `RuntimeError` where it fails.

    It is started by a small process: one that is started by a large one has its size among its own.
    """
    command = [sys.executable, "-c", _MEASURING, *_command(lab, words, who, config)]
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=lab.root, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"postwarden {' '.join(words[:2])}: status {done.returncode}")
    seconds, kibibytes = done.stdout.split()
    return Took(float(seconds), int(kibibytes) / _KIB)


def _command(lab: Lab, words: Sequence[str], who: str, config: Path | None) -> list[str]:
    start = "from postwarden.cli import main; main()"
    return [sys.executable, "-c", start, *words, "-c", str(config or lab.config), "--as", who]


def logged_in(lab: Lab, account: str) -> socket.socket | None:
    """Log in; give the open session, or None where the login was refused."""
    session = socket.create_connection((HOST, lab.ports.imap), _TIMEOUT)
    session.sendall(f"a LOGIN {account} {PASSWORD}\r\n".encode())
    answer = b""
    while not any(word in answer for word in _CONFIRMED):
        piece = session.recv(4096)
        if not piece:
            break
        answer += piece
    if b"a OK" in answer:
        return session
    session.close()
    return None


def log_in_and_out(lab: Lab, accounts: Sequence[str]) -> None:
    """Log in as each of these, and out again; raise RuntimeError when one is refused."""
    for account in accounts:
        session = logged_in(lab, account)
        if session is None:
            raise RuntimeError(f"{account} was refused")
        with session:
            session.sendall(b"b LOGOUT\r\n")
            while session.recv(4096):
                pass


def _enter(lab: Lab, names: Sequence[str]) -> None:
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True
    ).stdout.strip()
    users = lab.root / "dovecot" / "users"
    before = os.stat(users)
    with users.open("a") as file:
        file.writelines(f"{name}:{{SHA512-CRYPT}}{hashed}::::::\n" for name in names)
    os.utime(users, ns=(before.st_atime_ns, before.st_mtime_ns + 2_000_000_000))
