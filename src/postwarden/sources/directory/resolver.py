"""Where mail to an address is meant to arrive, as Postfix 3.7 would bring it with these tables.

Pure but for the `Lookup` it is given. Sources: virtual(5), canonical(5), aliases(5), cleanup(8),
mail_addr_map(3), ADDRESS_REWRITING_README. Where Postfix would defer a message (a loop, more than
1000 results), the answer is what can be reached all the same, with a problem.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from postwarden.sources.directory.expansion import Expander, Node, mapping_of
from postwarden.sources.directory.lookup import Lookup
from postwarden.sources.directory.resolution import Problem, Resolution, Step
from postwarden.sources.directory.values import normal_key
from postwarden.sources.records import EntryRecord
from postwarden.vocabulary import Provider
from postwarden.vocabulary.addresses import Address

_LIMIT = 1000  # virtual_alias_recursion_limit, …expansion_limit and …address_length_limit alike


class Resolver:
    """Answers for the addresses of one directory."""

    def __init__(
        self, provider: Provider, home_domain: str, lookup: Lookup, regexps: Sequence[EntryRecord]
    ) -> None:
        """Prepare the tables.

        Args:
            provider: whose own domains, hosts and recipient delimiter count.
            home_domain: qualifies names without a domain ($myorigin).
            lookup: the literal entries.
            regexps: the entries of kind "regexp", in the order read; others are ignored.
        """
        self._home = home_domain
        self._expander = Expander(provider, home_domain, lookup, regexps)

    def resolve(self, addresses: Collection[str]) -> dict[str, Resolution]:
        """Answer for every address; keyed as given, in any notation.

        Each address is resolved by itself: the answer does not depend on the others. "@domain" asks
        for what the catch-all of that domain reaches. Never raises.
        """
        starts = {given: self._qualified(given) for given in addresses}
        chains = self._expander.canonical(dict.fromkeys(starts.values()))
        roots = {start: _end(start, chain) for start, chain in chains.items()}
        copies = self._expander.bcc(set(roots.values()))
        bcc_starts = {step.target for steps in copies.values() for step in steps}
        bcc_chains = self._expander.canonical(bcc_starts)
        bcc_roots = {start: _end(start, chain) for start, chain in bcc_chains.items()}
        nodes = self._graph({*roots.values(), *bcc_roots.values()})
        answers = {}
        for start, root in roots.items():
            walk = _Walk(nodes)
            walk.follow(chains[start], root)
            copied = _Walk(nodes)
            for step in copies.get(root, ()):
                copied.follow([step, *bcc_chains[step.target]], bcc_roots[step.target])
            answers[start] = _resolution(start, nodes[root], walk, copied)
        return {given: answers[start] for given, start in starts.items()}

    def _qualified(self, given: str) -> str:
        key = normal_key(given)
        return key if "@" in key else str(Address(key, self._home))

    def _graph(self, roots: Iterable[str]) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        frontier = set(roots)
        for _ in range(_LIMIT):
            level = self._expander.expand({one for one in frontier if len(one) <= _LIMIT})
            nodes.update(level)
            nodes.update((one, _cut_off(one)) for one in frontier if one not in level)
            frontier = mapping_of(level) - nodes.keys()
            if not frontier:
                break
        nodes.update((one, _cut_off(one)) for one in frontier)
        return nodes


class _Walk:
    """What is reached from one address."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self.steps: dict[Step, None] = {}
        self.accounts: set[str] = set()
        self.outside: set[str] = set()
        self.commands: set[str] = set()
        self.problems: list[Problem] = []

    def follow(self, prefix: Sequence[Step], root: str) -> None:
        """Walk breadth first, so that the first step to a place is of a shortest chain."""
        self.steps.update(dict.fromkeys(prefix))
        reached = {root: None}
        queue = [root]
        meeting = False
        for address in queue:
            node = self._nodes[address]
            self._arrive(address, node)
            for step in node.steps:
                self.steps[step] = None
                if step.via == "account":
                    self.accounts.add(step.target)
                elif step.target in reached:
                    meeting = True
                else:
                    reached[step.target] = None
                    queue.append(step.target)
        if meeting:
            self.problems.extend(_first_loop(self._nodes, reached))
        if len(self.accounts) + len(self.outside) + len(self.commands) > _LIMIT:
            detail = f"leads to more than {_LIMIT} addresses; Postfix would defer mail to it"
            self.problems.append(Problem("limit", root, detail, "", 0))

    def _arrive(self, address: str, node: Node) -> None:
        if node.end == "outside":
            self.outside.add(address)
        elif node.end == "command":
            self.commands.add(address)
        if node.problem is not None:
            self.problems.append(node.problem)


def _first_loop(nodes: Mapping[str, Node], reached: Iterable[str]) -> list[Problem]:
    """Give the first cycle that a depth-first search meets.

    A cycle through an address that leads to itself, too, is none: Postfix stops there.
    """
    done = {address for address in reached if nodes[address].itself}
    for start in reached:
        if start in done:
            continue
        path = {start: None}
        stack = [iter(nodes[start].steps)]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                done.add(path.popitem()[0])
            elif step.via != "account" and step.target not in done:
                if step.target in path:
                    return [_loop(list(path), step)]
                path[step.target] = None
                stack.append(iter(nodes[step.target].steps))
    return []


def _end(start: str, chain: Sequence[Step]) -> str:
    return chain[-1].target if chain else start


def _cut_off(address: str) -> Node:
    detail = f"is longer, or nested deeper, than {_LIMIT}; Postfix would defer mail to it"
    return Node((), "unknown", problem=Problem("limit", address[:200], detail, "", 0))


def _loop(path: Sequence[str], step: Step) -> Problem:
    ring = " > ".join([*path[path.index(step.target) :], step.target])
    return Problem("loop", step.target, f"leads back to itself: {ring}", step.file, step.line)


def _resolution(start: str, root: Node, walk: _Walk, copied: _Walk) -> Resolution:
    foreign = root.end == "outside" and not root.mapped
    nowhere = not (walk.accounts or walk.outside or walk.commands)
    return Resolution(
        address=start,
        accounts=tuple(sorted(walk.accounts)),
        bcc_accounts=tuple(sorted(copied.accounts)),
        outside=tuple(sorted(walk.outside)),
        commands=tuple(sorted(walk.commands)),
        unknown=nowhere and not foreign,
        foreign=foreign,
        steps=tuple({**walk.steps, **copied.steps}),
        problems=tuple(dict.fromkeys([*walk.problems, *copied.problems])),
    )
