"""What is true of every copy, and what of it can be proved from the files given.

The two-proof rule, applied to the simulator's own record:

1. *put here*: Dovecot's "saved mail" line for this file, or (the file being in the home of the account
   delivered to) Postfix's delivery line whose session id the stored trace repeats, or the stored trace
   itself where the copy was alone in its LMTP transaction;
2. *meant for*: Postfix's delivery line (orig_to), or the "for" of Postfix's own Received line, which
   is there when the message was accepted with a single recipient.

`provable` is "both survive". A restored or mis-stored file (in the home of an account that no delivery
names) needs Dovecot's line. What a master user put there needs the line of the login and of the
append, and the trace of the message itself for the second proof. A second-hand copy needs the proofs
of its source, and the line that brought it. `own` needs the line of the append or copy. `crossed`
needs another copy or a DKIM signature to match, and, where the whole message changed places, cleanup's
message-id line.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from postwarden.drills.simulated.clock import rfc3339
from postwarden.drills.simulated.logs import Line
from postwarden.drills.simulated.maildir import Copy
from postwarden.drills.simulated.records import Arrival, Handover
from postwarden.drills.simulated.site import Site

WRONG = frozenset({"misdelivered", "crossed"})
EXPOSURES = (
    "opened",
    "listed",
    "downloaded",
    "answered",
    "forwarded",
    "copied",
    "moved",
    "expunged",
)


@dataclass(frozen=True)
class Row:
    """The truth of one copy; the package's docstring describes the fields."""

    account: str
    folder: str
    file: str
    message_id: str | None
    verdict: str
    allowed: list[str]
    provable: bool
    proofs: dict[str, bool]
    rightful: list[str]
    original_recipient: str | None
    original_recipients: list[str]
    queue_id: str | None
    delivered_at: str | None
    has_rightful_copy: bool | None
    exposure: dict[str, bool]
    recorded: dict[str, bool]
    second_hand: bool
    other_message: str | None
    gone: bool
    put_by: str


@dataclass(frozen=True)
class Truth:
    """All rows of a world, and where its provider tree is."""

    world: str
    out: Path
    rows: tuple[Row, ...]

    def save(self, path: Path) -> None:
        """Write one JSON object a line."""
        path.write_text(
            "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in self.rows)
        )


def rows_of(site: Site) -> tuple[Row, ...]:
    """Give the truth of every copy stored, or gone but logged as stored."""
    stored = {(copy.home, copy.name) for copy in site.store.copies if not copy.gone}
    rows = []
    reported: set[tuple[str, str]] = set()
    for copy in site.store.copies:
        if copy.gone and not _gone_and_logged(copy, stored, reported):
            continue
        rows.append(_row(copy, site))
    return tuple(rows)


def _gone_and_logged(
    copy: Copy, stored: set[tuple[str, str]], reported: set[tuple[str, str]]
) -> bool:
    key = copy.home, copy.name
    if key in stored or key in reported or not (copy.arrival and _kept(copy.arrival.line)):
        return False
    reported.add(key)
    return True


def _row(copy: Copy, site: Site) -> Row:
    verdict, rightful, second_hand = judged(copy)
    proofs = proofs_of(copy, verdict)
    provable = all(proofs.values())
    root = rooted(copy)
    arrival = root.arrival
    handovers = arrival.handovers if arrival else []
    originals = list(dict.fromkeys(_original(handover) for handover in handovers))
    other = handovers[0].queued.crossed_with if handovers else None
    return Row(
        copy.home,
        copy.folder,
        copy.path,
        copy.letter.message_id,
        verdict,
        _allowed(copy, verdict, provable=provable),
        provable,
        proofs,
        sorted(rightful),
        originals[0] if originals else None,
        originals,
        handovers[0].queued.queue_id if handovers else None,
        rfc3339(arrival.at) if arrival else None,
        _owners_have_it(copy, rightful, site) if verdict in WRONG else None,
        _exposure(copy, recorded=False),
        _exposure(copy, recorded=True),
        second_hand,
        other.message_id if other else None,
        copy.gone,
        copy.put_by,
    )


def rooted(copy: Copy) -> Copy:
    """Follow a copy to the delivered one it was made from, or to where its trail ends."""
    while copy.arrival is None and copy.source is not None:
        copy = copy.source
    return copy


