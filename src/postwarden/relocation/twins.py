"""Copies that the server delivered twice: that one may still go, looked at just before it does."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from hashlib import sha256

from postwarden.relocation.crew import Crew
from postwarden.relocation.keeping import Job
from postwarden.relocation.owning import being_taken
from postwarden.relocation.pacing import Course, asked
from postwarden.relocation.ports import Absence, Original, Route, Wanted


def used_since(crew: Crew, removing: Sequence[Job]) -> Course[list[Job]]:
    """Give those duplicates that stay: their holder has used them, or the one that was to stay does not.

    Two plans of different snapshots may each take the other's. Each has written before this that it takes
    its own, and asks before it looks whether another one takes the twin: so one of them at least leaves it.

    Raises the room's route errors.
    """
    stores: defaultdict[str, list[Job]] = defaultdict(list)
    for job in removing:
        if job.repair.twin is not None:
            stores[job.repair.store].append(job)
    used: list[Job] = []
    for store, some in stores.items():
        twins = [job.repair.twin for job in some if job.repair.twin is not None]
        going = being_taken([twin.id for twin in twins])
        copies = [*(job.repair.copy for job in some), *twins]
        route = crew.route(store)
        found = yield from asked(route, partial(_read, route, copies))
        used += [job for job in some if not _may_go(job, found, going)]
    return used


def _read(route: Route, copies: Sequence[Wanted]) -> dict[str, Original | Absence]:
    return {copy.id: found for copy, found in route.read(copies)}


def _may_go(job: Job, found: Mapping[str, Original | Absence], going: Collection[str]) -> bool:
    """Tell it; of a copy that is gone already nothing is removed."""
    here, twin = found[job.repair.copy.id], job.repair.twin
    if not isinstance(here, Original):
        return True
    other = found[twin.id] if twin is not None and twin.id not in going else None
    if not isinstance(other, Original):
        return False
    unused = not here.flags and not here.keywords and here.folder == job.repair.copy.folder
    return unused and _body(here) == _body(other)


def _body(original: Original) -> bytes:
    _, _, body = original.content.partition(b"\r\n\r\n")
    return sha256(body).digest()
