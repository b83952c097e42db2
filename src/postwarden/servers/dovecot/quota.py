"""What accounts can take (doveadm-quota(1))."""

from collections.abc import Mapping, Sequence

from postwarden.relocation.service import Room
from postwarden.servers.dovecot.api import Failure
from postwarden.servers.dovecot.asking import Asking
from postwarden.servers.dovecot.stored import number


class Quotas:
    """Implements `Route.rooms`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def rooms(self, accounts: Sequence[str]) -> dict[str, Room]:
        """As `Route.rooms`."""
        homes = self._asking.homes(accounts)
        rooms = {account: Room(account in homes) for account in accounts}
        if "quotaGet" not in self._asking.commands():
            return rooms
        names = list(homes)
        answers = self._asking.look([("quotaGet", {"user": account}) for account in names])
        for account, answer in zip(names, answers, strict=True):
            if not isinstance(answer, Failure):
                rooms[account] = Room(exists=True, bytes_left=_left(answer))
        return rooms


def _left(limits: Sequence[Mapping[str, str]]) -> int | None:
    """Give the bytes left under the strictest limit; none where no message more is allowed."""
    left = []
    for row in limits:
        try:
            free = number(row, "limit") - number(row, "value")
        except ValueError:
            continue  # "-": no limit
        if row.get("type") == "STORAGE":
            left.append(max(0, free) * 1024)
        elif free <= 0:
            left.append(0)
    return min(left, default=None)
