"""What is in force at each smtpd: master.cf's -o before main.cf's (postconf(1), -M and -P)."""

import socket
from collections.abc import Iterator, Mapping, Sequence

from postwarden.holds.doctor.service import (
    Door,
    PostfixFacts,
    Protocol,
    SmtpService,
    is_loopback,
    takes_logins,
)
from postwarden.servers.postfix.commands import run
from postwarden.vocabulary import PostwardenError


class PostfixMissing(PostwardenError):
    """Postfix's settings cannot be read."""


def postfix_facts(folder: str) -> PostfixFacts:
    """Ask the Postfix whose main.cf lies in a folder; raise `PostfixMissing`."""
    try:
        return facts(*(run("postconf", folder, *words) for words in ((), ("-M",), ("-P",))))
    except OSError as error:
        raise PostfixMissing(f"{folder}: {error}; [doctor] postfix names the folder") from error


def facts(main: str, master: str, overridden: str) -> PostfixFacts:
    """Read what `postconf`, `postconf -M` and `postconf -P` print."""
    settings = dict(_settings(main))
    own: dict[str, dict[str, str]] = {}
    for name, value in _settings(overridden):
        service, _, parameter = name.rpartition("/")
        own.setdefault(service, {})[parameter] = value
    return PostfixFacts(settings, tuple(_services(master, settings, own)))


def doors(facts: PostfixFacts, known: Sequence[Door]) -> list[Door]:
    """Give the doors at which accounts log in: those known, and those of master.cf beside them."""
    found = list(known)
    for service in takes_logins(facts):
        host, _, port = service.name.rpartition(":")
        number = _number(port)
        if service.type == "inet" and number is not None:
            tls = service.settings.get("smtpd_tls_wrappermode") == "yes"
            place = host.strip("[]") or _interface(facts)
            door = Door(Protocol.SUBMISSION, place, number, tls)
            if not any(_is_same(door, one) for one in found):
                found.append(door)
    return found


def _is_same(one: Door, other: Door) -> bool:
    if (one.protocol, one.port) != (other.protocol, other.port):
        return False
    return one.host == other.host or (is_loopback(one.host) and is_loopback(other.host))


def _interface(facts: PostfixFacts) -> str:
    """Give an address at which a service that names none listens."""
    words = facts.settings.get("inet_interfaces", "all").replace(",", " ").split()
    named = [one for one in words if one not in ("all", "loopback-only", "$myhostname")]
    return named[0].strip("[]") if named and len(words) == len(named) else "127.0.0.1"


def _services(
    master: str, settings: Mapping[str, str], own: Mapping[str, Mapping[str, str]]
) -> Iterator[SmtpService]:
    for line in master.splitlines():
        match line.split():
            case [name, kind, _, _, _, _, _, "smtpd", *_]:
                in_force = {**settings, **own.get(f"{name}/{kind}", {})}
                yield SmtpService(name, kind, in_force)
            case _:
                pass


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()


def _number(port: str) -> int | None:
    if port.isdecimal():
        return int(port)
    try:
        return socket.getservbyname(port, "tcp")
    except OSError:
        return None
