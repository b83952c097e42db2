"""The organisations that one installation serves."""

from dataclasses import dataclass

from postwarden.vocabulary import normal


@dataclass(frozen=True, slots=True)
class Organisation:
    """A provider, brand or reseller that answers for its own customers.

    Attributes:
        name: short and unique, such as "freedom"; roles and cases name it so.
        full_name: as its customers know it.
        domains: mail domains of its accounts, A-labels.
        brands: names it is known by besides.
        languages: those it speaks, best first (BCP 47 tags).
        helpdesk: how its customers reach people.
        page: where it tells them what is the matter.
        authority: to whom it reports breaches.
    """

    name: str
    full_name: str
    domains: tuple[str, ...]
    brands: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    helpdesk: str = ""
    page: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Organisations:
    """All of them; never empty."""

    every: tuple[Organisation, ...]

    def of(self, account: str) -> Organisation:
        """Give an account's organisation: by its domain; of no known domain, the first one."""
        domain = normal(account).rpartition("@")[2]
        return next((one for one in self.every if domain in one.domains), self.every[0])
