"""What is true of every copy, as the simulator knows it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from postwarden.drills.simulated.clock import rfc3339
from postwarden.drills.simulated.logs import EVENTS, Line
from postwarden.drills.simulated.maildir import Copy
from postwarden.drills.simulated.proofs import Proofs, kept, proofs_of
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
    opened: bool | None
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
    there = frozenset(stored)
    lost = [line.moment for line in site.logs.lines if line.log == EVENTS and not line.kept]
    holding: dict[int, set[str]] = {}
    for copy in site.store.copies:
        if not copy.gone and judged(copy)[0] != "misdelivered":
            holding.setdefault(id(copy.letter), set()).add(copy.home)
    rows = []
    for copy in site.store.copies:
        if copy.gone:
            if (copy.home, copy.name) in stored or not (copy.arrival and kept(copy.arrival.line)):
                continue
            stored.add((copy.home, copy.name))
        rows.append(
            _row(
                copy,
                holding.get(id(copy.letter), set()),
                there,
                max(lost, default=0),
            )
        )
    return tuple(rows)


def _row(
    copy: Copy, holding: set[str], stored: frozenset[tuple[str, str]], blind_until: int
) -> Row:
    verdict, rightful, second_hand = judged(copy)
    proofs = proofs_of(copy, verdict, stored)
    provable = all(proofs.values())
    arrival = rooted(copy).arrival
    handovers = arrival.handovers if arrival else []
    first = _first_hand(handovers, astray=second_hand or (arrival is not None and _astray(arrival)))
    originals = list(dict.fromkeys(map(_original, first)))
    crossed = [arrival.crossed_with] if arrival else []
    other = next(filter(None, [*crossed, *(one.queued.crossed_with for one in first)]), None)
    exposure, recorded = _exposure(copy, recorded=False), _exposure(copy, recorded=True)
    return Row(
        account=copy.home,
        folder=copy.folder,
        file=copy.path,
        message_id=copy.letter.message_id,
        verdict=verdict,
        allowed=_allowed(copy, verdict, proofs, provable=provable),
        provable=provable,
        proofs=proofs,
        rightful=sorted(rightful),
        original_recipient=originals[0] if originals else None,
        original_recipients=originals,
        queue_id=handovers[0].queued.queue_id if handovers else None,
        delivered_at=rfc3339(arrival.at) if arrival else None,
        has_rightful_copy=rightful <= holding if verdict == "misdelivered" and rightful else None,
        exposure=exposure,
        recorded=recorded,
        opened=_opened(copy, exposure, recorded, blind_until),
        second_hand=second_hand,
        other_message=other.message_id if other else None,
        gone=copy.gone,
        put_by=copy.put_by,
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
    if root.arrival is not None:
        return _judged_arrival(root.arrival, copy.home)
    if root.home != copy.home:
        return "misdelivered", frozenset({root.home}), False
    return "rightful" if copy.put_by == "operator" else "own", frozenset({copy.home}), False


def _judged_put_by_holder(copy: Copy) -> tuple[str, frozenset[str], bool]:
    if copy.source is None:
        return "own", frozenset({copy.home}), False
    verdict, rightful, second_hand = judged(copy.source)
    if verdict not in WRONG or copy.home in rightful:
        return "own", frozenset({copy.home}), False
    return verdict, rightful, second_hand or copy.source.home != copy.home


def _judged_arrival(arrival: Arrival, home: str) -> tuple[str, frozenset[str], bool]:
    rightful = arrival.rightful
    queued = arrival.handovers[0].queued
    if queued.crossed_with is not None or arrival.crossed_with is not None:
        return "crossed", rightful, False
    if queued.due_to is not None:
        verdict, owners, _ = _judged_arrival(queued.due_to, queued.due_to.account)
        if verdict in WRONG and home not in owners:
            return verdict, owners, True
    return ("rightful" if home in rightful else "misdelivered"), rightful, False


def _astray(arrival: Arrival) -> bool:
    """Whether somebody sent it on who should never have had it."""
    due_to = arrival.handovers[0].queued.due_to
    return due_to is not None and _judged_arrival(due_to, due_to.account)[0] in WRONG


def _first_hand(handovers: list[Handover], *, astray: bool) -> list[Handover]:
    """Follow redirects back to the delivery that was wrong."""
    while astray and handovers and (due_to := handovers[0].queued.due_to) is not None:
        handovers = due_to.handovers
    return handovers


def _original(handover: Handover) -> str:
    queued = handover.queued
    if queued.lineage == "resent" and queued.parent is not None:
        return queued.parent.recipients[0].first
    return handover.recipient.first


def _allowed(copy: Copy, verdict: str, proofs: Proofs, *, provable: bool) -> list[str]:
    if verdict == "crossed":
        return [verdict] if provable else ["rightful", "unexplained"]
    if verdict == "misdelivered":
        ambiguous = [verdict] if "whose" in proofs else []
        brought = ["own"] if copy.put_by == "holder" else []
        return [verdict] if provable else [*ambiguous, *brought, "unexplained"]
    moved_home = copy.arrival is not None and copy.home != copy.arrival.account
    if not provable or moved_home:
        return [
            verdict,
            "unexplained",
            *({"own", "rightful"} - {verdict} if copy.put_by != "lmtp" else ()),
        ]
    if copy.put_by == "holder" and copy.source is not None:
        crossed = judged(copy.source)[0] == "crossed"
        return ["own", "rightful", *(["crossed"] if crossed else ())]
    return [verdict]


def _opened(
    copy: Copy, really: dict[str, bool], recorded: dict[str, bool], blind_until: int
) -> bool | None:
    flagged = "S" in copy.flags and not copy.gone and (really["opened"] or really["downloaded"])
    if flagged or recorded["opened"] or recorded["downloaded"]:
        return True
    since = copy.arrival.at if copy.arrival else copy.internal_date
    return None if since < blind_until else False


def _done(copy: Copy) -> list[tuple[str, list[Line]]]:
    """What was done to a copy, and to the one in the same home that it is a link of."""
    linked = copy.put_by == "holder" and copy.source is not None and copy.source.inode == copy.inode
    if linked and copy.source is not None and copy.source.home == copy.home:
        return copy.done + _done(copy.source)
    return copy.done


def _exposure(copy: Copy, *, recorded: bool) -> dict[str, bool]:
    done = {what for what, lines in _done(copy) if not recorded or all(map(kept, lines))}
    if "downloaded" in done:
        done.add("opened")
    return {what: what in done for what in EXPOSURES}
