"""Log files as Postfix and Dovecot, or a syslog daemon for them, leave them behind.

Classic style: Postfix's maillog_file and Dovecot's log_path. RFC 3339 style: what rsyslog writes
for both, where Dovecot's lines have the tag `dovecot:` and no level.
"""

import gzip
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from postwarden.drills.simulated.clock import Clock, local

POSTFIX, DOVECOT, EVENTS = "postfix", "dovecot", "events"
FILES = {POSTFIX: "mail.log", DOVECOT: "dovecot.log", EVENTS: "events.log"}


@dataclass(slots=True, eq=False)
class Line:
    """One log line; `kept` says whether it is in the files given."""

    moment: int
    log: str
    source: str
    text: str
    kept: bool = True


@dataclass(frozen=True)
class Hole:
    """The lines of one log from `since` until before `until` are lost."""

    log: str
    since: int
    until: int


class LogBook:
    """Collects what the servers log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: list[Line] = []

    def write(self, log: str, source: str, text: str) -> Line:
        """Note one line at the present moment; a little time passes."""
        line = Line(self._clock.tick(), log, source, text)
        self.lines.append(line)
        return line

    def lose(self, hole: Hole) -> None:
        """Lose the lines of a hole."""
        for line in self.lines:
            if line.log == hole.log and hole.since <= line.moment < hole.until:
                line.kept = False

    def lose_all(self) -> None:
        """Lose every line."""
        for line in self.lines:
            line.kept = False

    def save(self, folder: Path, style: str, host: str) -> None:
        """Write the kept lines; the two older thirds of each log as rotated, compressed files."""
        folder.mkdir(parents=True)
        for log, name in FILES.items():
            lines = sorted(
                (x for x in self.lines if x.log == log and x.kept), key=lambda x: x.moment
            )
            _save_rotated(folder / name, [rendered(line, style, host) for line in lines])


def rendered(line: Line, style: str, host: str) -> str:
    """Write one line in a style, "classic" or "rfc3339"."""
    when = local(line.moment)
    if line.log == EVENTS and style == "rfc3339":
        return line.text
    classic = f"{when:%b} {when.day:2d} {when:%H:%M:%S}"
    if line.log == POSTFIX:
        stamp = classic if style == "classic" else when.isoformat(timespec="microseconds")
        return f"{stamp} {host.partition('.')[0]} {line.source}: {line.text}"
    if style == "classic":
        return f"{classic} {line.source}: Info: {line.text}"
    stamp = when.isoformat(timespec="microseconds")
    return f"{stamp} {host.partition('.')[0]} dovecot: {line.source}: {line.text}"


def _save_rotated(path: Path, lines: Sequence[str]) -> None:
    third = len(lines) // 3
    parts = lines[:third], lines[third : 2 * third], lines[2 * third :]
    oldest, older, newest = (
        "".join(f"{line}\n" for line in part).encode("utf-8", "surrogateescape") for part in parts
    )
    path.write_bytes(newest)
    path.with_name(f"{path.name}.1.xz").write_bytes(lzma.compress(older, preset=1))
    path.with_name(f"{path.name}.2.gz").write_bytes(gzip.compress(oldest, 6, mtime=0))
