"""What this room needs from outside: a route to each store (`servers/`).

A delivery goes in two steps, so that it can be decided at any time whether it happened. `stage` puts a
parcel where no user looks, as often as need be; `publish` moves it from there to the account, and it
is there that it happens once: what is still staged has not arrived, what is no longer staged has. Only
Postwarden takes anything out of staging. `settle` says which of the two it is, after it has made sure
that nothing which was asked for earlier can still happen.

Every method takes many at once and answers for each. It raises `PermanentRouteError`,
`TemporaryRouteError` or `AmbiguousRouteError` where the store as a whole fails it.

Two threads may ask a route at the same time: one that looks at rooms, reads and stages some copies, while
the other one publishes, settles, reads back, removes and clears those before them.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from postwarden.vocabulary import Moment


class Wanted(NamedTuple):
    """A stored copy, as evidence knew it.

    Attributes:
        id: of the finding; names it in answers.
        folder: IMAP name.
        file: path below the account's mail directory, cut at ":2,"; "uid=N" of a doveadm store.
        guid: of the stored instance, where known; several copies may share it.
        uid: in the folder, where known.
        header_hash: hex, as evidence has it: of the header below the provider's own trace.
    """

    id: str
    account: str
    folder: str
    file: str
    guid: str | None
    uid: int | None
    header_hash: str


class Original(NamedTuple):
    r"""A copy as it was read.

    Attributes:
        content: canonical bytes (see `content`).
        internal_date: IMAP INTERNALDATE.
        flags: IMAP system flags, sorted, such as ("\\Answered", "\\Seen"); never "\\Recent".
        keywords: IMAP keywords, sorted.
        folder: where it lies now, which may be elsewhere than evidence knew.
    """

    content: bytes
    internal_date: Moment
    flags: tuple[str, ...]
    keywords: tuple[str, ...]
    folder: str


class Absence(StrEnum):
    """Why a copy is not read, or not removed."""

    GONE = "gone"  # it is in no folder of the account any more
    CHANGED = "changed"  # something else lies there, or another copy of it elsewhere
    UNREADABLE = "unreadable"  # encrypted, damaged, or with bytes that no route carries
    NO_ACCOUNT = "no-account"


class Parcel(NamedTuple):
    """What is to arrive in an account.

    Attributes:
        key: names it among all of this installation, and its staging; letters, digits and "-".
        account: whose.
        folder: IMAP name; made where it is missing.
        content: canonical bytes, delivered with nothing added.
        internal_date: that it arrives with; it arrives unread, without flags and keywords.
    """

    key: str
    account: str
    folder: str
    content: bytes
    internal_date: Moment


class Ticket(NamedTuple):
    """A staged parcel: what is needed to find it again, staged or arrived.

    Attributes:
        guid: names what arrives, wherever its owner moves it; evidence has it as the copy's guid.
        place: the route's own, as JSON has it; it is kept until the parcel was read back.
    """

    key: str
    account: str
    folder: str
    guid: str
    place: Mapping[str, str | int]


class Where(StrEnum):
    """Where a staged parcel is."""

    STAGED = "staged"  # it has not arrived, and never will unless it is published
    ARRIVED = "arrived"  # it is in the account
    TAKEN = "taken"  # it arrived, and its owner has removed or changed it since
    LOST = "lost"  # it is not staged (any more), and never arrived: stage it again
    UNCLEAR = "unclear"  # nobody can know; a person has to look


class Room(NamedTuple):
    """What an account can take: bytes left of its quota, None: no limit, or not known."""

    exists: bool
    bytes_left: int | None = None

    def less(self, size: int) -> "Room":
        """Give what it can take once so many bytes came into it."""
        left = None if self.bytes_left is None else self.bytes_left - size
        return Room(self.exists, left)


class Filing(Protocol):
    """Says where an account's own filter files a message."""

    def __call__(self, store: str, account: str, content: bytes) -> str:
        """Give the folder, an IMAP name; raises `PermanentRouteError` or `TemporaryRouteError`.

        Args:
            store: where the account's mailbox is.
            account: whose.
            content: canonical bytes.
        """


class Route(Protocol):
    """One way to the accounts of one store."""

    @property
    def name(self) -> str:
        """Say in plans which way it is, such as "maildir" or "dovecot NAME"."""

    @property
    def waits(self) -> bool:
        """Tell whether most of its time is waiting for a server, in which something else can be done."""

    def rooms(self, accounts: Sequence[str]) -> Mapping[str, Room]:
        """Say what accounts can take."""

    def read(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Original | Absence]]:
        """Read copies, in any order; those whose flags, uid or folder changed are found again.

        What is given is the copy that was meant (its header hash is the one wanted), never another one.
        """

    def stage(self, parcels: Sequence[Parcel]) -> Mapping[str, Ticket]:
        """Put parcels into staging, by key; one that an earlier try left there is replaced.

        Left out are those of accounts that are not there, and those that would not arrive as they are.
        """

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Let staged parcels arrive; which did, `settle` says.

        What is not staged any more does not arrive a second time.
        """

    def settle(self, tickets: Sequence[Ticket]) -> Mapping[str, Where]:
        """Say by key where parcels are; nothing that was asked before happens to them afterwards.

        Raises:
            TemporaryRouteError: something asked before may be under way still.
        """

    def arrived(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, str | Where]]:
        """Read arrived parcels back from their accounts: content hash, or TAKEN where it is gone."""

    def remove(self, copies: Sequence[tuple[Wanted, str]]) -> Mapping[str, Absence | None]:
        """Remove copies whose content has this hash; None by id of the copy: it is removed.

        The bodies are gone too, where the format keeps them (mdbox: purge), once this returns. May be
        asked again: a copy that an earlier try removed is GONE.
        """

    def restore(self, parcel: Parcel, flags: Sequence[str], keywords: Sequence[str]) -> Ticket:
        """Stage a parcel that is to arrive with flags and keywords: the copy that was removed."""

    def clear(self, keys: Sequence[str], accounts: Sequence[str]) -> None:
        """Remove what is left of the staging of parcels whose keys begin so; nothing of accounts.

        Args:
            keys: or how they begin.
            accounts: whose parcels they were.
        """

    def residue(self) -> Sequence[str]:
        """Name, in message codes, where bytes of removed copies may remain behind this route."""
