"""Alias maps: the right one, the one re-imported a line off, and where each leads (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


def one_line_off(table: str) -> str:
    """Give each alias the target of the next one; those that lead to other aliases stay as they are."""
    rows = [line.split(" ", 1) for line in table.splitlines()]
    aliases = {alias for alias, _ in rows}
    plain = [row for row in rows if aliases.isdisjoint(row[1].split(", "))]
    shifted = {row[0]: after[1] for row, after in zip(plain, [*plain[1:], plain[0]], strict=True)}
    return "".join(f"{alias} {shifted.get(alias, target)}\n" for alias, target in rows)


@dataclass(frozen=True)
class AliasMap:
    """An alias map that is live: alias to its targets, which may be aliases."""

    targets: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, table: str) -> "AliasMap":
        """Read a table as virtual(5) has it, with one alias a line."""
        rows = [line.split(" ", 1) for line in table.splitlines()]
        return cls({alias: tuple(target.split(", ")) for alias, target in rows})

    def holders(self, recipient: str) -> frozenset[str]:
        """Give the accounts that a recipient leads to."""
        local, _, domain = recipient.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        if plain not in self.targets:
            return frozenset({plain})
        return frozenset().union(*map(self.holders, self.targets[plain]))

    def expanded(self, recipients: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Give by account the recipients that lead there, in the order given."""
        found: dict[str, tuple[str, ...]] = {}
        for recipient in recipients:
            for account in sorted(self.holders(recipient)):
                found[account] = (*found.get(account, ()), recipient)
        return found


def concerned(right: AliasMap, wrong: AliasMap) -> tuple[str, ...]:
    """Give the accounts that either map leads to from an alias where they differ, sorted."""
    changed = [alias for alias in right.targets if right.holders(alias) != wrong.holders(alias)]
    found = {one for alias in changed for one in right.holders(alias) | wrong.holders(alias)}
    return tuple(sorted(found))
