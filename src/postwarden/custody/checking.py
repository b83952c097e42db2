"""Plans and approvals as they are kept: read back, and checked against what was signed and recorded."""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from postwarden.custody.acts import Act, packed
from postwarden.custody.models import ApprovalRow, PlanRow
from postwarden.custody.rules import (
    LONGEST,
    Approval,
    Mismatch,
    Plan,
    Refusal,
    Stage,
    consent,
    freeze,
    named,
)
from postwarden.ledger.service import Ledger, Wanted
from postwarden.people.service import BadKey, UnknownIdentity, check, member
from postwarden.state.service import Remembered, in_pieces

FROZEN = "plan.frozen"
"""The act of the ledger's entry about a new plan."""
_SETTLED = (Stage.APPROVED, Stage.RUNNING, Stage.DONE, Stage.STOPPED, Stage.ABANDONED)


def forged(ledger: Ledger) -> list[str]:
    """Check every plan and approval kept; give a sentence for each fault, those of one plan together.

    A plan that the ledger tells of and that is gone is a fault, too, and so is one that it does not tell
    of; of a case whose facts were erased or changed the ledger cannot tell either.
    """
    frozen, erased = dict[str, None](), set[str | None]()
    for one in ledger.entries(Wanted(act=FROZEN)):
        if "plan" in one.facts:
            frozen[one.facts["plan"]] = None
        else:
            erased.add(one.case)
    kept = dict(PlanRow.objects.order_by("hash").values_list("hash", "case"))
    strange = [hashed for hashed in kept.keys() - frozen.keys() if kept[hashed] not in erased]
    rows = PlanRow.objects.order_by("hash").defer("text").iterator()
    return [
        *(f"plan {row.hash[:12]}: {fault}" for row in rows for fault in faults(row)),
        *(f"plan {hashed[:12]}: is gone, though it was frozen" for hashed in frozen.keys() - kept),
        *(f"plan {hashed[:12]}: nobody is on record as having frozen it" for hashed in strange),
    ]


def faults(row: PlanRow) -> list[str]:
    """Say what of a plan is not as it was frozen and signed."""
    if not _is_frozen_text(row):
        return ["its acts are not those that were frozen"]
    if row.stage not in set(Stage):
        return ["it is where no plan can be"]
    plan = readable(row)
    if plan is None:
        return ["its text is none of a plan"]
    return list(_of_plan(plan, list(row.approvals.order_by("pk"))))


def sound(row: PlanRow) -> Plan | None:
    """Read a plan; None where something of it is not as it was frozen and signed."""
    plan = readable(row)
    return None if plan is None or any(_of_plan(plan, list(row.approvals.order_by("pk")))) else plan


def readable(row: PlanRow) -> Plan | None:
    """Read a plan, whatever became of its approvals; None where its text or stage is none of ours."""
    return _read(row, _READER.told)


def listed(rows: Iterable[PlanRow], most: int = 50) -> Iterator[tuple[PlanRow, Plan | None]]:
    """Give plans for a list: each as `readable`, but a text that was read once is not looked at again.

    What is given is what the row's hash covers, whatever became of the text since.

    Args:
        rows: without their texts.
        most: so many texts are read at once.
    """
    left = iter(rows)
    while some := list(islice(left, most)):
        new = [row.hash for row in some if not _READER.knows(row.hash)]
        texts = (
            dict(PlanRow.objects.filter(hash__in=new).values_list("hash", "text")) if new else {}
        )
        for row in some:
            if row.hash in texts:
                row.text = texts[row.hash]
            yield row, _read(row, _READER.known)


class _Told(NamedTuple):
    """What a text with this hash says: all but its acts, and these."""

    hash: str
    rest: dict[str, Any]
    acts: Sequence[Act]


class _Reader:
    """Reads texts of plans; each is asked for several times, and its acts may be many.

    What was read is remembered by its hash: of the plans that were asked for last, some megabytes of acts as
    `packed` has them.
    """

    def __init__(self) -> None:
        self._texts = Remembered[_Told](100_000, lambda told: len(told.acts) + 1)

    def told(self, row: PlanRow) -> _Told:
        """Read a text; raise as `packed`, also where it has not the hash of its row."""
        known = self._texts.known(row.hash)
        hashed = sha256()
        pieces = _hashed(in_pieces(row, "text"), hashed.update)
        if known is not None:
            deque(pieces, maxlen=0)
        else:
            acts, rest = packed(pieces)
            known = _Told(row.hash, json.loads("{" + rest), acts)
        if hashed.hexdigest() != row.hash:
            raise ValueError("it was changed")
        return self._texts.keep(row.hash, known)

    def knows(self, hashed: str) -> bool:
        """Tell whether what a text says is remembered."""
        return self._texts.known(hashed) is not None

    def known(self, row: PlanRow) -> _Told:
        """Give what a text says that was read already; else read it."""
        return self._texts.known(row.hash) or self.told(row)


_READER = _Reader()


def _read(row: PlanRow, read: Callable[[PlanRow], _Told]) -> Plan | None:
    if row.stage not in set(Stage):
        return None
    try:
        return _plan(row, read(row))
    except (
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
    ):  # whoever changed it may write anything
        return None


def _plan(row: PlanRow, read: _Told) -> Plan:
    told = read.rest
    plan = Plan(
        case=told["case"],
        reason=told["reason"],
        requester=told["requester"],
        acts=read.acts,
        mismatch=Mismatch(told["mismatch"]),
        emergency=told["emergency"],
        made=told["made"],
        stage=Stage(row.stage),
        approvals=tuple(
            Approval(one.approver, row.hash, one.count, one.expires, one.at)
            for one in sorted(row.approvals.all(), key=lambda one: one.pk)
        ),
    )
    return named(plan, row.hash)  # which its text has: see `readable`


def _is_frozen_text(row: PlanRow) -> bool:
    """Tell whether a plan's text, which was kept as its hash covers it, still has that hash."""
    hashed = sha256()
    deque(_hashed(in_pieces(row, "text"), hashed.update), maxlen=0)
    return hashed.hexdigest() == row.hash


def _hashed(pieces: Iterable[str], update: Callable[[bytes], object]) -> Iterator[str]:
    """Give pieces of a text, each of them hashed as it is taken."""
    for piece in pieces:
        update(piece.encode())
        yield piece


def _of_plan(plan: Plan, given: list[ApprovalRow]) -> Iterator[str]:
    if isinstance(freeze(plan), Refusal):
        yield "it could never have been frozen"
        return
    for one in given:
        if not _signed(plan.hash, one):
            yield f"the approval of {one.approver} is not theirs"
        elif one.approver == plan.requester:
            yield f"{one.approver} approved what they asked for themselves"
        elif one.count != len(plan.acts) or one.expires > one.at + LONGEST:
            yield f"the approval of {one.approver} is of another plan"
    used = Counter((one.approver, one.signature) for one in given)
    yield from (
        f"one signature of {approver} counts {times} times"
        for (approver, _), times in used.items()
        if times > 1
    )
    approvers = {one.approver for one in given}
    if not plan.emergency and plan.stage in _SETTLED and len(approvers) < plan.needed:
        yield f"it is {plan.stage} without the approvals it needs"


def _signed(hashed: str, given: ApprovalRow) -> bool:
    try:
        keys = [key for key in member(given.approver).keys if key.fingerprint == given.fingerprint]
        message = consent(hashed, given.count, given.expires)
        for key in keys:
            check(message, given.signature, key.public)
    except (BadKey, UnknownIdentity):
        return False
    return any(key.revoked_at is None or key.revoked_at > given.at for key in keys)
