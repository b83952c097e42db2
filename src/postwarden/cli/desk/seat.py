"""Where a command about cases sits down: configuration, state, and who acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from postwarden.cases.service import Desk, Refused
from postwarden.cli.acting import acting
from postwarden.configuration import Configuration, load
from postwarden.people.service import Member, member
from postwarden.vocabulary import PostwardenError
from postwarden.wiring import case_desk
from postwarden.words.cases import refusal


class NotPossible(PostwardenError):
    """The rules do not allow it; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What a command works with."""

    configuration: Configuration
    desk: Desk
    who: Member

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times as printed."""
        return self.configuration.provider.zone


@contextmanager
def seat(config: str, who: str | None) -> Iterator[Seat]:
    """Open the state for whoever acts; what the rules refuse becomes a sentence.

    Raises:
        NotPossible: the rules do not allow what was done in the block.
        UnknownIdentity: nobody of that name works here.
    """
    configuration = load(config)
    desk = case_desk(configuration)
    try:
        yield Seat(configuration, desk, member(acting(who)))
    except Refused as error:
        raise NotPossible(refusal(error.refusal)) from None
