"""What may become of a plan (pure)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from postwarden.custody.acts import Act, Kind, accounts_of, kinds_of
from postwarden.vocabulary import Moment, rfc3339

APPROVALS: Mapping[Kind, int] = {
    Kind.HOLD: 1,
    Kind.RELEASE: 1,
    Kind.RELEASE_PROVEN: 0,
    Kind.RELOCATE: 1,
    Kind.DELIVER: 1,
    Kind.DEDUPLICATE: 1,
    Kind.KEEP: 1,
    Kind.LEAVE: 0,
    Kind.RESTORE: 1,
}
"""How many others must approve an act of a kind; a plan needs the most of any of its acts.

Of an act that a machine's proof allows, the proof is checked when it is carried out.
"""

RESUMABLE = frozenset(
    {Kind.RELOCATE, Kind.DELIVER, Kind.DEDUPLICATE, Kind.KEEP, Kind.LEAVE, Kind.RESTORE}
)
"""Kinds of acts that can be stopped at any of them, and gone on with."""


class Mismatch(StrEnum):
    """What becomes of acts that no longer fit when the plan runs."""

    STOP = "stop"
    LEAVE_OUT = "leave-out"


class Stage(StrEnum):
    """Where a plan is."""

    FROZEN = "frozen"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    ABANDONED = "abandoned"


class Refusal(StrEnum):
    """Why something is not allowed; shells have the sentences."""

    OWN_PLAN = "own-plan"
    APPROVED_ALREADY = "approved-already"
    WRONG_STAGE = "wrong-stage"
    OTHER_PLAN = "other-plan"
    EXPIRED = "expired"
    APPROVER_GONE = "approver-gone"
    TOO_FEW = "too-few-approvals"
    TOO_LONG = "expires-too-late"
    FORGED = "forged"
    NO_ACTS = "no-acts"
    NO_EMERGENCY = "no-emergency"
    TIED = "tied"


_BEGINS = (Stage.FROZEN, Stage.APPROVED)
_BEGUN = (Stage.RUNNING, Stage.DONE, Stage.STOPPED)
LONGEST = 24 * 3_600_000_000
"""Microseconds that an approval may last."""


class Approval(NamedTuple):
    """Somebody's signed consent to exactly this plan, until it expires."""

    approver: str
    plan: str
    acts: int
    expires: Moment
    at: Moment


