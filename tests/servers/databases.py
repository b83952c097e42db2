"""Private PostgreSQL, MariaDB and slapd for tests: each on a free loopback port.

As root they run as their packages' own users. Where a program is missing the test is skipped with
the reason, but fails when CI or POSTWARDEN_REQUIRE_SERVERS is set.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from needed import lacking

SECRET = "s3cret-word"
_START_SECONDS = 60


@dataclass
class Database:
    """A running server: where it listens, and its process, for a test that ends it early."""

    port: int
    process: subprocess.Popen[bytes]


def program(name: str, *places: str) -> str:
    """Find a server's program, or skip (or fail) the test."""
    found = shutil.which(name, path=os.pathsep.join([*os.get_exec_path(), "/usr/sbin"]))
    for place in places:
        found = found or next(iter(sorted(glob.glob(f"{place}/{name}"))), None)
    if found is None:
        lacking(f"{name} is not installed; make test installs it")
    return found


def url(port: int, name: str) -> str:
    """Give the address of one of its databases."""
    return f"postgresql://mail:{SECRET}@127.0.0.1:{port}/{name}"


@contextmanager
def postgresql() -> Iterator[Database]:
    """Run PostgreSQL with the user "mail", who logs in by `SECRET`, and the database "mail"."""
    initdb = program("initdb", "/usr/lib/postgresql/*/bin")
    server = str(Path(initdb).parent / "postgres")
    with _folder("postgres") as (folder, user):
        (folder / "password").write_text(SECRET)
        data = str(folder / "data")
        options = ["-U", "mail", "-A", "scram-sha-256", f"--pwfile={folder}/password", "-E", "UTF8"]
        _run(user, [initdb, "-D", data, "--no-sync", "--locale=C", *options])
        port = _free_port()
        settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        flags = [part for setting in settings for part in ("-c", setting)]
        command = [server, "-D", data, "-p", str(port), *flags]
        with _running(user, command, folder, port, stop=signal.SIGINT) as process:
            yield Database(port, process)


@contextmanager
def mariadb() -> Iterator[Database]:
    """Run MariaDB with the database "mail" and its user "mail", who logs in by `SECRET`."""
    server = program("mariadbd")
    install = program("mariadb-install-db")
    with _folder("mysql") as (folder, user):
        data = f"--datadir={folder}/data"
        quick = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        unsafe = ["--innodb-flush-method=nosync", "--innodb-doublewrite=0", "--skip-log-bin"]
        _run(
            user,
            [install, *quick, *unsafe, data, f"--user={user or pwd.getpwuid(os.getuid()).pw_name}"],
        )
        (folder / "init.sql").write_text(
            "CREATE DATABASE mail;\n"
            f"CREATE USER mail@'%' IDENTIFIED BY '{SECRET}';\n"
            "GRANT ALL ON mail.* TO mail@'%';\n"
        )
        port = _free_port()
        flags = [f"--port={port}", f"--socket={folder}/sock", "--bind-address=127.0.0.1"]
        more = ["--skip-name-resolve", f"--init-file={folder}/init.sql", *unsafe]
        command = [server, "--no-defaults", data, *flags, *more, f"--tmpdir={folder}"]
        with _running(user, command, folder, port) as process:
            yield Database(port, process)


@contextmanager
def slapd(ldif: str) -> Iterator[Database]:
    """Run slapd with the suffix dc=example,dc=net; cn=reader logs in by `SECRET`."""
    installed = program("slapd")
    with _folder("openldap") as (folder, user):
        # AppArmor, where it confines slapd, does so by its path: a copy may use this folder.
        server = shutil.copy(installed, folder / "slapd")
        (folder / "data").mkdir()
        _give(folder / "data", user)
        (folder / "slapd.conf").write_text(_SLAPD.format(folder=folder, secret=SECRET))
        (folder / "entries.ldif").write_text(ldif)
        config = ["-f", f"{folder}/slapd.conf"]
        _run(user, [server, "-T", "add", "-q", *config, "-l", f"{folder}/entries.ldif"])
        port = _free_port()
        command = [server, "-d", "0", "-h", f"ldap://127.0.0.1:{port}", *config]
        with _running(user, command, folder, port) as process:
            yield Database(port, process)


_SLAPD = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/misc.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/data/slapd.pid
sizelimit size.soft=600 size.hard=600 size.prtotal=unlimited
database mdb
maxsize 67108864
suffix "dc=example,dc=net"
rootdn "cn=reader,dc=example,dc=net"
rootpw {secret}
directory {folder}/data
access to * by * auth
"""


@contextmanager
def _folder(package_user: str) -> Iterator[tuple[Path, str | None]]:
    """Make a folder that the server's own user can reach (pytest's own cannot be)."""
    user = package_user if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postwarden-test-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        _give(Path(name), user)
        yield Path(name), user


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user)


def _as(user: str | None, command: Sequence[str]) -> list[str]:
    if user is None:
        return list(command)
    return ["setpriv", f"--reuid={user}", f"--regid={_group(user)}", "--clear-groups", *command]


def _group(user: str) -> str:
    return str(pwd.getpwnam(user).pw_gid)


def _run(user: str | None, command: Sequence[str]) -> None:
    done = subprocess.run(_as(user, command), cwd="/", capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


@contextmanager
def _running(
    user: str | None,
    command: Sequence[str],
    folder: Path,
    port: int,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(_as(user, command), cwd="/", stdout=output, stderr=output)
    try:
        _await(process, folder / "output", port)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], output: Path, port: int) -> None:
    """Wait until the port answers; PostgreSQL opens it before it lets anybody in."""
    deadline = time.monotonic() + _START_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            starting = b"starting PostgreSQL" in output.read_bytes()
            ready = not starting or b"ready to accept connections" in output.read_bytes()
            joined = ready and probe.connect_ex(("127.0.0.1", port)) == 0
            if joined and probe.getpeername() != probe.getsockname():  # a port can join itself
                return
        pause.wait(0.02)
    pytest.fail(output.read_text(errors="replace"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
