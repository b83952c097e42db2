"""The two-proof rule: pure decisions on the facts of one copy.

`misdelivered` needs (1) proof that this server delivered this copy to this holder's mailbox and (2)
an original recipient, accepted by this provider, that the directory intended at the time of
acceptance does not lead to this holder. Whatever lacks one of them is `unexplained`, never accused.
Any original recipient that leads to the holder makes the copy rightful, since equal recipients fold
into one copy.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from itertools import chain

from postwarden.verdicts.facts import (
    Arrival,
    Citation,
    CopyFacts,
    Judgement,
    Leg,
    Original,
    Placed,
    Placement,
    Proof,
    Reason,
    Verdict,
)


class Entitlement(Enum):
    """Whether original recipients lead to an account."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def entitlement(originals: Sequence[Original], account: str) -> Entitlement:
    """Decide whether the directory leads any of the original recipients to the account.

    NO needs every original recipient to be decidable: an address outside the provider, one handed
    to a list manager, or a time that no directory covers leaves the question open.
    """
    if any(leads_to(original, account) for original in originals):
        return Entitlement.YES
    if originals and all(map(_decidable, originals)):
        return Entitlement.NO
    return Entitlement.UNKNOWN


def entitled(leg: Leg, account: str) -> Entitlement:
    """Decide it for a leg: NO only where all that may have been folded into it is known."""
    found = entitlement(leg.originals, account)
    return Entitlement.UNKNOWN if found is Entitlement.NO and not leg.whole else found


def leads_to(original: Original, account: str) -> bool:
    """Tell whether the intended directory leads the original recipient to the account."""
    destination = original.destination
    return account in destination.accounts or account in destination.entitled


def judge(facts: CopyFacts) -> Judgement:
    """Give the verdict on one copy; total and pure."""
    if facts.relocated is not None:
        return _relocated(facts.holder, facts.relocated)
    decided = next(filter(None, (_by_proof(facts, proof) for proof in Proof)), None)
    decided = decided or _by_placement(facts) or _by_wrong_home(facts)
    if decided is None or (decided.verdict is Verdict.MISDELIVERED and _may_be_another(facts)):
        return _unexplained(facts)
    return decided


def _relocated(holder: str, citation: Citation) -> Judgement:
    reason = Reason("relocated", (("account", holder),), (citation,))
    return Judgement(Verdict.RIGHTFUL, (reason,), rightful=(holder,))


def _by_proof(facts: CopyFacts, proof: Proof) -> Judgement | None:
    return _by_arrivals(facts, [a for a in facts.arrivals if a.proof is proof])


def _by_arrivals(facts: CopyFacts, arrivals: Sequence[Arrival]) -> Judgement | None:
    """Judge by deliveries proved alike: one that is right makes the folded copy right.

    Recipients fold within one part of a session. Where parts disagree, several files came to this
    mailbox, and nothing says which of them this one is.
    """
    decided = {a: j for a in arrivals if (j := _by_arrival(facts, a)) is not None}
    wrong = [j for j in decided.values() if j.verdict is Verdict.MISDELIVERED]
    right = [j for j in decided.values() if j.verdict is not Verdict.MISDELIVERED]
    by_session = all(arrival.proof is Proof.SESSION for arrival in decided)
    if by_session and _parts_disagree(decided):
        return None
    if right:
        return _folded(right[0], [*right[1:], *wrong])
    return _folded(wrong[0], wrong[1:]) if wrong else None


def _may_be_another(facts: CopyFacts) -> bool:
    """Tell whether this may be the file of another part of its session, which is right for the holder.

    All files of a transaction have one name, so that a lost line leaves open whose is whose: that of
    the part that is right, or that of the part that is wrong.
    """
    every = (*facts.arrivals, *facts.elsewhere)
    right = [arrival for arrival in every if _is_right(arrival, facts.holder)]
    here = [arrival for arrival in facts.arrivals if arrival.account == facts.holder]
    untold = bool(here) and not any(arrival.told for arrival in here)
    return any(not arrival.told for arrival in right) or (untold and bool(right))


def _is_right(arrival: Arrival, holder: str) -> bool:
    *before, last = arrival.legs
    return entitled(last, holder) is Entitlement.YES and first_wrong_leg(before) is None


def _parts_disagree(decided: Mapping[Arrival, Judgement]) -> bool:
    """Tell whether some parts of a session are right for the holder, and others wrong."""
    right: defaultdict[str | None, bool] = defaultdict(bool)
    for arrival, judgement in decided.items():
        right[arrival.part] |= judgement.verdict is not Verdict.MISDELIVERED
    return len(set(right.values())) > 1