@dataclass(frozen=True)  # without slots: its hash is computed once
class Plan:
    """A frozen plan.

    Attributes:
        case: reference of the case it belongs to.
        reason: why.
        requester: who asked for it.
        acts: what is to be done, in order.
        mismatch: what becomes of acts that no longer fit.
        emergency: runs at once, and is approved after.
        made: when it was frozen.
        stage: where it is.
        approvals: those given so far.
    """

    case: str
    reason: str
    requester: str
    acts: Sequence[Act]
    mismatch: Mismatch
    emergency: bool
    made: Moment
    stage: Stage = Stage.FROZEN
    approvals: tuple[Approval, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 over everything that is approved, hex."""
        return sha256(canonical(self)).hexdigest()

    @property
    def needed(self) -> int:
        """How many others must approve."""
        return max(APPROVALS[kind] for kind in self.kinds)

    @property
    def kinds(self) -> frozenset[Kind]:
        """What kinds of acts there are."""
        return kinds_of(self.acts)

    @property
    def accounts(self) -> frozenset[str]:
        """Every account that it is about."""
        return frozenset(one for act in self.acts for one in accounts_of(act))


def named(plan: Plan, hashed: str) -> Plan:
    """Give a plan whose hash is known, so that it is not computed from all its acts once more."""
    plan.__dict__["hash"] = hashed
    return plan


def canonical(plan: Plan) -> bytes:
    """Give the bytes that the hash covers: equal plans give equal bytes."""
    told = {
        "acts": tuple(plan.acts),
        "case": plan.case,
        "emergency": plan.emergency,
        "made": plan.made,
        "mismatch": plan.mismatch,
        "reason": plan.reason,
        "requester": plan.requester,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def consent(plan: str, count: int, expires: Moment) -> bytes:
    """Give the words that an approver signs."""
    return f"postwarden: approve plan {plan} of {count} acts until {rfc3339(expires)}\n".encode()


class Approve(NamedTuple):
    """Somebody approves; their signature was checked."""

    approval: Approval


class Begin(NamedTuple):
    """A worker is about to carry it out."""


class Finish(NamedTuple):
    """It was carried out."""


class Stop(NamedTuple):
    """It was stopped: because acts no longer fit, or by somebody."""


class Resume(NamedTuple):
    """It goes on where it was stopped."""


class Abandon(NamedTuple):
    """Nobody goes on with it: what of it has not begun is given up."""


class Withdraw(NamedTuple):
    """Its requester, or somebody in charge, takes it back."""


Event = Approve | Begin | Finish | Stop | Resume | Abandon | Withdraw


def decide(plan: Plan, event: Event, now: Moment) -> Plan | Refusal:
    """Give the plan after an event, or why that is not allowed."""
    match event:
        case Approve(approval):
            return _approved(plan, approval, now)
        case Begin():
            return _begun(plan, now)
        case Finish() | Stop():
            ended = Stage.DONE if isinstance(event, Finish) else Stage.STOPPED
            return _moved(plan, (Stage.RUNNING,), ended)
        case Resume():
            return _resumed(plan, now)
        case Abandon():
            begun = (Stage.RUNNING, Stage.STOPPED) if _is_resumable(plan) else ()
            return _moved(plan, begun, Stage.ABANDONED)
        case Withdraw():
            return _moved(plan, (Stage.FROZEN, Stage.APPROVED), Stage.WITHDRAWN)


def valid(plan: Plan, now: Moment) -> Sequence[Approval]:
    """Give the approvals that count now."""
    return [one for one in plan.approvals if one.expires > now]


def awaits(plan: Plan, now: Moment) -> bool:
    """Tell whether a plan waits for somebody's approval: to begin, or having begun in an emergency."""
    if plan.emergency:
        return not plan.approvals and plan.stage in (*_BEGINS, *_BEGUN)
    return plan.stage in _BEGINS and len(valid(plan, now)) < plan.needed


def freeze(plan: Plan) -> Plan | Refusal:
    """Give a new plan as it may be frozen: with acts, and in a hurry only to hold."""
    if not plan.acts:
        return Refusal.NO_ACTS
    if plan.emergency and plan.kinds != {Kind.HOLD}:
        return Refusal.NO_EMERGENCY
    return plan


def _approved(plan: Plan, approval: Approval, now: Moment) -> Plan | Refusal:
    after = plan.emergency and plan.stage in (Stage.RUNNING, Stage.DONE, Stage.STOPPED)
    given = {one.approver for one in valid(plan, now)}
    again = plan.stage is Stage.STOPPED and _is_resumable(plan)
    checks = (
        (after or again or plan.stage in (Stage.FROZEN, Stage.APPROVED), Refusal.WRONG_STAGE),
        ((approval.plan, approval.acts) == (plan.hash, len(plan.acts)), Refusal.OTHER_PLAN),
        (approval.approver != plan.requester, Refusal.OWN_PLAN),
        (approval.expires > now, Refusal.EXPIRED),
        (approval.expires <= now + LONGEST, Refusal.TOO_LONG),
        (approval.approver not in given, Refusal.APPROVED_ALREADY),
    )
    for fits, refusal in checks:
        if not fits:
            return refusal
    grown = replace(plan, approvals=(*plan.approvals, approval))
    if after or again or len(valid(grown, now)) < plan.needed:
        return grown
    return replace(grown, stage=Stage.APPROVED)


def _begun(plan: Plan, now: Moment) -> Plan | Refusal:
    at_once = plan.emergency or not plan.needed
    if at_once and plan.stage is Stage.FROZEN:
        return replace(plan, stage=Stage.RUNNING)
    if plan.stage is not Stage.APPROVED:
        return Refusal.TOO_FEW if plan.stage is Stage.FROZEN else Refusal.WRONG_STAGE
    if len(valid(plan, now)) < plan.needed:
        return Refusal.EXPIRED
    return replace(plan, stage=Stage.RUNNING)


def _moved(plan: Plan, stages: Collection[Stage], to: Stage) -> Plan | Refusal:
    return replace(plan, stage=to) if plan.stage in stages else Refusal.WRONG_STAGE


def _resumed(plan: Plan, now: Moment) -> Plan | Refusal:
    if plan.stage is not Stage.STOPPED or not _is_resumable(plan):
        return Refusal.WRONG_STAGE
    if len(valid(plan, now)) < plan.needed:
        return Refusal.EXPIRED
    return replace(plan, stage=Stage.RUNNING)


def _is_resumable(plan: Plan) -> bool:
    return plan.kinds <= RESUMABLE
