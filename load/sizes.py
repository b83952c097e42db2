"""How large the provider is, and how fast it is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """What a load is.

    Attributes:
        accounts: of the provider; its newest snapshot has the directory of all of them.
        copies: of the snapshot.
        findings: of the one large case.
        held: accounts that the case holds.
        plans: that were withdrawn or wait.
        acts: of each plan.
        pages: asked of the console, a second.
        api: requests to the API, a second.
        seconds: that it lasts.
    """

    accounts: int
    copies: int
    findings: int
    held: int
    plans: int
    acts: int
    pages: float
    api: float
    seconds: float


WHOLE = Size(9_000_000, 1_000_000, 100_000, 33_000, 200, 200, 50, 200, 300)
SMALL = Size(2_000, 1_000, 60, 20, 4, 5, 8, 24, 2)
