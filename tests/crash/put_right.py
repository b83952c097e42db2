"""The end of a repair: who has what, and what the state, the quarantine and the ledger say of it."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from crash.repairs import office
from crash.tallying import tallied
from postwarden.ledger.service import FileAnchor
from postwarden.relocation.content import content_hash
from postwarden.relocation.models import CopyRow, DeliveryRow
from postwarden.relocation.rules import Sent
from postwarden.relocation.rules import Stage as CopyStage
from postwarden.state import outbox
from relocation.maildirs import Maildirs

_ORDER = ("copy.intended", "copy.delivered", "copy.ended")


def judge_repair(place):
    """Give the facts of a place; what may never be is among them as a sentence."""
    told = judge_record(place)
    lying = [
        *mailbox_faults(place.folder / "mail", place.told()),
        *there_or_delivered(place.folder),
    ]
    return told | {"faults": [*lying, *told["faults"]]}


def judge_record(place):
    """Give the facts of a place but for what lies in mailboxes."""
    there, told = office(place), place.told()
    rows = list(CopyRow.objects.filter(plan=told["plan"]).order_by("place"))
    return {
        "stage": there.desk.progress(told["plan"]).stage,
        "outcomes": {row.finding: row.outcome for row in rows},
        "faults": [*_outcome_faults(rows, told), *record_faults(there, place, rows)],
    }


def record_faults(there, place, rows):
    """Say what quarantine and ledger do not say of copies as they have to, and what is still due."""
    return [
        *_quarantine_faults(there, place.told()["case"], rows),
        *_ledger_faults(there, place, rows),
        *(f"still due: {effect.subject}" for effect, _ in outbox.waiting(["relocation.plan"])),
    ]


def judge_restore(place):
    """Give the facts of a place where all that was taken away was put back."""
    there, told = office(place), place.told()
    rows = list(CopyRow.objects.filter(plan=told["restore"]))
    back = Counter(
        copy[0]
        for one in there.ledger.entries()
        if one.act == "copy.restored"
        for copy in one.facts["detail"]["copies"]
    )
    return {
        "stage": there.desk.plans.stage(told["restore"]),
        "outcomes": {row.finding: row.outcome for row in rows},
        "back": dict(sorted(back.items())),
        "faults": [
            *mailbox_faults(there.folder / "mail", told | {"stays": told["stays"] + told["back"]}),
            *_quarantine_faults(there, told["case"], CopyRow.objects.filter(plan=told["plan"])),
            *_verify_faults(there, place),
            *(f"still due: {effect.kind}" for effect, _ in outbox.waiting(["relocation.restore"])),
        ],
    }


def mailbox_faults(root, told):
    """Say what lies where it should not, lacks, or lies there twice."""
    mail = Maildirs(root)
    there = Counter(mail.everything())
    found = mail.unusual()
    for stays in told["stays"]:
        there[tuple(stays)] -= 1
    arrives = (
        (f"{account} lacks {came}", [(account, folder, "new", "", *one) for one in came])
        for account, folder, came in told["arrives"]
    )
    return found + tallied(there, arrives)


def there_or_delivered(folder):
    """Say which messages are lost or double as it is now on files."""
    told = json.loads((Path(folder) / "told.json").read_text())
    return lost_or_double(Maildirs(Path(folder) / "mail").everything(), told["arrives"])


def lost_or_double(there, arrives):
    """Say which messages are neither in the wrong mailbox nor with whom they are for, or there twice."""
    stored, by_account = {one.content for one in there}, defaultdict(Counter)
    for one in there:
        by_account[one.account][one.content] += 1
    found = []
    for account, _, came in arrives:
        hashes = {hashed for hashed, _ in came}
        has = sum(by_account[account][one] for one in hashes)
        if not has and not hashes & stored:
            found.append(f"lost: {account} has none of {sorted(hashes)}, and nobody else has")
        if has > 1:
            found.append(f"double: {account} has {has} of {sorted(hashes)}")
    return found


def _outcome_faults(rows, told):
    ended = {row.finding: row.outcome for row in rows if row.stage == CopyStage.ENDED}
    found = [] if ended == told["outcomes"] else [f"outcomes: {ended} not {told['outcomes']}"]
    sent = Counter(
        (one.account, one.message)
        for one in DeliveryRow.objects.filter(copy__in=rows, sent=Sent.ARRIVED)
    )
    found += [f"arrived {count} times: {one}" for one, count in sent.items() if count > 1]
    if len(sent) != len(told["arrives"]):
        found.append(f"{len(sent)} arrived instead of {len(told['arrives'])}")
    return found


def _quarantine_faults(there, case, rows):
    opened, found = there.opened(case), []
    for row in rows:
        if row.outcome in {"relocated", "removed"}:
            kept = opened.read(row.quarantined)
            if content_hash(kept.content) != row.content or kept.account != row.holder:
                found.append(f"{row.finding}: quarantine holds something else")
    verified = there.box.verify()
    return found + [f"quarantine: {fault}" for fault in verified.faults]


def _ledger_faults(there, place, rows):
    places, found = defaultdict(list), []
    for number, entry in enumerate(there.ledger.entries()):
        if entry.act in _ORDER:
            for copy in entry.facts["detail"]["copies"]:
                places[copy[0]].append((entry.act, number, entry.facts["person"]))
    for row in rows:
        told = places.pop(row.finding, [])
        acts = [act for act, _, _ in told]
        if row.why == "answered":  # left by the plan
            found += [f"{row.finding}: on record as {acts}"] if told else []
        elif (
            acts != sorted(acts, key=_ORDER.index) or acts[0] != _ORDER[0] or acts[-1] != _ORDER[2]
        ):
            found.append(f"{row.finding}: on record as {acts}")
        found += [f"{row.finding}: {one} twice" for one, n in Counter(_once(told)).items() if n > 1]
    return found + _verify_faults(there, place)


def _verify_faults(there, place):
    anchor = FileAnchor(str(place.folder / "anchor"))
    there.ledger.sequence(place.now())
    there.ledger.anchor(anchor, place.now())
    verified = there.ledger.verify(anchor.read())
    return [f"verify: {fault}" for fault in verified.faults]


def _once(told):
    return [(act, person) for act, _, person in told]
