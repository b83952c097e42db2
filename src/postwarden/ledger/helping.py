"""A process that checks ranges of leaves for another one; importing this loads no models."""

import gc
import signal
from collections.abc import Collection
from typing import TYPE_CHECKING

from postwarden.state.service import StateSettings, bind, set_up

if TYPE_CHECKING:
    from postwarden.ledger.ranges import Checked, Checker

_checkers: "list[Checker]" = []


def begin(settings: StateSettings, origin: str, public: bytes, wrapping: bytes) -> None:
    """Get ready, once in each process, with what `ranges.Checker` needs; leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing here makes cycles, and the collector would walk all rows again and again
    set_up()
    bind(settings)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # slow to load
        Ed25519PublicKey,
    )

    from postwarden.ledger.keys import Keyring  # noqa: PLC0415  # has models: after set_up
    from postwarden.ledger.ranges import Checker, Opener  # noqa: PLC0415  # likewise

    key = Ed25519PublicKey.from_public_bytes(public)
    _checkers[:] = [Checker(origin, key, Opener(Keyring(wrapping)))]


def check(leaves: range, sizes: Collection[int]) -> "Checked":
    """Check a range, as `ranges.Checker.check`."""
    return _checkers[0].check(leaves, sizes)
