"""Which proofs of the two-proof rule survive in the files given, by the simulator's own record.

A verdict is provable when all its proofs survive:

`put`: this server put this copy into this mailbox.
    Delivered by LMTP: Dovecot's "saved mail" line for the file; or, the file being in the home of
    an account it was addressed to, Postfix's delivery line (the stored trace repeats its session
    id; as many files of the transaction there as it had recipients for that account), or the trace
    itself where the copy was alone in its LMTP transaction (Delivered-To).
    Lying in a home that no recipient names, or put there below the servers: Dovecot's line alone.
    Appended: mail_log's line, and for a master user the line of the login.
`meant`: for whom this provider accepted it.
    Postfix's delivery lines of all recipients of the queue file (any of them may be folded into the
    copy) and qmgr's, which counts them, and behind a filter those of the first queue file; or the
    "for" of Postfix's own Received line, there with a single
    recipient, as long as the copy is stored. Not needed for what a holder brought from elsewhere.
`whose` (a master user's append, a file in a strange home): the copy was alone in its LMTP
    transaction; else it could be that of any recipient. A file in a strange home is told apart also
    when all the other recipients have theirs, and the right one has none.
`content` (crossed): where whole messages changed places, cleanup's message-id line; where bodies did,
    a stored copy of the other message; and if they are not signed, all lines of both queue files
    (their sizes, which differ by more than folded lines make).
`source_...` (second-hand): the proofs of the copy or delivery that it comes from. What Sieve
    redirected carries its first trace below the second one.
"""

from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import Line
from postwarden.drills.simulated.maildir import Copy
from postwarden.drills.simulated.records import Arrival, Handover, Queued

Proofs = dict[str, bool]
_FOLDS = 8


def kept(line: Line | None) -> bool:
    """Whether a line was written and is in the files given."""
    return line is not None and line.kept


def proofs_of(copy: Copy, verdict: str, stored: frozenset[tuple[str, str]]) -> Proofs:
    """Give which proofs of this verdict survive, by name; `stored`: home and name of all there is."""
    if copy.put_by == "holder":
        return _put_by_holder(copy, verdict, stored)
    if copy.put_by == "operator":
        return _put_by_operator(copy)
    arrival = copy.arrival
    if arrival is None:
        return {"put": False}
    proofs = {"put": _put_proved(copy, arrival, stored), "meant": _meant_proved(arrival, copy)}
    queued = arrival.handovers[0].queued
    if copy.home != arrival.account and verdict == "misdelivered":
        proofs["whose"] = arrival.alone or _missing_alone(arrival, stored)
    if verdict == "crossed":
        proofs["content"] = _content_shows(copy, queued, stored)
    if verdict == "misdelivered" and queued.due_to is not None:
        proofs["source_put"] = _arrival_proved(queued.due_to)
        proofs["source_meant"] = _meant_proved(queued.due_to)
    return proofs


def _content_shows(copy: Copy, queued: Queued, stored: frozenset[tuple[str, str]]) -> bool:
    other = queued.exchanged_with
    if other is None:
        return all(map(kept, queued.content_lines))
    there = any((arrival.account, arrival.name) in stored for arrival in other.arrivals)
    if copy.gone or not there:
        return False
    signed = b"DKIM-Signature" in queued.letter.header
    return signed or (all(map(kept, other.lines + queued.lines)) and _sizes_tell(queued, other))


def _sizes_tell(queued: Queued, other: Queued) -> bool:
    """Whether unsigned bodies differ by more than a server's folding of long lines does."""
    one, two = queued.crossed_with, other.crossed_with
    return one is None or two is None or abs(_size(one) - _size(two)) > _FOLDS


def _size(letter: Letter) -> int:
    return len(letter.body) + letter.body.count(b"\n")


def _missing_alone(arrival: Arrival, stored: frozenset[tuple[str, str]]) -> bool:
    at_home = [(one.account, one.name) in stored for one in arrival.peers]
    return (arrival.account, arrival.name) not in stored and at_home.count(False) == 1


def _put_by_holder(copy: Copy, verdict: str, stored: frozenset[tuple[str, str]]) -> Proofs:
    put = {"put": all(map(kept, copy.put_lines))}
    if copy.source is None:
        return put
    source = proofs_of(copy.source, verdict, stored)
    if copy.source.home == copy.home:
        return source
    if verdict == "own":
        return put
    return put | {f"source_{name}": survives for name, survives in source.items()}


def _put_by_operator(copy: Copy) -> Proofs:
    proofs, source = {"put": all(map(kept, copy.put_lines))}, copy.source
    while source is not None and source.arrival is None:
        source = source.source
    if source is None or source.arrival is None:
        return proofs | {"meant": False}
    return proofs | {"meant": _meant_proved(source.arrival), "whose": source.arrival.alone}


def _put_proved(copy: Copy, arrival: Arrival, stored: frozenset[tuple[str, str]]) -> bool:
    addressed = {_account(handover.recipient.final) for handover in arrival.handovers}
    if copy.put_by == "files" or copy.home not in addressed or copy.home != arrival.account:
        return kept(arrival.line)
    if kept(arrival.line) or arrival.alone:
        return True
    there = {one.name for one in arrival.peers if (copy.home, one.name) in stored}
    due = [one for one in arrival.peers if _account(one.handovers[0].recipient.final) == copy.home]
    return len(there) <= len(due) and _arrival_proved(arrival)


def _arrival_proved(arrival: Arrival) -> bool:
    by_postfix = any(kept(handover.line) for handover in arrival.handovers)
    return kept(arrival.line) or by_postfix or arrival.alone


def _account(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _meant_proved(arrival: Arrival, copy: Copy | None = None) -> bool:
    first = arrival.handovers[0]
    told = (copy is None or not copy.gone) and _named_by_postfix(first)
    return told or all(map(_logged, arrival.handovers))


def _named_by_postfix(handover: Handover) -> bool:
    """Whether Postfix's "for" is there and names this recipient, not the one a BCC map added to."""
    outermost = handover.queued.outermost
    resent = handover.queued.lineage == "resent"
    named = outermost.recipients[0].first == handover.recipient.first
    return outermost.single and (named or resent)


def _logged(handover: Handover) -> bool:
    """Whether all lines are there of who the recipients were: qmgr's count, and each delivery."""
    queued = handover.queued
    told = all(map(kept, queued.lines[2:]))
    if queued.lineage != "filter" or queued.parent is None:
        return told
    return told and all(map(kept, [*queued.forward_lines, *queued.parent.lines[2:]]))