def judged(copy: Copy) -> tuple[str, frozenset[str], bool]:
    """Give verdict, rightful accounts, and whether it came second-hand."""
    if copy.put_by == "holder":
        return _judged_put_by_holder(copy)
    root = rooted(copy)
    if root.arrival is None:
        return ("rightful" if copy.put_by == "operator" else "own"), frozenset({copy.home}), False
    return _judged_arrival(root.arrival, copy.home)


def _judged_put_by_holder(copy: Copy) -> tuple[str, frozenset[str], bool]:
    if copy.source is None:
        return "own", frozenset({copy.home}), False
    verdict, rightful, second_hand = judged(copy.source)
    if verdict not in WRONG:
        return "own", frozenset({copy.home}), False
    return verdict, rightful, second_hand or copy.source.home != copy.home


def _judged_arrival(arrival: Arrival, home: str) -> tuple[str, frozenset[str], bool]:
    rightful = arrival.rightful
    queued = arrival.handovers[0].queued
    if queued.crossed_with is not None:
        return "crossed", rightful, False
    if queued.due_to is not None and queued.truth is None:
        verdict, owners, _ = _judged_arrival(queued.due_to, queued.due_to.account)
        if verdict in WRONG and home not in owners:
            return verdict, owners, True
    return ("rightful" if home in rightful else "misdelivered"), rightful, False


def _original(handover: Handover) -> str:
    return handover.recipient.first


def _kept(line: Line | None) -> bool:
    return line is not None and line.kept


def proofs_of(copy: Copy, verdict: str) -> dict[str, bool]:
    """Give which proofs survive, by name; the verdict is provable when all do."""
    if copy.put_by == "holder":
        proofs = {"put": _kept(copy.put_line)}
        if verdict in WRONG and copy.source is not None:
            proofs |= {
                f"source_{key}": value for key, value in proofs_of(copy.source, verdict).items()
            }
        return proofs
    root = rooted(copy)
    if root.arrival is None:
        return {"put": _kept(copy.put_line), "meant": False}
    arrival = root.arrival
    proofs = {"put": _put_proved(copy, root, arrival), "meant": _meant_proved(arrival)}
    if verdict == "crossed":
        proofs["content"] = _content_proved(arrival)
    elif arrival.handovers[0].queued.due_to is not None and verdict in WRONG:
        proofs |= _second_hand_proofs(arrival)
    return proofs


def _put_proved(copy: Copy, root: Copy, arrival: Arrival) -> bool:
    if copy.put_by == "operator":
        return _kept(copy.put_line)
    if copy.home != arrival.account or copy is not root or copy.put_by == "files":
        return _kept(arrival.line)
    by_postfix = any(_kept(handover.line) for handover in arrival.handovers)
    named = copy.home in {_bare(handover.recipient.final) for handover in arrival.handovers}
    return _kept(arrival.line) or (named and (by_postfix or arrival.alone))


def _bare(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _meant_proved(arrival: Arrival) -> bool:
    handovers = arrival.handovers
    if all(_kept(handover.line) and _chain_kept(handover) for handover in handovers):
        return True
    return len(handovers) == 1 and handovers[0].queued.outermost.single and arrival.alone


def _chain_kept(handover: Handover) -> bool:
    queued = handover.queued
    return queued.lineage != "filter" or all(line.kept for line in queued.forward_lines)


def _content_proved(arrival: Arrival) -> bool:
    queued = arrival.handovers[0].queued
    return all(line.kept for line in queued.content_lines)


def _second_hand_proofs(arrival: Arrival) -> dict[str, bool]:
    due = arrival.handovers[0].queued.due_to
    if due is None:
        return {}
    return {"source_put": _kept(due.line), "source_meant": _meant_proved(due)}


def _allowed(copy: Copy, verdict: str, *, provable: bool) -> list[str]:
    if verdict in WRONG:
        return [verdict] if provable else ["unexplained"]
    if copy.put_by == "operator" or verdict == "own":
        return ["own", "rightful"] if provable else ["own", "rightful", "unexplained"]
    return [verdict] if provable else [verdict, "unexplained"]


def _owners_have_it(copy: Copy, rightful: Iterable[str], site: Site) -> bool | None:
    owners = set(rightful)
    if not owners:
        return None
    holding = {
        other.home for other in site.store.copies if not other.gone and other.letter is copy.letter
    }
    return owners <= holding


def _exposure(copy: Copy, *, recorded: bool) -> dict[str, bool]:
    done = {what for what, lines in copy.done if not recorded or all(line.kept for line in lines)}
    return {what: what in done for what in EXPOSURES}
