"""Address tables, and what Postfix makes of an address with them (virtual(5), canonical(5)).

A `Directory` is what somebody wrote into the tables. Two of them matter: the intended one, and the
one that was live; a world lets them differ for a while.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

DEPTH = 20


@dataclass(frozen=True)
class Directory:
    """The tables of one time.

    Attributes:
        accounts: who may log in.
        aliases: address, or "@domain", to addresses; the order of lines is kept.
        patterns: (expression, substitution) of a regexp(5) table, looked up before `aliases`.
        canonical: likewise, rewriting recipients before aliases are looked up.
        bcc: recipient to one additional recipient.
        domain_aliases: domain to the domain it stands for.
    """

    accounts: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[tuple[str, str], ...] = ()
    canonical: tuple[tuple[str, str], ...] = ()
    bcc: Mapping[str, str] = field(default_factory=dict)
    domain_aliases: Mapping[str, str] = field(default_factory=dict)

    def with_aliases(self, changes: Mapping[str, Iterable[str]]) -> "Directory":
        """Give a directory with these aliases added or replaced."""
        merged = dict(self.aliases) | {key: tuple(values) for key, values in changes.items()}
        return replace(self, aliases=merged)

    def without_aliases(self, *keys: str) -> "Directory":
        """Give a directory without these aliases."""
        kept = {key: values for key, values in self.aliases.items() if key not in keys}
        return replace(self, aliases=kept)

    def rewritten(self, address: str) -> str:
        """Apply the canonical table once."""
        for expression, substitution in self.canonical:
            found = re.match(expression, address, re.IGNORECASE)
            if found:
                return _substituted(found, substitution)
        return address

    def expand(self, address: str) -> list[str]:
        """Give the final addresses that Postfix would queue for one recipient, in order."""
        finals: list[str] = []
        self._expand(self.rewritten(address.lower()), finals, 0)
        return finals

    def _expand(self, address: str, finals: list[str], depth: int) -> None:
        values = self._look_up(address)
        if depth >= DEPTH or values is None or values == (address,):
            if address not in finals:
                finals.append(address)
            return
        for value in values:
            if value == address:
                if value not in finals:
                    finals.append(value)
            else:
                self._expand(value, finals, depth + 1)

    def _look_up(self, address: str) -> tuple[str, ...] | None:
        for expression, substitution in self.patterns:
            found = re.match(expression, address, re.IGNORECASE)
            if found:
                return (_substituted(found, substitution),)
        if address in self.aliases:
            return self.aliases[address]
        name, extension, domain = split(address)
        bare = f"{name}@{domain}"
        if extension and bare in self.aliases:
            return tuple(_extended(value, extension) for value in self.aliases[bare])
        if domain in self.domain_aliases:
            return (f"{name}{extension}@{self.domain_aliases[domain]}",)
        return self.aliases.get(f"@{domain}")

    def account_of(self, final: str) -> str | None:
        """Give the account that a final address names, extension aside; None when there is none."""
        name, _, domain = split(final)
        account = f"{name}@{domain}"
        return account if account in self._known else None

    def leads_to(self, address: str) -> set[str]:
        """Give the accounts at the end of an address."""
        accounts = (self.account_of(final) for final in self.expand(address))
        return {account for account in accounts if account is not None}

    @property
    def _known(self) -> frozenset[str]:
        return _as_set(self.accounts)


_SETS: dict[tuple[str, ...], frozenset[str]] = {}


def _as_set(accounts: tuple[str, ...]) -> frozenset[str]:
    if accounts not in _SETS:
        _SETS[accounts] = frozenset(accounts)
    return _SETS[accounts]


def split(address: str) -> tuple[str, str, str]:
    """Give name, extension with its delimiter, and domain."""
    local, _, domain = address.rpartition("@")
    name, plus, extension = local.partition("+")
    return name, plus + extension, domain


def _extended(address: str, extension: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}{extension}@{domain}"


def _substituted(found: re.Match[str], substitution: str) -> str:
    return re.sub(r"\$(\d)", lambda number: found.group(int(number.group(1))), substitution).lower()


def virtual_text(aliases: Mapping[str, Iterable[str]]) -> str:
    """Write a virtual(5) table."""
    return "".join(f"{key}\t{', '.join(values)}\n" for key, values in aliases.items())


def regexp_text(patterns: Iterable[tuple[str, str]]) -> str:
    """Write a regexp_table(5)."""
    return "".join(f"/{expression}/\t{substitution}\n" for expression, substitution in patterns)


def passwd_text(accounts: Iterable[str]) -> str:
    """Write a Dovecot passwd-file."""
    return "".join(f"{account}:{{PLAIN}}secret::::::\n" for account in accounts)
