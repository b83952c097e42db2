"""strace: which system calls an act makes, and faults at one of them."""

import re
import subprocess
from typing import NamedTuple

WATCHED = (
    "write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,"
    "unlinkat,ftruncate,truncate,fallocate,mkdir,mkdirat,chmod,fchmod,openat,connect,sendto,sendmsg,"
    "recvfrom,recvmsg,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,clock_nanosleep"
)
_LOOKING = "newfstatat,openat"
_GIVING = "rmdir,chown,lchown,fchown,fchownat,utimensat"
FAULTS = {
    "KILL": "signal=SIGKILL:when={}",
    "EIO": "error=EIO:when={}",
    "ENOSPC": "error=ENOSPC:when={}",
}
STOP = "signal=SIGSTOP:when={}"
_LASTING = ("write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate", "openat", "link")
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


class Call(NamedTuple):
    """The how-manieth call of a name; one that only looks can do no more than fail."""

    name: str
    number: int
    looks: bool = False


def calls_of(lines, naming="", files=""):
    """Give the calls that change something or wait, in order; of openat, those that may make a file.

    Args:
        lines: that strace wrote.
        naming: only calls whose arguments have this.
        files: calls that only look at something, too, where their arguments have this; "": none of them.
    """
    counts, found = {}, []
    for line in lines:
        told = _CALL.match(line)
        if told is None:
            continue
        name, given = told.groups()
        counts[name] = counts.get(name, 0) + 1
        looks = name in _LOOKING and "O_CREAT" not in given
        if naming in given and (not looks or (files and files in given)):
            found.append(Call(name, counts[name], looks))
    return found


def watching(files=""):
    """Give the words that let strace write every watched call down; see `calls_of`."""
    if not files:
        return ["-e", f"trace={WATCHED}"]
    return ["-y", "-e", f"trace={WATCHED},{_LOOKING},{_GIVING}"]  # -y: paths of descriptors, too


def faults_of(call):
    """Give the faults that a call can have."""
    return ("EIO",) if call.looks else tuple(FAULTS)


def injecting(call, fault):
    """Give the words that let strace do a fault at a call."""
    told = FAULTS[fault].format(call.number)
    if fault == "ENOSPC" and call.name in _LASTING:
        told += "+"  # a disk that is full stays so
    return ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{told}"]


def stopping(call):
    """Give the words that let strace stop a process at a call, so that something can be done meanwhile."""
    told = STOP.format(call.number)
    return ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{told}"]


def attach(pid, words, log):
    """Start strace on a process; it has hold of it when this returns."""
    tracer = subprocess.Popen(
        ["strace", "-o", str(log), *words, "-p", str(pid)], stderr=subprocess.PIPE, text=True
    )
    line = tracer.stderr.readline()
    if "attached" not in line:
        tracer.kill()
        tracer.wait()
        raise AssertionError(f"strace cannot trace: {line}")
    return tracer


def struck(log):
    """Tell whether the fault was done."""
    text = log.read_text(errors="replace")
    return "(INJECTED)" in text or "+++ killed by SIGKILL +++" in text


def is_stopped(log):
    """Tell whether a process has been stopped."""
    return "--- stopped by SIGSTOP ---" in log.read_text(errors="replace")