def _folded(deciding: Judgement, others: Sequence[Judgement]) -> Judgement:
    """Name every original recipient and reason that was folded into one copy."""
    originals = [deciding.originals, *(other.originals for other in others)]
    reasons = [deciding.reasons, *(o.reasons for o in others if o.verdict is deciding.verdict)]
    rightful = {a for j in (deciding, *others) if j.verdict is deciding.verdict for a in j.rightful}
    return replace(
        deciding,
        originals=tuple(dict.fromkeys(chain.from_iterable(originals))),
        reasons=tuple(dict.fromkeys(chain.from_iterable(reasons))),
        rightful=tuple(sorted(rightful)),
    )


def _decidable(original: Original) -> bool:
    destination = original.destination
    return destination.covered and not destination.foreign and not destination.managed


def _by_arrival(facts: CopyFacts, arrival: Arrival) -> Judgement | None:
    """Judge by a delivery to the holder; None when its original recipients leave it open."""
    if arrival.account != facts.holder:
        return None
    wrong = first_wrong_leg(arrival.legs)
    deciding = wrong or arrival.legs[-1]
    second_hand = wrong is not None and wrong is not arrival.legs[-1]
    match entitled(deciding, facts.holder):
        case Entitlement.YES:
            return _crossed(facts, arrival) or _rightful(facts, arrival, deciding)
        case Entitlement.NO:
            return _misdelivered(facts.holder, arrival, deciding, second_hand=second_hand)
        case Entitlement.UNKNOWN:
            return None


def first_wrong_leg(legs: Sequence[Leg]) -> Leg | None:
    """Find the oldest leg whose original recipients do not lead to the account it ended at."""
    for leg in legs:
        if entitled(leg, leg.account) is Entitlement.NO:
            return leg
    return None


def _rightful(facts: CopyFacts, arrival: Arrival, leg: Leg) -> Judgement:
    leading = tuple(o for o in leg.originals if leads_to(o, facts.holder))
    return Judgement(
        Verdict.RIGHTFUL,
        (_arrived(arrival), *(_leads(original, facts.holder) for original in leading)),
        rightful=(facts.holder,),
        originals=leg.originals,
    )


def _misdelivered(holder: str, arrival: Arrival, leg: Leg, *, second_hand: bool) -> Judgement:
    owners = sorted({a for o in leg.originals for a in o.destination.accounts})
    reasons = [_arrived(arrival)]
    if second_hand:
        reasons += [_sent_on(step) for step in arrival.legs if step.onward]
    reasons += [_leads_elsewhere(original, holder) for original in leg.originals]
    return Judgement(
        Verdict.MISDELIVERED,
        tuple(reasons),
        rightful=tuple(owners),
        originals=leg.originals,
        second_hand=second_hand,
    )


def _crossed(facts: CopyFacts, arrival: Arrival) -> Judgement | None:
    content = facts.content
    if content.match is None or content.other_id is None:
        return None
    values = (("own", content.own_id or "-"), ("other", content.other_id))
    return Judgement(
        Verdict.CROSSED,
        (_arrived(arrival), Reason(f"content-{content.match}", values, content.citations)),
        originals=arrival.legs[-1].originals,
        other_message=content.other_id,
    )


def _by_placement(facts: CopyFacts) -> Judgement | None:
    """Judge a copy that an append or copy put there, or that its holder submitted."""
    for placed in facts.placed:
        if placed.by is Placement.HOLDER:
            return _second_hand_copy(facts, placed) or _own(_placed(placed))
        if placed.by is Placement.OPERATOR:
            decided = _by_operator(facts, placed)
            if decided is not None:
                return decided
    if facts.submitted_by_holder and not facts.traced:
        return _own(Reason("submitted-by-holder", (), facts.submitted_by_holder))
    return None


def _own(reason: Reason) -> Judgement:
    return Judgement(Verdict.OWN, (reason,))


def _second_hand_copy(facts: CopyFacts, placed: Placed) -> Judgement | None:
    """A holder's own copy of what had been misdelivered to another mailbox of theirs."""
    for arrival in facts.elsewhere:
        wrong = first_wrong_leg(arrival.legs)
        if wrong and entitled(wrong, facts.holder) is Entitlement.NO:
            judgement = _misdelivered(facts.holder, arrival, wrong, second_hand=True)
            return _with_reason(judgement, _placed(placed))
    return None


def _by_operator(facts: CopyFacts, placed: Placed) -> Judgement | None:
    """What operators put into a mailbox the provider delivered: a migration, a restore."""
    judgement = _by_other_deliveries(facts, facts.elsewhere)
    return judgement and _with_reason(judgement, _placed(placed))


