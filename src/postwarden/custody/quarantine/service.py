"""The quarantine of an installation: everything it can do, bound to its folder and record."""

from collections.abc import Sequence

from postwarden.custody.quarantine import keeping
from postwarden.custody.quarantine.case_keys import key_for
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.opening import Opened
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.quarantine.values import Kept, Stored
from postwarden.ledger.service import Ledger
from postwarden.vocabulary import Moment

_DAY = 24 * 3_600_000_000


class Quarantine:
    """Opened with the state (`state.open_state`)."""

    def __init__(self, ledger: Ledger, settings: QuarantineSettings) -> None:
        self._ledger = ledger
        self._settings = settings
        self._files = Files(settings.path)

    def put(self, case: str, items: Sequence[Kept], now: Moment) -> list[Stored]:
        """Keep copies, encrypted, until their retention ends; give their objects in the same order.

        Args:
            case: reference, under whose key they are kept.
            items: copies; equal ones are one object.
            now: when; retention is counted from here.

        Crash promise: once this returns, all are whole on the disk, also after a power cut. Killed
        before, it leaves nothing that anybody takes for an object, and is given again: what lies there
        whole is kept, perhaps as an older try encrypted it. Of two at once each ends so.

        Raises:
            BadRecipient: nobody could open what is kept; nothing was.
            KeyDestroyed: the key of the case is gone; nothing was kept.
            OSError: the disk is full or fails; put them again.
        """
        key = key_for(case, self._settings, self._ledger, now)
        until = now + self._settings.days * _DAY
        return keeping.put(self._files, case, key, items, now, until)

    def whole(self, case: str, stored: Sequence[Stored]) -> list[bool]:
        """Read objects back: tell of each whether its file has the size and hash that it was stored with.

        Raises:
            OSError: one that is there cannot be read.
        """
        return [self._files.whole(case, one) for one in stored]

    def unlock(self, case: str, identities: Sequence[str]) -> Opened:
        """Open what a case has in quarantine, for reading many; see `opening.Opened`."""
        return Opened(self._files, case, identities)

    def open(self, case: str, name: str, identities: Sequence[str]) -> Kept:
        """Read one copy out of quarantine; see `opening.Opened`."""
        return self.unlock(case, identities).read(name)
