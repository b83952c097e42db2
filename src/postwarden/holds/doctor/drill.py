"""The hold of a drill: rows, record, projection and effects as of any hold, for one account and no plan.

A plan would wait for somebody's approval after each run. So the doctor's hold is one of its own, named
"doctor" in the place of case and plan: it neither hides nor ends the holds of cases.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from postwarden.holds.desk import HoldDesk
from postwarden.holds.effects import EFFECTS, due_effects
from postwarden.holds.file import HeldAccounts
from postwarden.holds.keeping import locked_revision, open_holds, open_rows, write_accounts
from postwarden.holds.models import HoldRow
from postwarden.holds.ports import Languages
from postwarden.holds.rules import Event, Hold, Kind, Lift, Place, Refusal, decide
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission
from postwarden.state import outbox
from postwarden.vocabulary import Moment

NAME = "doctor"
_WHY = "proof on the live servers with a throw-away account"


@dataclass(frozen=True, slots=True)
class Drill:
    """Holds and releases the throw-away account.

    Attributes:
        desk: of holds.
        folder: of the projection.
        account: in normal form.
        who: runs the doctor.
        clock: gives the present.
        languages: of holders.
    """

    desk: HoldDesk
    folder: str
    account: str
    who: Member
    clock: Callable[[], Moment]
    languages: Languages

    def permit(self) -> None:
        """Raise `NotAllowed` where the roles of whoever runs it do not allow a hold of the account."""
        organisation = self.desk.desk.organisation_of(self.account)
        self.who.allowed(Permission.HOLD_REQUEST, organisation)

    def others(self) -> list[str]:
        """Give the cases that hold the account in earnest; "" for a hold of no case."""
        rows = open_rows().filter(account=self.account, kind=Kind.LOGIN).exclude(case=NAME)
        return sorted(rows.values_list("case", flat=True))

    def hold(self) -> str:
        """Hold the account; give the sentence that it is refused with from now on.

        Raises:
            ProjectionUnfit: the servers' file cannot be written.
        """
        self._change(Place(Hold(Kind.LOGIN, NAME, plan=NAME)))
        return HeldAccounts(self.folder).reason(self.account) or ""

    def release(self) -> None:
        """Release the account, where it is held by a drill; raises as `hold`."""
        self._change(Lift(Kind.LOGIN, NAME, plan=NAME))

    def note(self, act: str, detail: dict[str, object]) -> None:
        """Put an act of the doctor on record."""
        entry = Entry(act, self.who.name, _WHY, person=self.account, detail=detail)
        with transaction.atomic():
            self.desk.desk.ledger.append([entry], self.clock())

    def trouble(self) -> str:
        """Say what keeps the worker from what it has to do about the account; "" for nothing known."""
        waiting = outbox.waiting(EFFECTS)
        return next((told for effect, told in waiting if effect.subject == NAME and told), "")

    def _change(self, event: Event) -> None:
        languages = self.languages([self.account])
        with transaction.atomic():
            revision = locked_revision()
            before = open_holds([self.account])[self.account]
            after = decide(before, event)
            if not isinstance(after, Refusal):
                self._write(event, after, revision, languages.get(self.account, ""))
        self.desk.refresh(self.clock)

    def _write(self, event: Event, after: frozenset[Hold], revision: int, language: str) -> None:
        now = self.clock()
        if isinstance(event, Place):
            HoldRow.objects.create(
                account=self.account,
                kind=event.hold.kind,
                case=NAME,
                wording=event.hold.wording,
                plan=NAME,
                since=now,
            )
        else:
            rows = open_rows().filter(account=self.account, kind=event.kind, case=NAME)
            rows.update(ended=now, ended_plan=NAME)
        act = "hold.placed" if isinstance(event, Place) else "hold.released"
        known = {self.account: language} if language else {}
        organisations = self.desk.desk.organisations
        changed = write_accounts({self.account: after}, revision, organisations, known)
        entry = Entry(act, self.who.name, _WHY, person=self.account, detail={"by": NAME})
        self.desk.desk.ledger.append([entry], now)
        due_effects(NAME, changed, now)
