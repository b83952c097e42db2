"""Repairs as acts whose store is a real Dovecot; what lies there is put and read by who runs them."""

import json

from crash.put_right import judge_record, record_faults
from crash.repairs import DOVECOT, STORE, office
from people.conftest import KeyFile
from postwarden.relocation.acts import Goal
from postwarden.relocation.models import CopyRow, DeliveryRow
from postwarden.relocation.ports import Wanted
from postwarden.relocation.service import Repair, Why


def manned(place):
    """Let there be who plans and who approves, and a case."""
    there = office(place)
    there.people(KeyFile(place.folder))
    place.tell(case=there.case())


def plan_really(place):
    """Let a plan that was approved say what becomes of the copies that lie wrong."""
    there, told = office(place), place.told()
    key = KeyFile.__new__(KeyFile)
    key.path = place.folder / "key-0"
    facts = json.loads((place.folder / DOVECOT).read_text())
    repairs = [_repair(**one) for one in facts["repairs"]]
    plan = there.approved(told["case"], repairs, key)
    place.tell(**told | facts["told"], plan=plan.hash)


def _repair(copy, goals, kept, why, **more):
    there = tuple(Goal(one, STORE) for one in goals)
    told = {"goals": there, "kept": tuple(kept), "why": Why(why) if why else None, **more}
    return Repair(copy=Wanted(**copy), store=STORE, **told)


def judge_disturbed(place):
    """Give what is said of each copy and each delivery where people were at work, and what may never be."""
    there, told = office(place), place.told()
    rows = list(CopyRow.objects.filter(plan=told["plan"]).order_by("place"))
    sent = DeliveryRow.objects.filter(copy__in=rows)
    return {
        "stage": there.desk.progress(told["plan"]).stage,
        "copies": {row.finding: [row.outcome, row.why] for row in rows},
        "sent": [[one.copy.finding, one.account, one.sent] for one in sent.select_related("copy")],
        "faults": record_faults(there, place, rows),
    }


def judge_restore_really(place):
    """Give the facts of a restore but for what lies in mailboxes."""
    there, told = office(place), place.told()
    rows = CopyRow.objects.filter(plan=told["restore"])
    return {
        "stage": there.desk.plans.stage(told["restore"]),
        "outcomes": {row.finding: row.outcome for row in rows},
        "faults": judge_record(place)["faults"],
    }
