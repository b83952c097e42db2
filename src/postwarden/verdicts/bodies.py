"""Bodies that changed places between messages which no signature protects.

A copy whose measure contradicts its queue file (see `sizes`) is looked at more closely, and called
another message's only where that message is found:

- by another copy: one of the same Message-ID has another body, which explains the logged size to the
  byte, and this body is that of sound copies of exactly one other message of that time;
- as a pair: of two messages in the queue at the same time, one has as many bytes too many as the other
  too few, and that is just what their bodies differ by; neither has another such partner.

Copies that merely were changed (a footer, a folded line, an added header) meet neither. Where more
messages lost bytes for unknown reasons than changed places, sizes alone are no yardstick, and pairs
are not believed. `decide` and what it calls are pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postwarden.evidence.service import Engine
from postwarden.verdicts.facts import Citation, Content
from postwarden.verdicts.sizes import Measured, measured
from postwarden.vocabulary import Moment

MOST = 200_000
"""With more copies than this that measure something else, their sizes tell nothing."""
FOLDS = 8
"""Bytes up to which a difference is that of folded lines: nothing is paired by it."""
MINUTE = 60 * 1_000_000
AROUND = 10 * MINUTE

Key = tuple[str, str, str]
"""Store, account and file of a copy."""


class Body(NamedTuple):
    """A body that copies of a message carry; the times are theirs, 0 where not logged."""

    message_id: str
    body: str
    body_size: int
    since: Moment
    until: Moment


@dataclass(frozen=True, slots=True)
class _Group:
    """The copies of one queue file that carry one body."""

    copies: tuple[Measured, ...]

    @property
    def first(self) -> Measured:
        return self.copies[0]

    def was_with(self, other: "_Group") -> bool:
        """Tell whether both were in the queue at the same time, give or take a minute."""
        begun = min(copy.since for copy in self.copies), min(copy.since for copy in other.copies)
        ended = max(copy.until for copy in self.copies), max(copy.until for copy in other.copies)
        return begun[0] <= ended[1] + MINUTE and begun[1] <= ended[0] + MINUTE


def crossed_bodies(engine: Engine) -> Mapping[Key, Content]:
    """Give the copies of a snapshot whose body is another message's, as sizes and hashes tell."""
    copies = engine.tables["copies"]
    every = measured(copies, engine.tables["deliveries"])
    misfits = engine.keep(every.filter(every.excess != 0, ~every.signed))
    if not 0 < engine.count(misfits) <= MOST:
        return {}
    ids, bodies = misfits.select("message_id").distinct(), misfits.select("body").distinct()
    sound = every.filter((every.excess == 0) | every.signed)
    sound = sound.filter(sound.message_id.isin(ids.message_id) | sound.body.isin(bodies.body))
    carried = sound.group_by("message_id", "body", "body_size").agg(
        since=sound.since.min(), until=sound.until.max()
    )
    others = copies.filter(copies.content_hash.notnull(), copies.body_size.notnull())
    others = others.semi_join(ids, "message_id")
    others = others.select("message_id", "body_size", body=others.content_hash, since=0, until=0)
    return decide(
        list(engine.records(misfits, Measured)),
        list(engine.records(carried, Body)),
        list(engine.records(others.distinct(), Body)),
    )


def decide(
    misfits: Sequence[Measured], sound: Iterable[Body], others: Iterable[Body]
) -> dict[Key, Content]:
    """Decide which misfits carry another message's body.

    Args:
        misfits: copies that do not measure what their queue file did, and that no signature fits.
        sound: bodies of copies that do, of the same Message-IDs or with the same body.
        others: every body stored under the misfits' Message-IDs, measured or not.
    """
    by_body: defaultdict[str, list[Body]] = defaultdict(list)
    by_id: defaultdict[str, set[Body]] = defaultdict(set)
    for one in sound:
        by_body[one.body].append(one)
        by_id[one.message_id].add(one)
    for one in others:
        by_id[one.message_id].add(one)
    found = _paired(_groups(misfits))
    for copy in misfits:
        content = _by_copies(copy, by_id[copy.message_id], by_body[copy.body])
        if content is not None:
            found[copy.store, copy.account, copy.file] = content
    return found


def _by_copies(copy: Measured, own: Iterable[Body], carriers: Sequence[Body]) -> Content | None:
    explained = any(
        one.body != copy.body and copy.body_size - one.body_size == copy.excess for one in own
    )
    if not explained or len({one.message_id for one in carriers}) != 1:
        return None
    other = carriers[0]
    near = other.since <= copy.until + AROUND and copy.since <= other.until + AROUND
    if other.message_id == copy.message_id or not near:
        return None
    return _content(copy, other.message_id, "copies", _cite(copy))


def _groups(misfits: Iterable[Measured]) -> list[_Group]:
    groups: defaultdict[tuple[str, str, str, int], list[Measured]] = defaultdict(list)
    for copy in misfits:
        if abs(copy.excess) > FOLDS:
            groups[copy.queue_id, copy.message_id, copy.body, copy.excess].append(copy)
    return [_Group(tuple(copies)) for copies in groups.values()]


def _paired(groups: Sequence[_Group]) -> dict[Key, Content]:
    by_excess: defaultdict[int, list[_Group]] = defaultdict(list)
    for group in groups:
        by_excess[group.first.excess].append(group)
    partners = {
        group: [other for other in by_excess[-group.first.excess] if _exchanged(group, other)]
        for group in groups
    }
    pairs = [
        (group, found[0])
        for group, found in partners.items()
        if len(found) == 1 and partners[found[0]] == [group]
    ]
    short = sum(group.first.excess < 0 for group in groups)
    if short - len(pairs) // 2 > len(pairs) // 2:
        return {}
    return {
        (copy.store, copy.account, copy.file): _content(
            copy, other.first.message_id, "size", _cite(copy), _cite(other.first)
        )
        for group, other in pairs
        for copy in group.copies
    }


def _exchanged(group: _Group, other: _Group) -> bool:
    one, two = group.first, other.first
    apart = one.message_id != two.message_id and one.queue_id != two.queue_id
    fits = one.body_size - two.body_size == one.excess
    return apart and fits and group.was_with(other)


def _content(copy: Measured, other: str, match: str, *citations: Citation) -> Content:
    return Content(
        own_id=copy.message_id, other_id=other, match=match, broken=True, citations=citations
    )


def _cite(copy: Measured) -> Citation:
    return Citation(copy.line_file, copy.line)
