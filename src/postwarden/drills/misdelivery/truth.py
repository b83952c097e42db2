"""What is true of every copy, because the drill chose each act.

The truth is for judging only: Postwarden never gets to see it. A copy is known by the message's own
Message-ID and by the account it lies in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from postwarden.drills.misdelivery.maps import AliasMap
from postwarden.drills.misdelivery.stock import Letter


class How(StrEnum):
    """How a copy came to be."""

    DELIVERED = "delivered"
    PARKED = "parked"  # accepted by the wrong map, delivered after it was mended
    REDIRECTED = "redirected"  # by the holder's Sieve script, to somebody else
    COPIED = "copied"  # by the holder, to another folder


class Act(StrEnum):
    """What a holder did with a copy."""

    OPENED = "opened"
    FLAGGED = "flagged"
    MOVED = "moved"
    COPIED = "copied"
    ANSWERED = "answered"
    REDIRECTED = "redirected"
    DOWNLOADED = "downloaded"
    DELETED = "deleted"


@dataclass
class Copy:
    """One copy: where it lies or lay, and whose it is.

    Attributes:
        letter: name of the message in the stock.
        message_id: the message's own.
        account: the holder.
        folder: IMAP name; where it lay last, of a copy that is gone.
        originals: the envelope recipients that led there.
        owners: accounts that these lead to as intended.
        how: it came.
        else_meant: it does not belong there by the recipient it came for, but another recipient of the
            same message leads to this account as intended.
        acts: of the holder.
        gone: the holder deleted it.
    """

    letter: str
    message_id: str
    account: str
    folder: str
    originals: tuple[str, ...]
    owners: tuple[str, ...]
    how: How
    else_meant: bool = False
    redirected_by: str | None = None
    acts: list[Act] = field(default_factory=list)
    gone: bool = False

    @property
    def belongs(self) -> bool:
        """Whether it lies where it should; what somebody redirects belongs to whoever it belonged to."""
        return (self.redirected_by or self.account) in self.owners


class Truth:
    """All copies, in the order in which they came to be.

    Attributes:
        copies: every one there ever was, those that are gone included.
        meant: by Message-ID, the accounts that each message was meant for.
        names: by Message-ID, the name in the stock.
    """

    def __init__(self, right: AliasMap, redirects: Mapping[str, str]) -> None:
        self.right = right
        self.redirects = redirects
        self.copies: list[Copy] = []
        self.meant: dict[str, frozenset[str]] = {}
        self.names: dict[str, str] = {}

    def delivered(
        self, letter: Letter, recipients: Iterable[str], live: AliasMap, how: How
    ) -> None:
        """Note the copies that follow from one transaction under the map that was live."""
        named = tuple(recipients)
        meant = frozenset().union(*map(self.right.holders, named))
        self.meant[letter.message_id] = meant
        self.names[letter.message_id] = letter.name
        for account, originals in live.expanded(named).items():
            owners = frozenset().union(*map(self.right.holders, originals))
            copy = Copy(
                letter.name,
                letter.message_id,
                account,
                "INBOX",
                originals,
                tuple(sorted(owners)),
                how,
                else_meant=account in meant - owners,
            )
            self.copies.append(copy)
            if account in self.redirects:
                self._redirected(copy)

    def copied(self, source: Copy, folder: str) -> None:
        """Note that a holder copied a copy to another folder."""
        source.acts.append(Act.COPIED)
        told = asdict(source) | {"folder": folder, "how": How.COPIED, "acts": []}
        self.copies.append(Copy(**told))

    def _redirected(self, source: Copy) -> None:
        source.acts.append(Act.REDIRECTED)
        target = self.redirects[source.account]
        told = asdict(source) | {"account": target, "how": How.REDIRECTED, "acts": []}
        told |= {"redirected_by": source.account, "else_meant": False}
        self.copies.append(Copy(**told))

    def inbox(self, account: str) -> list[Copy]:
        """Give the copies that lie in an account's INBOX and are alone there with their Message-ID."""
        here = [
            one
            for one in self.copies
            if not one.gone and (one.account, one.folder) == (account, "INBOX")
        ]
        counted = Counter(one.message_id for one in here)
        return [one for one in here if counted[one.message_id] == 1]

    def lying(self) -> Iterator[tuple[str, str, str]]:
        """Give (account, folder, Message-ID) of each copy that is stored."""
        return ((one.account, one.folder, one.message_id) for one in self.copies if not one.gone)

    def as_json(self) -> dict[str, object]:
        """Give all that is known, for a file."""
        return {
            "copies": [asdict(one) | {"belongs": one.belongs} for one in self.copies],
            "meant": {name: sorted(accounts) for name, accounts in sorted(self.meant.items())},
        }
