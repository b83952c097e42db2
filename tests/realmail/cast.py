"""The provider of the scenario: accounts, and where mail was meant to go and went by mistake."""

from dataclasses import dataclass

MANY = "example.test"  # several recipients in one LMTP transaction
ONE = "example.org"  # one recipient in an LMTP transaction; has a catch-all
PEOPLE = ("anna", "ben", "carl", "dora", "emil", "frida", "gus", "hanna", "archive")
PASSWORDS = {f"{name}@{MANY}": f"pw-{name}" for name in PEOPLE} | {
    f"{name}@{ONE}": f"pw-{name}" for name in ("ida", "jon", "kim", "anna.private", "ben.private")
}
BCC = {f"audit@{MANY}": f"archive@{MANY}"}
REGEXP = r"/^order-[0-9]+@example\.test$/ ben@example.test" + "\n"
CATCH_ALL = f"kim@{ONE}"

_SHIFTED = (  # the lines that the faulty import moved by one
    ("sales", ("anna",)),
    ("shop", ("ben",)),
    ("press", ("carl",)),
    ("board", ("gus", "anna")),
    ("team", ("anna", "ben", "carl")),
    ("help", ("dora",)),
    ("jobs", ("emil",)),
    ("billing", ("frida",)),
)
_STEADY = (("everyone", ("team", "dora")), ("audit", ("hanna",)))


def _at(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}@{MANY}" for name in names)


@dataclass(frozen=True)
class AliasMap:
    """A virtual(5) table as this scenario means it.

    Attributes:
        lines: address to targets, without the catch-all.
        exempt: addresses of the catch-all's domain that have their identity line.
    """

    lines: dict[str, tuple[str, ...]]
    exempt: tuple[str, ...]

    def text(self) -> str:
        """Give the table as Postfix reads it."""
        rows = [f"{address} {', '.join(targets)}" for address, targets in self.lines.items()]
        rows += [f"{address} {address}" for address in self.exempt]
        return "\n".join([*rows, f"@{ONE} {CATCH_ALL}"]) + "\n"

    def holders(self, address: str) -> tuple[str, ...]:
        """Give the accounts that mail for an address goes to, sorted."""
        local, _, domain = address.partition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        if plain.startswith("order-"):
            return (f"ben@{MANY}",)
        if plain in self.lines:
            return tuple(sorted({h for to in self.lines[plain] for h in self.holders(to)}))
        if domain == ONE and plain not in self.exempt:
            return (CATCH_ALL,)
        return (plain,)


_NAMES = tuple(name for name, _ in _SHIFTED)
_TARGETS = tuple(targets for _, targets in _SHIFTED)
_ONE_ACCOUNTS = tuple(account for account in PASSWORDS if account.endswith(ONE))


def _aliases(targets: tuple[tuple[str, ...], ...], exempt: tuple[str, ...]) -> AliasMap:
    rows = (*zip(_NAMES, targets, strict=True), *_STEADY)
    return AliasMap({f"{name}@{MANY}": _at(to) for name, to in rows}, exempt)


INTENDED = _aliases(_TARGETS, _ONE_ACCOUNTS)
FAULTY = _aliases(
    (*_TARGETS[1:], _TARGETS[0]), tuple(a for a in _ONE_ACCOUNTS if not a.startswith("jon@"))
)
