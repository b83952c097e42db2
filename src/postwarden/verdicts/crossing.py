"""Whether the content of a copy belongs to another message than its envelope.

A broken signature alone is a footer. Only a positive match of the content with another message makes
it `crossed`: the stored Message-ID is another logged message's, or the stored body is the one that
another message's signature (RFC 6376 section 3.7, the "bh" tag) or another sound copy declares. Where
nothing is signed, sizes and hashes tell (see `bodies`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.sources.service import CopyRecord, DeliveryRecord
from postwarden.verdicts.bodies import Key
from postwarden.verdicts.deliveries import DeliveryIndex
from postwarden.verdicts.facts import Citation, Content
from postwarden.verdicts.subjects import Subject


def contents(
    engine: Engine,
    subjects: Sequence[Subject],
    index: DeliveryIndex,
    exchanged: Mapping[Key, Content],
) -> Mapping[str, Content]:
    """Give, by subject id, what speaks against the content of those where anything does.

    Args:
        engine: of the snapshot.
        subjects: of the batch.
        index: the delivery lines of the batch.
        exchanged: what `bodies.crossed_bodies` found in the snapshot.
    """
    found: dict[str, Content] = {}
    broken: list[tuple[Subject, CopyRecord]] = []
    for subject in subjects:
        copy = subject.copy
        if copy is None:
            continue
        swapped = _other_id(copy, index)
        if swapped is not None:
            found[subject.id] = swapped
        elif (copy.store, copy.account, copy.file) in exchanged:
            found[subject.id] = exchanged[copy.store, copy.account, copy.file]
        elif is_broken(copy):
            broken.append((subject, copy))
    if broken:
        found.update(_matching_bodies(engine, broken))
    return found


def is_broken(copy: CopyRecord) -> bool:
    """Tell whether the copy declares body hashes and none of them is its body's."""
    if not copy.declared_hashes or copy.content_hash is None:
        return False
    return _bodies(copy).isdisjoint(copy.declared_hashes.split())


def _bodies(copy: CopyRecord) -> set[str]:
    return {f"s:{copy.content_hash}", f"r:{copy.relaxed_hash}"}


def _other_id(copy: CopyRecord, index: DeliveryIndex) -> Content | None:
    """Compare the stored Message-ID with those logged for the copy's own queue file and session."""
    lines = _own_lines(copy, index)
    logged = frozenset(line.message_id for line in lines if line.message_id)
    if not logged or copy.message_id is None or copy.message_id in logged:
        return None
    others = [
        line
        for line in index.ids.get(copy.message_id, ())
        if line.queue_id is not None and line.queue_id != copy.queue_id
    ]
    if not others:
        return None
    citations = tuple(Citation(line.file, line.line) for line in (*lines[:1], *others[:1]))
    return Content(
        own_id=next(iter(sorted(logged))),
        logged_ids=logged,
        other_id=copy.message_id,
        match="message-id",
        citations=citations,
    )


def _own_lines(copy: CopyRecord, index: DeliveryIndex) -> list[DeliveryRecord]:
    if copy.queue_id is None:
        return []
    lines = index.queue(copy.queue_id, copy.received_at)
    return [line for line in lines if line.session_id in (None, copy.lmtp_id)]


def _matching_bodies(
    engine: Engine, broken: Iterable[tuple[Subject, CopyRecord]]
) -> Mapping[str, Content]:
    wanted: defaultdict[str, list[tuple[Subject, CopyRecord]]] = defaultdict(list)
    for subject, copy in broken:
        for body in _bodies(copy):
            wanted[body].append((subject, copy))
    found: dict[str, Content] = {}
    for match, body, other in (*_declaring(engine, wanted), *_carrying(engine, wanted)):
        for subject, copy in wanted[body]:
            if other != copy.message_id and subject.id not in found:
                found[subject.id] = Content(
                    own_id=copy.message_id,
                    other_id=other,
                    match=match,
                    broken=True,
                    citations=(Citation.header("DKIM-Signature"),),
                )
    return found


def _declaring(engine: Engine, wanted: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Find messages whose signature declares one of the bodies."""
    copies = engine.tables["copies"]
    copies = copies.filter(copies.declared_hashes != "", copies.message_id.notnull())
    tokens = copies.select("message_id", body=copies.declared_hashes.split(" ").unnest())
    bodies = engine.given({"body": pa.string()}, [(body,) for body in sorted(wanted)])
    rows = engine.table(tokens.semi_join(bodies, "body").distinct().order_by("body", "message_id"))
    return [("dkim", row["body"], row["message_id"]) for row in rows.to_pylist()]


def _carrying(engine: Engine, wanted: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Find sound copies (their own signature fits) that carry one of the bodies."""
    copies = engine.tables["copies"]
    copies = copies.filter(copies.content_hash.notnull(), copies.message_id.notnull())
    body = ibis.literal("s:").concat(copies.content_hash)
    sound = copies.filter(copies.declared_hashes.contains(body)).select("message_id", body=body)
    bodies = engine.given({"body": pa.string()}, [(body,) for body in sorted(wanted)])
    rows = engine.table(sound.semi_join(bodies, "body").distinct().order_by("body", "message_id"))
    return [("body", row["body"], row["message_id"]) for row in rows.to_pylist()]
