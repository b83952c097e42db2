"""What `doveconf` prints, as far as it decides whether held means held (Dovecot 2.3)."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from postwarden.holds.doctor.service import DovecotFacts, Passdb
from postwarden.vocabulary import PostwardenError

_DOVECONF = "/usr/bin/doveconf"
_SECONDS = 30
_NONE = re.compile(r"|0|0\s+\w+")


class DovecotMissing(PostwardenError):
    """Dovecot's settings cannot be read."""


@dataclass
class Block:
    """Settings and blocks between braces; the outermost has no name."""

    name: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def named(self, kind: str) -> "Iterator[Block]":
        """Give blocks such as `passdb {` or `protocol imap {`."""
        return (one for one in self.blocks if one.name.split()[0] == kind)


def dovecot_facts(file: str) -> DovecotFacts:
    """Ask the Dovecot of this host; raise `DovecotMissing`."""
    try:
        done = subprocess.run(  # noqa: S603  # no shell
            [_DOVECONF, "-c", file], capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DovecotMissing(f"{_DOVECONF}: {error}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise DovecotMissing(f"{file}: {said}; [doctor] dovecot names the file")
    return facts(parsed(done.stdout.decode(errors="replace")))


def parsed(text: str) -> Block:
    """Read what doveconf prints."""
    within = [Block()]
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line == "}":
            if len(within) > 1:
                within.pop()
        elif line.endswith("{") and "=" not in line:
            block = Block(line[:-1].strip() or "?")
            within[-1].blocks.append(block)
            within.append(block)
        else:
            name, _, value = line.partition("=")
            within[-1].settings[name.strip()] = value.strip()
    return within[0]


def facts(root: Block) -> DovecotFacts:
    """Take out what matters."""
    return DovecotFacts(
        settings=root.settings,
        passdbs=tuple(_passdb(one.settings) for one in root.named("passdb")),
        plugins=_plugins(root),
        namespaces=frozenset(one.settings.get("type", "") for one in root.named("namespace")),
        penalty=_penalty(root),
        hibernates=any(
            not _NONE.fullmatch(one.settings.get("imap_hibernate_timeout", ""))
            for one in (root, *root.named("protocol"))
        ),
    )


def _passdb(settings: Mapping[str, str]) -> Passdb:
    fields = (settings.get(name, "") for name in ("default_fields", "override_fields"))
    return Passdb(
        driver=settings.get("driver", ""),
        args=settings.get("args", ""),
        success=settings.get("result_success", "return-ok"),
        master=settings.get("master") == "yes",
        fields=" ".join(fields),
    )


def _plugins(root: Block) -> frozenset[str]:
    words: list[str] = []
    for one in (root, *root.named("protocol")):
        words += one.settings.get("mail_plugins", "").split()
    for one in root.named("plugin"):
        words += one.settings
    return frozenset(words)


def _penalty(root: Block) -> bool:
    """Whether the socket by which logins ask for penalties is open to them (mode = 0 closes it)."""
    modes = [
        listener.settings.get("mode", "")
        for service in root.named("service")
        if service.name == "service anvil"
        for listener in service.named("unix_listener")
        if listener.name.endswith("anvil-auth-penalty")
    ]
    return not _closed(modes)


def _closed(modes: Sequence[str]) -> bool:
    return bool(modes) and all(mode.strip("0") == "" and mode != "" for mode in modes)
