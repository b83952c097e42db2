"""The lab's people: who has an account, and what the addresses beside the accounts are for."""

from collections.abc import Mapping

MAIN = "example.test"
BRAND = "example.org"
DOMAINS = (MAIN, BRAND)
FAMILY = ("piet", "marie", "joris", "sanne", "oma")
THROW_AWAY = "doctor@example.test"  # for `postwarden doctor`; nobody's
STAGING = "staging@example.test"  # Postwarden's own, through which copies pass; gets no mail

_STAFF = (
    "amal anna ben bao carl chidi dora divya emil frida gus hanna ida jon kim lena max nora otto"
    " paula quirin rosa sam tina ulf vera wim xenia yara zoe"
)
_CUSTOMERS = "aiko boris clara diego elif fatou goran hana ivan julia karim lucia marek nadia omar"

ACCOUNTS = tuple(
    f"{name}@{domain}"
    for domain, names in ((MAIN, _STAFF.split()), (BRAND, (*FAMILY, *_CUSTOMERS.split())))
    for name in names
)

_MAIN: Mapping[str, tuple[str, ...]] = {
    "postmaster": ("wim",),
    "abuse": ("postmaster", "vera"),
    "info": ("anna",),
    "sales": ("ben",),
    "shop": ("carl",),
    "orders": ("shop",),
    "press": ("dora",),
    "jobs": ("emil",),
    "billing": ("frida",),
    "help": ("gus", "hanna", "ida"),
    "board": ("nora", "otto", "paula"),
    "team": ("amal", "bao", "chidi", "divya", "jon", "kim"),
    "everyone": ("board", "team", "help", "info", "sales"),
}
_BRAND: Mapping[str, tuple[str, ...]] = {
    "postmaster": ("postmaster@example.test",),
    "abuse": ("abuse@example.test",),
    "contact": ("aiko",),
    "family.mulder": FAMILY,
    "piet.mulder": ("piet",),
    "choir": ("boris", "clara", "diego", "elif", "julia"),
    "club": ("fatou", "goran", "sam@example.test"),
}


def virtual() -> str:
    """Give the alias table as intended, as Postfix reads it (virtual(5))."""
    rows = [
        f"{alias}@{domain} {', '.join(_at(target, domain) for target in targets)}"
        for domain, table in ((MAIN, _MAIN), (BRAND, _BRAND))
        for alias, targets in table.items()
    ]
    return "\n".join([*rows, ""])


def _at(name: str, domain: str) -> str:
    return name if "@" in name else f"{name}@{domain}"
