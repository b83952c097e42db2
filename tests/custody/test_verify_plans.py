"""`postwarden verify`: whoever changes plans or approvals in the database is found."""

import shutil
from dataclasses import replace
from hashlib import sha256

import pytest
from django.db import connections

from cli.conftest import ask
from custody.plans import NOW
from ledger.mutations import drop_triggers
from ledger.mutations import run as tamper
from people.conftest import KeyFile
from postwarden.configuration import load
from postwarden.custody.models import ApprovalRow, PlanRow
from postwarden.custody.rules import canonical
from postwarden.custody.service import Plans, Stage, consent
from postwarden.people.service import member
from postwarden.wiring import ledger
from providers import SMALL

PEOPLE = ("anna", "ben", "cleo")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyFile(folder) for name in PEOPLE}


@pytest.fixture(scope="module")
def installation(tmp_path_factory, keys):
    """One where ben approved a release that anna asked for."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "postwarden.toml").write_text(SMALL)
    for name in PEOPLE:
        run(folder, "person", "add", name, "--role", "postmaster", "--as", "anna")
        run(folder, "person", "enrol", name, "--key", keys[name].path, "--as", name)
    run(folder, "hold", "eva@example.net", "--as", "anna")
    plan = run(folder, "release", "eva@example.net", "--as", "anna").split()[1]
    run(folder, "approve", plan, "--key", keys["ben"].path, "--as", "ben")
    connections.close_all()
    return folder


@pytest.fixture
def verify(installation, tmp_path):
    """Runs the command on a copy, which Django is bound to from then on."""
    shutil.copytree(installation, tmp_path, dirs_exist_ok=True)
    yield lambda status=0: run(tmp_path, "verify", status=status)
    connections.close_all()


def run(folder, *words, status=0):
    answer = ask(*words, "-c", folder / "postwarden.toml")
    assert answer.status == status, answer
    return answer.out


def released():
    return PlanRow.objects.get(approvals__isnull=False)


def edit_plan(_keys):
    plan = released()
    PlanRow.objects.filter(hash=plan.hash).update(text=plan.text.replace("eva@", "finn@"))
    return plan.hash, "its acts are not those that were frozen"


def ruin_plan(_keys):
    plan = released()
    PlanRow.objects.filter(hash=plan.hash).update(text=plan.text[:-1])
    return plan.hash, "its acts are not those that were frozen"


def edit_stage(_keys):
    plan = released()
    PlanRow.objects.filter(hash=plan.hash).update(stage="nowhere")
    return plan.hash, "it is where no plan can be"


def edit_signature(_keys):
    given = ApprovalRow.objects.get()
    place = len(given.signature) // 2
    other = "A" if given.signature[place] != "A" else "B"
    changed = given.signature[:place] + other + given.signature[place + 1 :]
    ApprovalRow.objects.update(signature=changed)
    return given.plan_id, "the approval of ben is not theirs"


def approve_oneself(keys):
    """The requester signs with a key that is theirs, and enters it past the rules."""
    given = ApprovalRow.objects.get()
    message = consent(given.plan_id, given.count, given.expires)
    ApprovalRow.objects.update(
        approver="anna",
        signature=keys["anna"].sign(message),
        fingerprint=member("anna").keys[0].fingerprint,
    )
    return given.plan_id, "anna approved what they asked for themselves"


def name_a_stranger(_keys):
    ApprovalRow.objects.update(approver="nobody")
    return released().hash, "the approval of nobody is not theirs"


def count_twice(_keys):
    given = ApprovalRow.objects.get()
    given.pk = None
    given.save()
    return given.plan_id, "one signature of ben counts 2 times"


def last_for_ever(keys):
    given = ApprovalRow.objects.get()
    until = given.expires + 10 * 24 * 3_600_000_000
    signature = keys["ben"].sign(consent(given.plan_id, given.count, until))
    ApprovalRow.objects.update(expires=until, signature=signature)
    return given.plan_id, "the approval of ben is of another plan"


def swap_hashes(_keys):
    """An approved plan's hash is given to the text of another plan."""
    approved, other = released(), PlanRow.objects.get(approvals=None)
    PlanRow.objects.filter(hash=approved.hash).update(text=other.text)
    return approved.hash, "its acts are not those that were frozen"


def remove_approval(_keys):
    hashed = released().hash
    ApprovalRow.objects.all().delete()
    return hashed, "it is done without the approvals it needs"


def remove_plan(_keys):
    gone = PlanRow.objects.get(approvals=None).hash
    PlanRow.objects.filter(hash=gone).delete()
    return gone, "is gone, though it was frozen"


def insert_emergency(_keys):
    """A release that nobody approved goes as an emergency, which only holds are."""
    plan = Plans(None, str).get(released().hash)
    forged = replace(plan, emergency=True, stage=Stage.RUNNING)
    insert(forged.hash, canonical(forged).decode())
    return forged.hash, "it could never have been frozen"


def insert_plan(_keys):
    """One that is all in order, but that nobody asked for by any command."""
    plan = Plans(None, str).get(PlanRow.objects.get(approvals=None).hash)
    forged = replace(plan, reason="another one")
    insert(forged.hash, canonical(forged).decode())
    return forged.hash, "nobody is on record as having frozen it"


def insert_nonsense(_keys):
    text = "[]"
    hashed = sha256(text.encode()).hexdigest()
    insert(hashed, text)
    return hashed, "its text is none of a plan"


def insert(hashed, text):
    PlanRow.objects.create(hash=hashed, case="", text=text, stage="running")


FORGERIES = [
    edit_plan, ruin_plan, edit_stage, edit_signature, approve_oneself, name_a_stranger, count_twice,
    last_for_ever, swap_hashes, remove_approval, remove_plan, insert_emergency, insert_plan,
    insert_nonsense,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forgery_is_found_and_its_plan_named(verify, keys, forge):
    assert "Every plan is as it was frozen, and approved by who signed." in verify()
    hashed, why = forge(keys)
    assert f"BAD: plan {hashed[:12]}: {why}" in verify(status=1)


def test_the_first_bad_entry_is_named_before_plans(verify, keys, tmp_path):
    verify()
    ledger(load(str(tmp_path / "postwarden.toml"))).sequence(NOW)
    drop_triggers()
    tamper("UPDATE ledger_entry SET act = 'x' WHERE id IN (3, 5)")
    edit_plan(keys)
    first, second, *rest = verify(status=1).splitlines()
    assert first == "BAD: entry 2 was changed after it was written"
    assert second == "BAD: entry 4 was changed after it was written"
    assert any(line.startswith("BAD: plan ") for line in rest)
