"""Sentences about plans."""

from collections.abc import Iterator
from contextlib import contextmanager

from postwarden.cases.service import Refused as CaseRefused
from postwarden.custody.service import Plan, Refusal, Refused, Stage
from postwarden.vocabulary import PostwardenError, said
from postwarden.words.cases import refusal as case_refusal

_REFUSALS = {
    Refusal.OWN_PLAN: said("who asked for a plan cannot approve it; somebody else has to"),
    Refusal.APPROVED_ALREADY: said("they approved it already"),
    Refusal.WRONG_STAGE: said("the plan is not where that is possible: see `postwarden plans`"),
    Refusal.OTHER_PLAN: said("the approval is for another plan"),
    Refusal.EXPIRED: said("the approval has expired; approve it again"),
    Refusal.APPROVER_GONE: said(
        "whoever approved it may not do so any more, or their key was revoked; approve it again"
    ),
    Refusal.TOO_FEW: said("it still needs somebody's approval"),
    Refusal.TOO_LONG: said("an approval lasts 24 hours at most"),
    Refusal.FORGED: said(
        "the plan or an approval is not as it was signed; run `postwarden verify`"
    ),
    Refusal.NO_ACTS: said("the plan would do nothing"),
    Refusal.NO_EMERGENCY: said("only holds run before they are approved"),
    Refusal.TIED: said(
        "whoever asked for it and whoever approves it go back to one person, who let one of them"
        " in by the console; somebody has to who was added on the command line"
    ),
}


class NotPossible(PostwardenError):
    """The rules do not allow it; the text says why and what to do."""


@contextmanager
def not_possible() -> Iterator[None]:
    """Turn what the rules of plans and cases refuse into a sentence."""
    try:
        yield
    except Refused as error:
        raise NotPossible(refusal(error.refusal)) from None
    except CaseRefused as error:
        raise NotPossible(case_refusal(error.refusal)) from None


def refusal(why: Refusal) -> str:
    """Say why something is not allowed, and what to do."""
    return _REFUSALS[why]


def stopped(reason: str, again: str) -> str:
    """Say why a plan was stopped, and how it goes on.

    Args:
        reason: on record: somebody's, or a code where its approvals no longer hold.
        again: the command.
    """
    lapsed = {
        refusal.value: _REFUSALS[refusal]
        for refusal in (Refusal.EXPIRED, Refusal.APPROVER_GONE, Refusal.TIED)
    }
    why = lapsed.get(reason, reason)
    return f"The plan was stopped{f': {why}' if why else ''}. `{again}` goes on with it."


def acts(count: int) -> str:
    """Write "1 act", "1,200 acts"."""
    return "1 act" if count == 1 else f"{count:,} acts"


def stage(plan: Plan) -> str:
    """Say where a plan is, and what it waits for."""
    if plan.stage is Stage.FROZEN:
        return "waits for approval"
    if plan.emergency and not plan.approvals:
        return f"{plan.stage}, to be approved after"
    return str(plan.stage)
