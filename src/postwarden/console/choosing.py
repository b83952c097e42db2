"""Which accounts an act is about: chosen one by one, all that fit a search, or a pasted list."""

from hashlib import sha256
from typing import NamedTuple

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Head
from postwarden.console.gate import DeskRequest
from postwarden.console.of_case import asked
from postwarden.vocabulary import normal


class Chosen(NamedTuple):
    """Accounts, and how they were chosen.

    Attributes:
        accounts: by name, each once.
        listed: they were named, each of them.
        wanted: what they were searched by, where they were not named.
    """

    accounts: tuple[str, ...]
    listed: bool
    wanted: Asked

    @property
    def digest(self) -> str:
        """Stand for exactly these accounts: who confirms them later confirms no others."""
        return sha256("\n".join(self.accounts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def lines(self) -> str:
        """Write those that were named, one a line."""
        return "\n".join(self.accounts) if self.listed else ""


def chosen(request: DeskRequest, head: Head) -> Chosen:
    """Read which accounts are meant: as `all` with a search, or by the names in `account` and `list`."""
    told = request.POST if request.method == "POST" else request.GET
    wanted = asked(request)
    if told.get("all") or (request.method != "POST" and wanted.states):
        found = cases.every_account(request.member, head.case.reference, wanted)
        return Chosen(found, listed=False, wanted=wanted)
    named = [*told.getlist("account"), *told.get("list", "").replace(",", "\n").splitlines()]
    names = {normal(one) for one in map(str.strip, named) if one and not one.startswith("#")}
    return Chosen(tuple(sorted(names)), listed=True, wanted=wanted)
