"""Notes of what was read: those that come at the same moment share a transaction, and its wait for the disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Event, Lock

from django.db import InterfaceError, OperationalError, connection, transaction

from postwarden.ledger.entries import Entry
from postwarden.ledger.errors import NotNoted
from postwarden.vocabulary import Moment, said

_FAILED = said("That you read this could not be put on record, so it is not shown. Try again soon.")


class _Turn(Enum):
    """What a thread that waited is to do."""

    NOTHING = auto()  # its entries are on disk
    LEAD = auto()  # commit for all that wait
    ALONE = auto()  # commit its own: those of the group could not be together
    FAILED = auto()  # say that the database took none of them


@dataclass(eq=False, slots=True)
class _Note:
    """Entries of one thread, and what it is told."""

    entries: Sequence[Entry]
    at: Moment
    told: Event = field(default_factory=Event)
    turn: _Turn = _Turn.NOTHING

    def tell(self, turn: _Turn) -> None:
        self.turn = turn
        self.told.set()


class Notes:
    """Commits notes in groups: whoever comes while another one commits waits, and is of the next group.

    No thread of its own does it: of those that wait the first commits for all. This is the group commit of
    databases (DeWitt et al., Implementation techniques for main memory database systems, SIGMOD 1984, 3.2).

    Args:
        append: writes entries, in a transaction that is there.
    """

    def __init__(self, append: Callable[[Sequence[Entry], Moment], None]) -> None:
        self._append = append
        self._waiting: list[_Note] = []
        self._busy = False
        self._alone = Lock()

    def write(self, entries: Sequence[Entry], now: Moment) -> None:
        """Write entries: in the caller's transaction, or in one that is committed once this returns.

        Raises:
            NotNoted: the database did not take them; not in the caller's transaction.
        """
        if connection.in_atomic_block:
            self._append(entries, now)
            return
        note = _Note(entries, now, turn=_Turn.LEAD)
        with self._alone:
            self._waiting.append(note)
            leads, self._busy = not self._busy, True
        if not leads:
            note.told.wait()
        if note.turn is _Turn.LEAD:
            self._lead(note)
        elif note.turn is _Turn.ALONE:
            self._commit([note])
        elif note.turn is _Turn.FAILED:
            raise NotNoted(_FAILED)

    def _lead(self, own: _Note) -> None:
        """Commit all that waits, the leader's own among it, and let the next one lead."""
        with self._alone:
            group, self._waiting = self._waiting, []
        turn = _Turn.ALONE
        try:
            self._commit(group)
            turn = _Turn.NOTHING
        except NotNoted:
            turn = _Turn.FAILED
            raise
        except Exception:  # whoever is alone meets it again, if it was theirs
            if len(group) == 1:
                raise
        finally:
            self._hand_over([one for one in group if one is not own], turn)
        if turn is _Turn.ALONE:
            self._commit([own])

    def _hand_over(self, others: Sequence[_Note], turn: _Turn) -> None:
        for one in others:
            one.tell(turn)
        with self._alone:
            following = self._waiting[0] if self._waiting else None
            self._busy = following is not None
        if following is not None:
            following.tell(_Turn.LEAD)

    def _commit(self, group: Sequence[_Note]) -> None:
        try:
            with transaction.atomic():
                for one in group:
                    self._append(one.entries, one.at)
        except (OperationalError, InterfaceError) as error:
            raise NotNoted(_FAILED) from error
