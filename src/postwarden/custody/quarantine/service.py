"""The quarantine of an installation: everything it can do, bound to its folder and record."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from postwarden.custody.quarantine import emptying, keeping, listing
from postwarden.custody.quarantine.case_keys import key_for
from postwarden.custody.quarantine.checking import Checked, checked
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.opening import Opened
from postwarden.custody.quarantine.ports import Preserving, nothing_preserved
from postwarden.custody.quarantine.sealing import Sealer, sealing
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.quarantine.values import Kept, Stored
from postwarden.durable.service import together
from postwarden.ledger.service import Ledger
from postwarden.vocabulary import Moment

_DAY = 24 * 3_600_000_000


class Putting(NamedTuple):
    """Copies that are about to be kept.

    Attributes:
        seal: encrypts and writes them; touches no state. Raises `OSError` and `SealerLost` as `Sealer.seal`.
        stored: keeps what was sealed, and gives the objects in order.
    """

    seal: Callable[[], None]
    stored: Callable[[], list[Stored]]


class Quarantine:
    """Opened with the state (`state.open_state`)."""

    def __init__(
        self,
        ledger: Ledger,
        settings: QuarantineSettings,
        preserving: Preserving = nothing_preserved,
    ) -> None:
        self._ledger = ledger
        self._preserving = preserving
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
        with sealing() as sealer, self.putting(case, items, now, sealer) as putting:
            putting.seal()
            return putting.stored()

    @contextmanager
    def putting(
        self, case: str, items: Sequence[Kept], now: Moment, sealer: Sealer
    ) -> Iterator["Putting"]:
        """As `put`, in two steps, the first of which may be called in another thread."""
        key = key_for(case, self._settings, self._ledger, now)
        until = now + self._settings.days * _DAY
        going = keeping.Putting(self._files, case, key, items, until)
        with together() as batch:
            yield Putting(partial(going.seal, batch, sealer), partial(going.publish, batch, now))

    def prepare(self, case: str, now: Moment) -> None:
        """See that a case can put something into quarantine, before anything depends on it.

        Raises:
            BadRecipient: nobody could open what is kept.
            KeyDestroyed: the key of the case is gone.
        """
        key_for(case, self._settings, self._ledger, now)

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

    def empty(self, now: Moment) -> int:
        """Remove what was kept until now, and what was left of removals; give how many objects.

        What a legal preservation covers stays, which is on record; once that has ended it goes.

        Crash promise: each is on record as ended before its file goes, and with name and hash once it
        is gone. Killed in between, the next call goes on.

        Raises:
            OSError: some could not be removed; call again.
        """
        emptying.clear_partial(self._files, now)
        emptying.end_due(self._ledger, self._preserving, now)
        return emptying.remove_ended(self._files, self._ledger, self._preserving, now)

    def destroy(self, case: str, actor: str, why: str, now: Moment) -> bool:
        """Destroy the key of a case: nothing that was kept for it can be read any more, by anybody.

        Its files are removed at once, or by the next `empty`. Backups of the state have the key still.

        Args:
            case: reference.
            actor: who destroys it.
            why: for the record.
            now: when.

        Returns:
            Whether there was a key.

        Raises:
            Preserved: see `must_be_free`.
            OSError: the key is gone; some files are there still.
        """
        was_there = emptying.destroy_key(case, self._ledger, self._preserving, actor, why, now)
        emptying.remove_ended(self._files, self._ledger, self._preserving, now)
        return was_there

    def must_be_free(self, case: str) -> None:
        """Raise `Preserved` where a legal preservation covers something of a case: its key stays."""
        emptying.must_be_free(case, self._preserving)

    def held(self, references: Collection[str]) -> Iterator[listing.Held]:
        """See `listing.kept_for`."""
        return listing.kept_for(references)

    def stored(self, names: Collection[str]) -> dict[str, Stored]:
        """See `listing.stored_among`."""
        return listing.stored_among(names)

    def known(self, names: Collection[str]) -> set[str]:
        """See `listing.known_among`."""
        return listing.known_among(names)

    def keys(self, references: Collection[str]) -> list[listing.CaseKey]:
        """See `listing.keys_of`."""
        return listing.keys_of(references)

    def verify(self) -> Checked:
        """See `checking.checked`."""
        return checked(self._files, self._ledger)
