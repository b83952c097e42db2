"""What is the same for all private servers, and the ports that differ."""

import random
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Self

HOST = "127.0.0.1"
HOSTNAME = "mx1.example.test"
ZONE = "UTC"
NOBODY = 65534  # mail belongs to this number where no person is known to own it
DELIVERY_LOG = (
    "msgid=%m, from=%f, size=%p, storage_id=%{storage_id} "
    "to_envelope=%{to_envelope} from_envelope=%e: %$"
)
_BELOW_EPHEMERAL = range(20_000, 32_768)  # the kernel gives these to no outgoing connection: ip(7)


class Store(StrEnum):
    """How mail is stored."""

    MAILDIR = "maildir"
    MDBOX = "mdbox"


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one private provider."""

    smtp: int
    submission: int
    lmtp: int
    imap: int
    pop3: int
    sieve: int
    doveadm: int
    auth: int
    policy: int

    @classmethod
    def free(cls, kept: Mapping[str, int] | None = None) -> Self:
        """Pick ports that are free now; they may be taken before they are used.

        Args:
            kept: ports to keep, by name, where nothing listens on them.
        """
        kept = kept or {}
        with ExitStack() as sockets:
            found = {}
            for one in fields(cls):
                taken = sockets.enter_context(_bound(kept.get(one.name)))
                found[one.name] = taken.getsockname()[1]
            return cls(**found)

    def named(self) -> Mapping[str, int]:
        """Give the ports by name."""
        return asdict(self)


def _bound(first: int | None) -> socket.socket:
    """Bind the first choice, or any port that nobody has."""
    for port in (first, *random.sample(_BELOW_EPHEMERAL, 50)):
        try:
            if port is not None:
                return socket.create_server((HOST, port))
        except OSError:
            continue
    return socket.create_server((HOST, 0))
