"""How the servers are, as the doctor said last."""

from typing import NamedTuple

from postwarden.ledger.service import Wanted
from postwarden.rooms import Rooms, present
from postwarden.vocabulary import Moment

_DAY = 86_400_000_000


class Health(NamedTuple):
    """What the doctor said last, and when; `old` where that is more than a day ago."""

    result: str
    at: Moment
    old: bool


def health(rooms: Rooms) -> Health | None:
    """Give what the doctor said last; None where it never ran, or its entry was erased."""
    last = next(rooms.ledger.latest(Wanted(act="doctor.ended")), None)
    if last is None or "detail" not in last.facts:
        return None
    old = present() - last.at > _DAY
    return Health(str(last.facts["detail"].get("result", "")), last.at, old)
