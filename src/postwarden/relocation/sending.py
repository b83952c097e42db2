"""The deliveries of a batch to one store: published once, settled, and read back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from postwarden.relocation.errors import AmbiguousRouteError
from postwarden.relocation.keeping import ticket_of
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.ports import Route, Ticket, Where
from postwarden.relocation.rules import BETWEEN_TRIES, Sent, after_settling


@dataclass(frozen=True, slots=True)
class Sending:
    """Deliveries under way.

    Attributes:
        route: to the store.
        rows: with their tickets.
        fresh: those that were staged just now: nobody has published them before.
        rest: waits so many seconds.
    """

    route: Route
    rows: Sequence[DeliveryRow]
    fresh: Collection[int]
    rest: Callable[[float], None]

    def run(self) -> None:
        """Let what is staged arrive, and note of each delivery how far it is.

        Raises:
            AmbiguousRouteError: something is staged still, whatever was asked.
        """
        new = [ticket_of(row) for row in self.rows if row.pk in self.fresh]
        if new:
            self._publish(new)
        where = dict(self.route.settle([ticket_of(row) for row in self.rows]))
        staged = [ticket_of(row) for row in self.rows if where[row.key] is Where.STAGED]
        if staged:
            if new:
                self.rest(BETWEEN_TRIES)
            self._publish(staged)
            where |= self.route.settle(staged)
        for row in self.rows:
            row.sent = after_settling(where[row.key])
        self._read_back([row for row in self.rows if row.sent == Sent.ARRIVED])
        if any(row.sent == Sent.UNDER_WAY for row in self.rows):
            raise AmbiguousRouteError(f"{self.route.name}: what is staged does not arrive")

    def _publish(self, tickets: Sequence[Ticket]) -> None:
        """Let parcels arrive; where the answer is lost, settling tells what was done."""
        try:
            self.route.publish(tickets)
        except AmbiguousRouteError:
            return

    def _read_back(self, arrived: Sequence[DeliveryRow]) -> None:
        by_key = {row.key: row for row in arrived}
        for ticket, found in self.route.arrived([ticket_of(row) for row in arrived]):
            row = by_key[ticket.key]
            if isinstance(found, Where):
                row.sent = Sent.TAKEN
            elif found != row.content:
                row.sent = Sent.UNCLEAR
