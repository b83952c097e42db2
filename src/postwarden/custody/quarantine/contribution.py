"""What the quarantine has of a case, for its bundle."""

from collections.abc import Collection

from postwarden.cases.service import Part
from postwarden.custody.quarantine.listing import kept_for, keys_of
from postwarden.vocabulary import Moment


class QuarantineOfCases:
    """A `Contribution` of cases: objects stay readable under the key of the case they were put under."""

    name = "quarantine"

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Leave objects where they are; they are found by every reference of the case."""

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:
        """Leave objects where they are: whose they were, only who can open them knows."""

    def binding(self, references: Collection[str]) -> Collection[str]:  # noqa: ARG002  # the port's
        """Keep no account: what was removed from it is kept whatever the case holds."""
        return ()

    def export(self, references: Collection[str]) -> Part:
        """Give names and hashes of objects, and the public halves of keys; never what they hold."""
        objects = [one._asdict() for one in kept_for(references)]
        keys = [one._asdict() for one in keys_of(references)]
        return Part({"objects": objects, "keys": keys})
