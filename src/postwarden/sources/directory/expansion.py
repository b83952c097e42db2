"""Where single addresses lead, one level at a time, so that a level costs one look-up per role."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from postwarden.sources.directory.keys import (
    Form,
    address_forms,
    domain_of,
    moved,
    parsed,
    srs_inside,
)
from postwarden.sources.directory.lookup import Lookup
from postwarden.sources.directory.resolution import Problem, Step
from postwarden.sources.directory.tables import Answer, Found, Tables, local_answer
from postwarden.sources.directory.values import is_command
from postwarden.sources.records import EntryRecord
from postwarden.vocabulary import Provider

_CANONICAL_PASSES = 10  # cleanup_map11.c: MAX_RECURSION


class Node(NamedTuple):
    """Where one address leads.

    Attributes:
        steps: to other addresses and to accounts; none to itself.
        end: "account", "outside", "command", "unknown", or "" where it only goes on.
        mapped: a table spoke of it.
        itself: an entry leads it to itself, which stops Postfix when it comes by again.
        problem: what is wrong with its entries.
    """

    steps: tuple[Step, ...]
    end: str
    mapped: bool = True
    itself: bool = False
    problem: Problem | None = None


class _Level(NamedTuple):
    """What the look-ups of one level gave, and the forms of every address asked for."""

    forms: Mapping[str, Sequence[Form]]
    domains: Found
    aliases: Found
    accounts: Found


class Expander:
    """Applies one directory's tables to addresses, as Postfix and then the delivery agent do."""

    def __init__(
        self, provider: Provider, home_domain: str, lookup: Lookup, regexps: Sequence[EntryRecord]
    ) -> None:
        self._provider = provider
        self._home = home_domain
        self._lookup = lookup
        self._local_domains = provider.domains | provider.hosts | {home_domain}
        self._tables = {role: Tables(role, regexps) for role in ("alias", "canonical", "bcc")}

    def canonical(self, addresses: Collection[str]) -> dict[str, list[Step]]:
        """Give the steps by which the canonical tables rewrite each address, ten at most."""
        chains: dict[str, list[Step]] = {address: [] for address in addresses}
        moving = [address for address in addresses if parsed(address)]
        for _ in range(_CANONICAL_PASSES):
            now = {start: chains[start][-1].target if chains[start] else start for start in moving}
            answers = self._answers("canonical", now.values())
            moving = []
            for start, address in now.items():
                answer = answers.get(address)
                steps = answer.steps(address, "canonical", self._home) if answer else []
                if steps and steps[0].target != address:
                    chains[start].append(steps[0])
                    moving.append(start)
        return chains

    def bcc(self, addresses: Collection[str]) -> dict[str, list[Step]]:
        """Give the steps to whom recipient_bcc_maps send a copy of each address's mail."""
        answers = self._answers("bcc", [address for address in addresses if parsed(address)])
        return {
            address: answer.steps(address, "bcc", self._home, extend=False)
            for address, answer in answers.items()
        }

    def expand(self, addresses: Collection[str]) -> dict[str, Node]:
        """Give where each address leads next."""
        level = self._look_up([address for address in addresses if not is_command(address)])
        return {address: self._node(address, level) for address in addresses}

    def _answers(self, role: str, addresses: Iterable[str]) -> dict[str, Answer]:
        forms = {address: self._forms(address) for address in addresses}
        found = self._lookup.find(role, _keys(forms.values()))
        answers = {one: self._tables[role].answer(forms[one], found) for one in forms}
        return {address: answer for address, answer in answers.items() if answer is not None}

    def _forms(self, address: str) -> Sequence[Form]:
        own = domain_of(address) in self._local_domains
        return address_forms(address, self._provider.recipient_delimiter, own=own)

    def _look_up(self, addresses: Collection[str]) -> _Level:
        domains = self._lookup.find("domain", {domain_of(address) for address in addresses})
        targets = (self._aliased(address, domains) for address in addresses)
        asked = [*addresses, *(step.target for step in targets if step is not None)]
        forms = {address: self._forms(address) for address in asked}
        keys = _keys(forms.values())
        return _Level(
            forms, domains, self._lookup.find("alias", keys), self._lookup.find("account", keys)
        )

    def _aliased(self, address: str, domains: Found) -> Step | None:
        entries = domains.get(domain_of(address))
        if not entries:
            return None
        target = moved(address, entries[0].values)
        return Step(address, target, "domain", entries[0].file, entries[0].line)

    def _node(self, address: str, level: _Level) -> Node:
        if is_command(address):
            return Node((), "command")
        forms = level.forms[address]
        explicit = _explicit(forms)
        answer = self._tables["alias"].answer(explicit, level.aliases)
        account = self._account(address, explicit, level.accounts)
        if answer is None:
            aliased = self._aliased(address, level.domains)
            if aliased is not None and account is None and self._known(aliased.target, level):
                return Node((aliased,), "")
            answer = self._tables["alias"].answer(forms[-1:], level.aliases)
            if answer is None and aliased is not None and account is None:
                return Node((aliased,), "")
        if answer is None:
            return self._delivered(address, explicit, account, level)
        via = "catch-all" if answer.form.kind == "catch-all" else "alias"
        steps = answer.steps(address, via, self._home)
        if all(step.target != address for step in steps):
            return Node(tuple(steps), "", problem=_captured(address, answer, account))
        return _with(_onward(steps), self._delivered(address, explicit, account, level))

    def _known(self, address: str, level: _Level) -> bool:
        """Tell whether an address has more than a catch-all."""
        explicit = _explicit(level.forms[address])
        return (
            self._tables["alias"].answer(explicit, level.aliases) is not None
            or local_answer(explicit, level.aliases) is not None
            or self._account(address, explicit, level.accounts) is not None
        )

    def _account(self, address: str, forms: Iterable[Form], accounts: Found) -> Step | None:
        for form in forms:
            entries = accounts.get(form.key)
            if entries:
                first = min(entries, key=attrgetter("table"))
                return Step(address, first.values, "account", first.file, first.line)
        return None

    def _delivered(
        self, address: str, forms: Sequence[Form], account: Step | None, level: _Level
    ) -> Node:
        """Say what delivery makes of an address that no virtual table leads away."""
        local = local_answer(forms, level.aliases)
        if local is not None:
            steps = local.steps(address, "local", self._home, extend=False)
            if all(step.target != address for step in steps):
                return Node(tuple(steps), "")
            return _with(_onward(steps), self._final(address, account, level.domains))
        return self._final(address, account, level.domains)

    def _final(self, address: str, account: Step | None, domains: Found) -> Node:
        if account is not None:
            return Node((account,), "account")
        domain = domain_of(address)
        if domain not in self._local_domains and domain not in domains:
            return Node((), "outside", mapped=False)
        inside = srs_inside(address)
        if inside is not None and inside != address:
            return Node((Step(address, inside, "srs", "", 0),), "")
        return Node((), "unknown", mapped=False)


def _onward(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step.target != step.source)


def _with(steps: tuple[Step, ...], end: Node) -> Node:
    return Node((*steps, *end.steps), end.end, itself=True)


def _keys(forms: Iterable[Iterable[Form]]) -> set[str]:
    return {form.key for some in forms for form in some}


def _explicit(forms: Iterable[Form]) -> list[Form]:
    return [form for form in forms if form.kind != "catch-all"]


def _captured(address: str, answer: Answer, account: Step | None) -> Problem | None:
    if account is None or answer.form.kind != "catch-all":
        return None
    entry = answer.entries[0][0]
    detail = (
        f"the catch-all {entry.key} takes the mail of {address} away from its account; "
        f"an entry that leads {address} to itself would stop it"
    )
    return Problem("captured-by-catch-all", address, detail, entry.file, entry.line)


def mapping_of(level: Mapping[str, Node]) -> set[str]:
    """Give the addresses that a level leads on to."""
    return {step.target for node in level.values() for step in node.steps if step.via != "account"}
