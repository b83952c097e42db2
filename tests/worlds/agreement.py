"""Where findings and truth differ, in sentences; none when they agree.

Some differences are agreed. A copy that lies in a home no server put it in, whose LMTP transaction had
several recipients, may be that of any who has none: more owners than the true one may be named. Exposure is of the
message in the mailbox: what was done to another copy of it there counts; a copy made by its holder is
not itself copied by that; flags that came with a file which no line speaks of are believed. Acts that
cannot be told apart, because the UID they name stands in a line that is lost, may stay unknown; and so
may answered and forwarded of a file in a strange home, whose flags may have come with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from postwarden.drills.simulated import Row
from postwarden.verdicts.service import Finding

EXPOSURES = ("opened", "downloaded", "answered", "forwarded", "copied", "moved", "listed")
Key = tuple[str, str, str]


def differences(
    rows: Sequence[Row], findings: Iterable[Finding], *, whole: bool = True
) -> list[str]:
    """Compare every copy; name each difference with the copy and both values.

    Args:
        rows: the truth.
        findings: of the examination.
        whole: the logs are whole, so that every recorded act must be told.
    """
    unmet: defaultdict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        unmet[_key(finding)].append(finding)
    done = _done(rows)
    found: list[str] = []
    for row in rows:
        there = unmet[_key(row)]
        if not there:
            found.append(f"missing {row.verdict}: {_key(row)}")
            continue
        finding = _fitting(row, there)
        there.remove(finding)
        found += [
            f"{_key(row)} {row.message_id}: {difference}"
            for difference in _compared(
                row, finding, done[row.account, row.message_id], whole=whole
            )
        ]
    found += [f"invented {one.verdict}: {key}" for key, rest in unmet.items() for one in rest]
    return found


def _key(one: Row | Finding) -> Key:
    if one.gone:
        return one.account, "gone", one.message_id or ""
    return one.account, one.folder or "", one.file or ""


def _fitting(row: Row, findings: Sequence[Finding]) -> Finding:
    """Of copies that are gone and carry one Message-ID, the one of the row's queue file."""
    return min(findings, key=lambda finding: finding.queue_id != row.queue_id)


def _done(rows: Iterable[Row]) -> defaultdict[tuple[str, str | None], set[str]]:
    """Give what was done to any copy of a message in a mailbox."""
    done: defaultdict[tuple[str, str | None], set[str]] = defaultdict(set)
    for row in rows:
        done[row.account, row.message_id] |= {name for name, real in row.exposure.items() if real}
    return done


def _compared(row: Row, finding: Finding, done: set[str], *, whole: bool) -> Iterator[str]:
    verdict = str(finding.verdict)
    if verdict not in (*row.allowed, row.verdict) and not _shared(row, finding):
        codes = [reason.code for reason in finding.reasons]
        yield f"verdict {verdict}, allowed {row.allowed}, because {codes}"
        return
    if row.provable and verdict in ("misdelivered", "crossed"):
        yield from _proved(row, finding)
    if whole and row.provable and verdict == "rightful" and row.put_by == "lmtp":
        yield from _folded(row, finding)
    yield from _exposed(row, finding, done, whole=whole)


def _shared(row: Row, finding: Finding) -> bool:
    """A stranger's copy was brought to somebody who got that same delivery too: it is theirs as well."""
    return row.put_by in ("holder", "operator") and set(finding.rightful) == {row.account}


def _proved(row: Row, finding: Finding) -> Iterator[str]:
    pairs: dict[str, tuple[object, object]] = {
        "queue_id": (row.queue_id, finding.queue_id),
        "other_message": (row.other_message, finding.other_message),
        "gone": (row.gone, finding.gone),
    }
    if row.verdict == "misdelivered":
        pairs |= {
            "second_hand": (row.second_hand, finding.second_hand),
            "rightful": (set(row.rightful), set(finding.rightful)),
            "originals": (set(row.original_recipients), set(finding.original_recipients)),
            "has_rightful_copy": (row.has_rightful_copy, finding.has_rightful_copy),
        }
    ambiguous = row.proofs.get("whose") is False
    for name, (true, told) in pairs.items():
        if ambiguous and name in ("rightful", "originals", "has_rightful_copy", "queue_id"):
            continue
        if true != told:
            yield f"{name} is {true!r}, told {told!r}"


def _folded(row: Row, finding: Finding) -> Iterator[str]:
    """Every original recipient of a rightful copy is told."""
    true = {address.lower() for address in row.original_recipients}
    told = set(finding.original_recipients)
    if true != told:
        yield f"originals are {true}, told {told}"


def _exposed(row: Row, finding: Finding, done: set[str], *, whole: bool) -> Iterator[str]:
    if row.put_by != "lmtp" and not finding.wrong:
        return
    for name in EXPOSURES:
        told = getattr(finding.exposure, name)
        if told is True and name not in done:
            yield f"{name} told, never happened"
        elif not finding.wrong or (name == "copied" and row.put_by == "holder"):
            continue
        elif told is False and row.exposure[name]:
            yield f"{name} denied, happened"
        elif name in ("answered", "forwarded") and "whose" in row.proofs:
            continue
        elif told is None and row.recorded[name] and whole:
            yield f"{name} is on record, not told"
