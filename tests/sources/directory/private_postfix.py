"""A private Postfix that accepts everything, expands it, and throws it away (discard(8))."""

import grp
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from needed import lacking

_MASTER = "/usr/lib/postfix/sbin/master"
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_LINE = re.compile(r"discard\[\d+\]: (\w+): to=<(.*?)>, (?:orig_to=<.*?>, )?relay=none")
_PRIVATE_FOLDERS = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "pid",
    "private", "saved", "trace",
)  # fmt: skip
_SECONDS = 60


class PrivatePostfix:
    """A running instance, which tells what it made of each recipient."""

    def __init__(self, port: int, log: Path) -> None:
        self._port = port
        self._log = log

    def expand(self, recipients: Sequence[str]) -> dict[str, set[str] | None]:
        """Give every final address of each recipient; None where Postfix refuses to expand it."""
        queued: dict[str, str | None] = {}
        with smtplib.SMTP("127.0.0.1", self._port) as session:
            session.ehlo("client.test")
            for recipient in recipients:
                queued[recipient] = _send(session, recipient)
        wanted = {queue_id for queue_id in queued.values() if queue_id is not None}
        found = self._finished(wanted)
        return {one: None if name is None else found[name] for one, name in queued.items()}

    def _finished(self, wanted: set[str]) -> Mapping[str, set[str]]:
        deadline = time.monotonic() + _SECONDS
        pause = threading.Event()
        while True:
            log = self._log.read_text()
            if wanted <= set(re.findall(r"qmgr\[\d+\]: (\w+): removed", log)):
                break
            assert time.monotonic() < deadline, log[-3000:]
            pause.wait(0.02)
        found: dict[str, set[str]] = defaultdict(set)
        for queue_id, address in _LINE.findall(log):
            found[queue_id].add(address)
        return found


def _send(session: smtplib.SMTP, recipient: str) -> str | None:
    session.docmd("MAIL", "FROM:<sender@client.test>")
    code, text = session.docmd("RCPT", f"TO:<{recipient}>")
    assert code == 250, (recipient, text)
    code, text = session.data("Subject: x\r\n\r\nx\r\n")
    if code != 250:
        assert code == 451, text
        return None
    return text.decode().rpartition(" ")[2]


def require_postfix() -> None:
    """Skip the test where Postfix cannot run, or fail it where it must."""
    reason = ""
    if not os.path.exists(_MASTER):
        reason = "Postfix is not installed; make test installs it"
    elif os.geteuid() != 0:
        reason = "Postfix can only be started by root"
    if reason:
        lacking(reason)


@contextmanager
def running(
    settings: Mapping[str, str], hashes: Mapping[str, str], texts: Mapping[str, str]
) -> Iterator[PrivatePostfix]:
    """Run Postfix with these settings, in which $etc is the folder of the tables.

    `hashes` are indexed by postmap(1), `texts` are left as they are.
    """
    require_postfix()
    with tempfile.TemporaryDirectory(prefix="postwarden-test-", dir="/tmp") as name:
        root = Path(name)
        root.chmod(0o755)
        port = _free_port()
        etc = root / "etc"
        etc.mkdir()
        _write(etc / "master.cf", _SERVICES.format(port=port))
        lines = {**_settings(root), **settings}
        text = "".join(f"{key} = {value}\n" for key, value in lines.items())
        _write(etc / "main.cf", text.replace("$etc", str(etc)))
        _make_queue(root)
        for table, content in texts.items():
            _write(etc / table, content)
        for table, content in hashes.items():
            _write(etc / table, content)
            subprocess.run(
                ["postmap", "-c", etc, f"hash:{etc}/{table}"], check=True, capture_output=True
            )
        master = subprocess.Popen([_MASTER, "-c", str(etc), "-d"], cwd=root)
        try:
            _await(master, port)
            yield PrivatePostfix(port, root / "mail.log")
        finally:
            master.terminate()
            master.wait(20)


def _settings(root: Path) -> dict[str, str]:
    return {
        "compatibility_level": "3.6",
        "queue_directory": f"{root}/queue",
        "data_directory": f"{root}/data",
        "maillog_file": f"{root}/mail.log",
        "maillog_file_prefixes": str(root),
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "alias_maps": "",
        "virtual_alias_domains": "",
        "local_recipient_maps": "",
        "local_transport": "discard:",
        "default_transport": "discard:",
        "relay_transport": "discard:",
        "smtpd_peername_lookup": "no",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtpd_error_sleep_time": "0",
        "in_flow_delay": "0",
        "smtpd_hard_error_limit": "100000",
        "smtpd_soft_error_limit": "100000",
        "enable_long_queue_ids": "yes",
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    hour_ago = time.time() - 3600  # Postfix waits until a file that it reads is some seconds old
    os.utime(path, (hour_ago, hour_ago))


def _make_queue(root: Path) -> None:
    owner = pwd.getpwnam("postfix").pw_uid
    (root / "data").mkdir()
    shutil.chown(root / "data", owner)
    for name in _PRIVATE_FOLDERS:
        _queue_folder(root / "queue" / name, owner, 0o700)
    for name in ("maildrop", "public"):
        _queue_folder(root / "queue" / name, owner, 0o730)
        shutil.chown(root / "queue" / name, owner, grp.getgrnam("postdrop").gr_gid)


def _queue_folder(path: Path, owner: int, mode: int) -> None:
    path.mkdir(parents=True)
    path.chmod(mode)
    if path.name != "pid":
        shutil.chown(path, owner)


def _await(master: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline and master.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.02)
    pytest.fail("Postfix did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
