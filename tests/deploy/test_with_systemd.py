"""The units on a systemd that runs: a private one, on a copy of this machine in memory."""

import json
import os
import pty
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import tty
from contextlib import contextmanager
from pathlib import Path

import pytest

import postwarden
from needed import lacking

HERE = Path(__file__).parent
SETTINGS = """
[provider]
name = "P"
domains = ["example.net"]
[[stores]]
name = "main"
driver = "maildir"
path = "/var/lib/vmail/{domain}/{local}/Maildir"
[[directories]]
accounts = { format = "csv", path = "/etc/postwarden/accounts.csv" }
[state]
path = "/var/lib/postwarden/state"
[evidence]
path = "/var/lib/postwarden/evidence"
[quarantine]
path = "/var/lib/postwarden/quarantine"
[holds]
path = "/var/lib/postwarden-holds"
policy = "127.0.0.1:12345"
"""
SERVICES = {name: f"postwarden-{name}.service" for name in ("web", "worker", "policy")}
ASKS = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=10).read().decode())"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a systemd of its own")


def cgroups():
    """Give where cgroups of version 2 are made."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    pytest.skip("no cgroup of version 2 can be made here")


def check_overlay(folder):
    """Skip where no file system of its own can be laid over this one, in namespaces of its own."""
    lays = (
        'mount -t tmpfs tmpfs "$0" && cd "$0" && mkdir upper work root &&'
        " mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root"
    )
    words = ["unshare", "-mpfuinC", "--propagation", "private", "sh", "-c", lays, str(folder)]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no overlay in namespaces can be made here: {tried.stderr.strip()}")


def interpreter():
    """Give a Python of this version that does not lie where the units see nothing: in homes, or in /tmp."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for one in (
        Path(sys.executable).resolve(),
        Path("/usr/bin", version),
        Path("/usr/local/bin", version),
    ):
        if one.exists() and one.parts[1] not in ("root", "home", "tmp"):
            return str(one)
    return lacking(f"no {version} that a unit sees")


class Systemd:
    """One that runs, by its process here."""

    def __init__(self, process):
        self._process = process

    @property
    def pid(self):
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return children.split()[0] if children else ""

    def __call__(self, *words):
        inside = ["nsenter", "-t", self.pid, "-m", "-p", "-n", *words]
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=60)

    def of(self, name, what):
        return self("systemctl", "show", "-P", what, SERVICES[name]).stdout.strip()

    def log(self, name):
        return self("cat", f"/opt/postwarden/log/{name}").stdout

    def until(self, true, told):
        for _ in range(600):
            if self._process.poll() is not None:
                pytest.fail(f"systemd ended: {told()}")
            if self.pid and true():
                return
            time.sleep(0.1)
        pytest.fail(told())


@contextmanager
def process_in(cgroup, words, **more):
    """Run something in a cgroup of its own, which is gone with it."""
    cgroup.mkdir()
    try:
        enter = ["sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"', str(cgroup), *words]
        with subprocess.Popen(enter, **more) as process:
            try:
                yield process
            finally:
                process.kill()
    finally:
        for folder, _, _ in os.walk(cgroup, topdown=False):
            _removed(folder)


def _removed(cgroup):
    """Remove a cgroup as soon as the last process in it is gone."""
    for _ in range(200):
        try:
            return os.rmdir(cgroup)
        except OSError:
            time.sleep(0.05)
    return None


@pytest.fixture
def systemd(upgraded_sqlite, tmp_path):
    for program in ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "unshare", "nsenter"):
        if shutil.which(program) is None:
            lacking(f"{program} is not installed")
    place, python = cgroups(), interpreter()
    main, console = pty.openpty()
    tty.setraw(console)
    said, folder = [], tmp_path / "root"
    threading.Thread(target=_heard, args=(main, said), daemon=True).start()
    folder.mkdir()
    check_overlay(folder)
    (tmp_path / "postwarden.toml").write_text(SETTINGS)
    settings = {
        "PATH": os.environ["PATH"],
        "CONSOLE": os.ttyname(console),
        "DEPLOY": str(HERE.parents[1] / "deploy"),
        "STATE": str(upgraded_sqlite),
        "SETTINGS": str(tmp_path / "postwarden.toml"),
        "PYTHON": python,
        "PACKAGES": sysconfig.get_path("purelib"),
        "SOURCE": str(Path(postwarden.__file__).parents[1]),
    }
    words = ["unshare", "-mpfuinC", "--kill-child", "--propagation", "private"]
    words += ["sh", str(HERE / "private_systemd.sh"), str(folder)]
    output = tmp_path / "output"
    with (
        output.open("w") as out,
        process_in(
            place / f"postwarden-test-{os.getpid()}",
            words,
            env=settings,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
        ) as process,
    ):
        found = Systemd(process)
        found.until(
            lambda: found("systemctl", "is-active", "default.target").stdout == "active\n",
            output.read_text,
        )
        found.said = lambda: "".join(said)
        yield found
    os.close(console)
    os.close(main)


def _heard(main, said):
    while True:
        try:
            said.append(os.read(main, 65_536).decode(errors="replace"))
        except OSError:
            return


def user_of(systemd, name):
    words = ("stat", "-c", "%U", f"/proc/{systemd.of(name, 'MainPID')}")
    return systemd(*words).stdout.strip()


def test_the_units_run_as_they_are_written_and_are_begun_anew(systemd):
    def asked(address):
        return systemd(interpreter(), "-c", ASKS, f"http://127.0.0.1:{address}")

    def told():
        return systemd.said() + "".join(map(systemd.log, SERVICES))

    systemd.until(lambda: asked("8025/health/ready").returncode == 0, told)
    systemd.until(lambda: '"event": "started"' in systemd.log("worker"), told)
    systemd.until(lambda: asked("12345/held?account=eva").returncode == 0, told)
    assert json.loads(asked("12345/held?account=eva").stdout) == {"held": False, "reason": ""}
    for name in SERVICES:
        assert (systemd.of(name, "ActiveState"), systemd.of(name, "NRestarts")) == ("active", "0")
        assert user_of(systemd, name) == f"postwarden-{name}"

    key = "/run/credentials/postwarden-worker.service/doveadm.key"
    worker, web = (systemd.of(name, "MainPID") for name in ("worker", "web"))
    read = systemd("nsenter", "-t", worker, "-m", "stat", "-c", "%U %a", key)
    assert read.stdout == "postwarden-worker 400\n", read.stderr
    there = "/etc/postwarden/doveadm.key"
    seen = [systemd("nsenter", "-t", one, "-m", "cat", there).stdout for one in (worker, web)]
    assert seen == ["key\n", ""]

    before = systemd.of("policy", "MainPID")
    systemd("kill", "-9", before)
    systemd.until(lambda: systemd.of("policy", "MainPID") not in ("0", before), told)
    systemd.until(lambda: asked("12345/held?account=eva").returncode == 0, told)
    stopped = systemd("systemctl", "stop", *SERVICES.values())
    assert stopped.returncode == 0, told()
    for name in SERVICES:
        assert (systemd.of(name, "ActiveState"), systemd.of(name, "Result")) == (
            "inactive",
            "success",
        )
