"""What a batch of copies is put right with."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from postwarden.custody.service import Quarantine, Sealer
from postwarden.ledger.service import Ledger
from postwarden.relocation.errors import PermanentRouteError
from postwarden.relocation.ports import Filing, Route
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Crew:
    """What a batch is done with.

    Attributes:
        ledger: the record.
        quarantine: where removed copies are kept.
        sealer: encrypts them.
        routes: to the stores, by name.
        preserved: gives those accounts whose stored mail must stay as it is.
        filing: says where owners' filters file messages.
        header: gives the hash of a message's header below the provider's own trace.
        clock: gives the present.
        rest: waits so many seconds.
        step: a transaction that ends with an exception where somebody else carries the plan out now.
        go_on: raises `Stopped` where somebody stopped it.
        case: reference.
        plan: hash.
        actor: who runs it.
        mark: of this run; keys of staging hold it, so that no two runs share one.
    """

    ledger: Ledger
    quarantine: Quarantine
    sealer: Sealer
    routes: Mapping[str, Route]
    preserved: Callable[[Sequence[str]], frozenset[str]]
    filing: Filing
    header: Callable[[bytes], str]
    clock: Callable[[], Moment]
    rest: Callable[[float], None]
    step: Callable[[], AbstractContextManager[None]]
    go_on: Callable[[], None]
    case: str
    plan: str
    actor: str
    mark: str

    def route(self, store: str) -> Route:
        """Give the way to a store; raises `PermanentRouteError` where none is configured any more."""
        if store not in self.routes:
            raise PermanentRouteError(f"store {store}: postwarden.toml no longer names it")
        return self.routes[store]
