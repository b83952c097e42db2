"""What is asked: every route with its share of the requests; most of them are noted in the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from load.furnishing import Furnished


@dataclass(frozen=True, slots=True)
class Ask:
    """A request.

    Attributes:
        route: its name, as figures name it.
        method: of HTTP.
        target: path and query.
        form: fields that are sent; None for none.
    """

    route: str
    method: str
    target: str
    form: tuple[tuple[str, str], ...] | None = None


_Make = Callable[[Furnished, Random], str]


@dataclass(frozen=True, slots=True)
class _Part:
    route: str
    share: int
    target: _Make


def _case(rest: str = "") -> _Make:
    return lambda made, _: f"/cases/{made.case}/{rest}"


def _of_case(rest: str) -> _Make:
    return lambda made, _: f"/api/v1/cases/{made.case}{rest}"


def _any(names: Callable[[Furnished], Sequence[str]], before: str, after: str = "") -> _Make:
    return lambda made, chance: f"{before}{chance.choice(names(made))}{after}"


def _is(target: str) -> _Make:
    return lambda *_: target


ASK = "helpdesk-ask"
PAGES = (
    _Part("today", 15, _is("/")),
    _Part("cases", 10, _is("/cases/")),
    _Part("cases-one", 15, _case()),
    _Part("cases-accounts", 10, _case("accounts/")),
    _Part("cases-findings", 12, _case("findings/")),
    _Part("cases-timeline", 5, _case("timeline/")),
    _Part("cases-plans", 3, _case("plans/")),
    _Part("plans-one", 5, _any(lambda made: made.plans, "/plans/", "/")),
    _Part("accounts", 5, _is("/accounts/")),
    _Part("accounts-one", 5, _any(lambda made: made.veiled, "/accounts/", "/")),
    _Part("ledger", 3, _is("/ledger/")),
    _Part("evidence", 2, _is("/evidence/")),
    _Part(ASK, 10, _is("/helpdesk/")),
)
"""Of a desk at work in an accident: mostly its case, and customers who call."""
API = (
    _Part("list-cases", 20, _is("/api/v1/cases")),
    _Part("get-case", 20, _of_case("")),
    _Part("list-findings", 15, _of_case("/findings?limit=20")),
    _Part("list-holds", 15, _is("/api/v1/holds?limit=20")),
    _Part("list-plans", 10, _is("/api/v1/plans?limit=20")),
    _Part("get-plan", 10, _any(lambda made: made.plans, "/api/v1/plans/")),
    _Part(
        "list-acts",
        5,
        _any(lambda made: made.plans, "/api/v1/plans/", "/acts?limit=20"),
    ),
    _Part("list-entries", 5, _is("/api/v1/ledger?limit=20")),
)
"""Of programs that watch a case and copy what it says to another system."""


def asks(parts: Sequence[_Part], made: Furnished, count: int, seed: int) -> list[Ask]:
    """Give so many requests by their shares, each route once at least; equal for equal arguments."""
    chance = Random(seed)
    some = [*parts[:count]]
    shares = [*accumulate(one.share for one in parts)]
    some += chance.choices(parts, cum_weights=shares, k=count - len(some))
    chance.shuffle(some)
    return [_ask(one, made, chance) for one in some]


def _ask(part: _Part, made: Furnished, chance: Random) -> Ask:
    if part.route != ASK:
        return Ask(part.route, "GET", part.target(made, chance))
    form = (("do", "ask"), ("about", chance.choice(made.accounts)))
    return Ask(part.route, "POST", part.target(made, chance), form)
