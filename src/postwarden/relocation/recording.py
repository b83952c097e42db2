"""What the record says of copies while they are put right: one entry an account, of all its copies."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from postwarden.ledger.service import Entry
from postwarden.relocation.crew import Crew
from postwarden.relocation.keeping import Job
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.rules import Stage


def record(crew: Crew, act: str, told: Iterable[tuple[str, list[object]]]) -> None:
    """Write an act, in the caller's transaction.

    Args:
        crew: whose ledger it is.
        act: its code.
        told: an account, and what is said of one of its copies.
    """
    by_person: defaultdict[str, list[list[object]]] = defaultdict(list)
    for person, one in told:
        by_person[person].append(one)
    entries = [
        Entry(
            act,
            crew.actor,
            case=crew.case,
            person=person,
            plan=crew.plan,
            detail={"copies": copies},
        )
        for person, copies in by_person.items()
    ]
    crew.ledger.append(entries, crew.clock())


def record_delivered(crew: Crew, some: Sequence[Job], rows: Sequence[DeliveryRow]) -> None:
    """Write how far the deliveries of copies are, in the caller's transaction."""
    findings = {job.row.pk: job.row.finding for job in some}
    told: list[tuple[str, list[object]]] = [
        (row.account, [findings[row.copy_id], row.sent, row.content, row.guid]) for row in rows
    ]
    record(crew, "copy.delivered", told)


def record_ended(crew: Crew, some: Sequence[Job]) -> None:
    """Write what became of those copies that are at their end, in the caller's transaction."""
    told = ((job.row.holder, _ended(job)) for job in some if job.stage is Stage.ENDED)
    record(crew, "copy.ended", told)


def _ended(job: Job) -> list[object]:
    row, repair = job.row, job.repair
    return [
        *(row.finding, row.outcome, row.why, row.content, row.quarantined, row.sealed),
        *(repair.copy.guid or "", repair.message, repair.queue),
    ]