def _by_wrong_home(facts: CopyFacts) -> Judgement | None:
    """The very file that was delivered to other accounts lies in this holder's home.

    Not where it was delivered to the holder as well, whatever is known of that delivery, unless a line
    names the file. It is not that of an account which still has its own, unless all have: then it is
    a duplicate.
    """
    named = [
        arrival
        for arrival in facts.arrivals
        if arrival.account != facts.holder and arrival.proof in _FILE_PROOFS
    ]
    by_name = any(arrival.proof is Proof.STORAGE_ID for arrival in named)
    near = facts.arrivals if by_name else (*facts.arrivals, *facts.elsewhere)
    if any(arrival.account == facts.holder for arrival in near):
        return None
    judgement = _by_other_deliveries(facts, named)
    if judgement is None or judgement.verdict is not Verdict.MISDELIVERED:
        return judgement
    missing = [arrival for arrival in named if not arrival.at_home] or named
    judgement = _by_other_deliveries(facts, missing) or judgement
    homes = ", ".join(sorted({arrival.account for arrival in missing}))
    citations = tuple(dict.fromkeys(chain.from_iterable(a.citations for a in missing)))
    return _with_reason(judgement, Reason("wrong-home", (("account", homes),), citations))


def _by_other_deliveries(facts: CopyFacts, arrivals: Sequence[Arrival]) -> Judgement | None:
    """Judge a copy that came from one of these deliveries, it is not known which.

    Copies of one LMTP transaction share session and file name, so that several may be named. One
    that leads to the holder makes it right; it is wrong only when every one leads elsewhere.
    """
    decided: list[Judgement | None] = []
    for arrival in arrivals:
        leg = first_wrong_leg(arrival.legs) or arrival.legs[-1]
        match entitled(leg, facts.holder):
            case Entitlement.YES:
                return _rightful(facts, arrival, leg)
            case Entitlement.NO:
                decided.append(_misdelivered(facts.holder, arrival, leg, second_hand=False))
            case Entitlement.UNKNOWN:
                decided.append(None)
    known = [judgement for judgement in decided if judgement is not None]
    if not known or len(known) < len(decided):
        return None
    return _folded(known[0], known[1:])


_FILE_PROOFS = frozenset({Proof.STORAGE_ID, Proof.PROCESS})


def _unexplained(facts: CopyFacts) -> Judgement:
    reasons: list[Reason] = []
    for arrival in facts.arrivals:
        if arrival.account == facts.holder:
            asked = list(_open_questions(arrival))
            reasons += [_arrived(arrival), *asked] if asked else [_once(arrival)]
    away = [arrival for arrival in facts.arrivals if arrival.account != facts.holder]
    for arrival in (*away, *facts.elsewhere):
        if arrival.account == facts.holder:
            reasons.append(_once(arrival))
        else:
            values = (("account", arrival.account),)
            reasons.append(Reason("delivered-elsewhere", values, arrival.citations))
    for placed in facts.placed:
        reasons.append(_placed(placed))
    reasons += [Reason("gap", (("source", source),)) for source in facts.gaps]
    if not facts.arrivals:
        reasons.append(Reason("no-delivery-proof"))
    originals = tuple(o for a in facts.arrivals for o in a.legs[-1].originals)
    return Judgement(Verdict.UNEXPLAINED, tuple(reasons), originals=originals)


def _open_questions(arrival: Arrival) -> Iterable[Reason]:
    originals = arrival.legs[-1].originals
    if not originals:
        yield Reason("no-original-recipient")
    for original in originals:
        destination, values = original.destination, (("address", original.address),)
        if not destination.covered:
            yield Reason("no-directory", values, original.citations)
        elif destination.foreign:
            yield Reason("foreign-recipient", values, original.citations)
        elif destination.managed:
            yield Reason("list-manager", values, _all(original))
    if not arrival.legs[-1].whole:
        yield Reason("recipients-missing")


def _with_reason(judgement: Judgement, reason: Reason) -> Judgement:
    return replace(judgement, reasons=(reason, *judgement.reasons))


def _arrived(arrival: Arrival) -> Reason:
    return Reason(f"delivered-{arrival.proof}", (("account", arrival.account),), arrival.citations)


def _once(arrival: Arrival) -> Reason:
    return Reason("delivered-once", (("account", arrival.account),), arrival.citations)


def _placed(placed: Placed) -> Reason:
    return Reason(f"placed-by-{placed.by}", (("actor", placed.actor),), placed.citations)


def _sent_on(leg: Leg) -> Reason:
    return Reason(f"sent-on-{leg.onward}", (("account", leg.account),), leg.citations)


def _leads(original: Original, holder: str) -> Reason:
    values = (("address", original.address), ("account", holder))
    return Reason("directory-leads-to-holder", values, _all(original))


def _leads_elsewhere(original: Original, holder: str) -> Reason:
    accounts = ", ".join(sorted(original.destination.accounts)) or "-"
    values = (("address", original.address), ("accounts", accounts), ("holder", holder))
    code = "directory-leads-elsewhere" if original.destination.known else "directory-knows-nobody"
    return Reason(code, values, _all(original))


def _all(original: Original) -> tuple[Citation, ...]:
    return original.citations + original.destination.citations
