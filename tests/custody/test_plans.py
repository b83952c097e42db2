"""Plans as they are kept: signed by real keys, on both databases."""

import threading
from dataclasses import replace

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from custody.plans import HOUR, NOW, PLAN
from people.conftest import HELPDESK, POSTMASTER, KeyFile, Records
from postwarden.custody.models import ApprovalRow, PlanRow
from postwarden.custody.service import (
    Act,
    Kind,
    NoSuchPlan,
    Place,
    Plans,
    PlansWanted,
    Refusal,
    Refused,
    Stage,
    consent,
    forged,
)
from postwarden.ledger.service import Ledger
from postwarden.people.service import (
    BadKey,
    Grant,
    NotAllowed,
    Role,
    add,
    challenge,
    enrol,
    member,
    retire,
)

UNTIL = NOW + HOUR
PEOPLE = ("anna", "ben", "cleo")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: KeyFile(folder) for name in (*PEOPLE, "hana", "bram")}


@pytest.fixture
def desk(state, keys):
    records = Records()
    for name in (*PEOPLE, "hana"):
        roles = [HELPDESK] if name == "hana" else [POSTMASTER]
        add(name, name.title(), roles, "anna", records, NOW)
        key = keys[name]
        enrol(name, key.public, key.sign(challenge(name, key.public)), name, records, NOW)
    add("bram", "Bram", [Grant(Role.POSTMASTER, "brand")], "anna", records, NOW)
    return Plans(Ledger(state.path, "example.net/postwarden"), organisation_of)


def organisation_of(account):
    return "brand" if account.endswith("@brand.example") else "home"


def approve(desk, keys, who, plan=PLAN, until=UNTIL, now=NOW, signer=None):
    signature = keys[signer or who].sign(consent(plan.hash, len(plan.acts), until))
    return desk.approve(plan.hash[:12], who, until, signature, now)


def acts(desk):
    return [(one.act, one.facts["actor"], one.facts["plan"]) for one in desk._ledger.entries()]


def test_a_plan_is_frozen_approved_and_run_with_its_record(desk, keys):
    assert desk.freeze(PLAN, NOW) == PLAN
    assert approve(desk, keys, "ben").stage is Stage.APPROVED
    desk.begin(PLAN.hash, "postwarden", NOW)
    assert desk.finish(PLAN.hash, "postwarden", NOW).stage is Stage.DONE
    assert [plan.stage for plan in desk.of_case("2026-0001")] == [Stage.DONE]
    assert acts(desk) == [
        ("plan.frozen", "anna", PLAN.hash),
        ("plan.approved", "ben", PLAN.hash),
        ("plan.begun", "postwarden", PLAN.hash),
        ("plan.done", "postwarden", PLAN.hash),
    ]
    assert forged(desk._ledger) == []


def test_a_requester_never_approves(desk, keys):
    desk.freeze(PLAN, NOW)
    with pytest.raises(Refused) as caught:
        approve(desk, keys, "anna")
    assert caught.value.refusal is Refusal.OWN_PLAN
    assert (ApprovalRow.objects.count(), len(acts(desk))) == (0, 1)


def test_an_approval_is_used_once(desk, keys):
    desk.freeze(PLAN, NOW)
    approve(desk, keys, "ben")
    with pytest.raises(Refused):
        approve(desk, keys, "ben")
    assert ApprovalRow.objects.count() == 1


def test_only_the_approver_s_own_key_signs(desk, keys):
    desk.freeze(PLAN, NOW)
    with pytest.raises(BadKey):
        approve(desk, keys, "ben", signer="cleo")


def test_roles_are_asked(desk, keys):
    desk.freeze(PLAN, NOW)
    with pytest.raises(NotAllowed):
        approve(desk, keys, "hana")


def test_who_left_approves_nothing(desk, keys):
    desk.freeze(PLAN, NOW)
    retire("ben", "anna", Records(), NOW)
    with pytest.raises((NotAllowed, BadKey)):
        approve(desk, keys, "ben")


def test_what_was_approved_before_somebody_left_stays_theirs(desk, keys):
    desk.freeze(PLAN, NOW)
    approve(desk, keys, "ben")
    retire("ben", "anna", Records(), NOW + 1)
    assert forged(desk._ledger) == []


def test_a_plan_is_found_by_the_start_of_its_hash(desk):
    desk.freeze(PLAN, NOW)
    assert desk.get(PLAN.hash[:6]) == PLAN
    for start in ("", "zz"):
        with pytest.raises(NoSuchPlan):
            desk.get(start)


@pytest.mark.parametrize("change", ["acts", "approval", "stage"])
def test_what_was_forged_is_found_and_does_not_run(desk, keys, change):
    desk.freeze(PLAN, NOW)
    if change != "stage":
        approve(desk, keys, "ben")
    if change == "acts":
        text = PlanRow.objects.get().text.replace("eva@", "hugo@")
        PlanRow.objects.update(text=text)
    elif change == "approval":
        ApprovalRow.objects.update(approver="cleo")
    else:
        PlanRow.objects.update(stage="approved")
    assert forged(desk._ledger)
    with pytest.raises(Refused) as caught:
        desk.begin(PLAN.hash, "postwarden", NOW)
    assert caught.value.refusal is Refusal.FORGED


@pytest.mark.parametrize("change", ["acts", "approval", "stage"])
def test_what_is_forged_while_it_runs_does_not_go_on(desk, keys, change):
    desk.freeze(PLAN, NOW)
    approve(desk, keys, "ben")
    desk.begin(PLAN.hash, "postwarden", NOW)
    assert desk.sound(PLAN.hash).stage is Stage.RUNNING
    if change == "acts":
        PlanRow.objects.update(text=PlanRow.objects.get().text.replace("eva@", "hugo@"))
    elif change == "approval":
        ApprovalRow.objects.all().delete()
    else:
        PlanRow.objects.update(stage="nowhere")
    with pytest.raises(Refused) as caught:
        desk.sound(PLAN.hash)
    assert caught.value.refusal is Refusal.FORGED


def test_a_plan_that_a_proof_allows_is_sound_without_approvals(desk):
    proven = replace(PLAN, acts=(Act(Kind.RELEASE_PROVEN, "eva@example.net"),))
    desk.freeze(proven, NOW)
    desk.begin(proven.hash, "anna", NOW)
    assert desk.sound(proven.hash).stage is Stage.RUNNING
    assert forged(desk._ledger) == []


def test_a_ruined_text_hides_no_other_plan(desk):
    other = replace(PLAN, reason="another one")
    desk.freeze(PLAN, NOW)
    desk.freeze(other, NOW)
    PlanRow.objects.filter(hash=PLAN.hash).update(text="{")
    assert (desk.every(), desk.ruined()) == ([other], [PLAN.hash])
    with pytest.raises(Refused):
        desk.get(PLAN.hash)


def test_a_plan_of_a_case_that_was_erased_is_no_fault(desk):
    desk.freeze(PLAN, NOW)
    desk._ledger.erase_case(PLAN.case, "ben", "time is over", NOW)
    assert forged(desk._ledger) == []


def test_a_withdrawn_plan_does_not_run(desk, keys):
    desk.freeze(PLAN, NOW)
    approve(desk, keys, "ben")
    assert desk.withdraw(PLAN.hash, "anna", "found nothing", NOW).stage is Stage.WITHDRAWN
    with pytest.raises(Refused):
        desk.begin(PLAN.hash, "postwarden", NOW)


@pytest.mark.parametrize("what", ["approve", "begin"])
def test_two_at_once_count_once(desk, keys, what):
    desk.freeze(PLAN, NOW)
    signature = keys["ben"].sign(consent(PLAN.hash, len(PLAN.acts), UNTIL))
    if what == "begin":
        desk.approve(PLAN.hash, "ben", UNTIL, signature, NOW)
    outcomes = []

    def work():
        try:
            if what == "approve":
                desk.approve(PLAN.hash, "ben", UNTIL, signature, NOW)
            else:
                desk.begin(PLAN.hash, "postwarden", NOW)
            outcomes.append("done")
        except Refused as error:
            outcomes.append(error.refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refusal = Refusal.APPROVED_ALREADY if what == "approve" else Refusal.WRONG_STAGE
    assert sorted(outcomes) == sorted(["done", refusal, refusal])
    assert ApprovalRow.objects.count() == 1


def test_a_crash_between_keeping_and_recording_leaves_neither(desk, keys, monkeypatch):
    desk.freeze(PLAN, NOW)

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(desk._ledger, "append", crash)
    with pytest.raises(KeyboardInterrupt):
        approve(desk, keys, "ben")
    with transaction.atomic():
        assert (ApprovalRow.objects.count(), PlanRow.objects.get().stage) == (0, "frozen")


def test_whoever_is_of_one_organisation_approves_for_it_alone(desk, keys):
    key = keys["bram"]
    enrol("bram", key.public, key.sign(challenge("bram", key.public)), "bram", Records(), NOW)
    theirs = replace(PLAN, acts=(Act(Kind.HOLD, "gina@brand.example"),))
    both = replace(PLAN, acts=(*PLAN.acts, *theirs.acts))
    for plan in (theirs, both):
        desk.freeze(plan, NOW)
    with pytest.raises(NotAllowed):
        approve(desk, keys, "bram", both)
    with pytest.raises(NotAllowed):
        desk.withdraw(both.hash, "bram", "", NOW)
    assert approve(desk, keys, "bram", theirs).stage is Stage.APPROVED


@pytest.mark.parametrize("name", ["deliver", "has-own"])
def test_a_plan_that_names_accounts_of_others_is_theirs_too(desk, keys, name):
    """An officer of one organisation once approved what was written into mailboxes of another one."""
    key = keys["bram"]
    enrol("bram", key.public, key.sign(challenge("bram", key.public)), "bram", Records(), NOW)
    holder, owner = "gina@brand.example", "eva@example.net"
    crossing = Act(Kind.RELOCATE, holder, (("finding", "1"), (name, owner)))
    within = Act(Kind.RELOCATE, holder, (("finding", "2"), (name, holder)))
    plan, theirs = (replace(PLAN, acts=acts) for acts in ((crossing, within), (crossing,)))
    for one in (plan, theirs):
        desk.freeze(one, NOW)
    with pytest.raises(NotAllowed):
        approve(desk, keys, "bram", plan)
    with pytest.raises(NotAllowed):
        desk.withdraw(plan.hash, "bram", "", NOW)
    bram = member("bram")
    assert [(one.plan.hash, one.acts) for one in desk.seen(bram)] == [(plan.hash, (within,))]
    with pytest.raises(NoSuchPlan):
        desk.shown(theirs.hash, bram)
    assert approve(desk, keys, "ben", plan).stage is Stage.APPROVED


TEXT = '"custody_plan"."text"'


def test_a_page_of_plans_reads_the_texts_of_its_own_alone(desk):
    made = [desk.freeze(replace(PLAN, made=NOW + n // 2), NOW + n).hash for n in (0, 2, 4)]
    twin = desk.freeze(replace(PLAN, made=NOW + 2, reason="a twin"), NOW + 5).hash
    newest_first = [*sorted((made[2], twin), reverse=True), made[1], made[0]]
    anna, found, place, read = member("anna"), [], None, []
    for _ in range(4):
        with CaptureQueriesContext(connection) as asked:
            some, place = desk.page(anna, PlansWanted(1, place))
        read += [one["sql"] for one in asked if TEXT in one["sql"]]
        assert not any(old in sql for sql in read for old in newest_first[len(found) + 2 :])
        assert any(newest_first[len(found)] in sql for sql in read)
        found += [one.plan.hash for one in some]
    assert (found, place) == (newest_first, None)
    with CaptureQueriesContext(connection) as asked:
        desk.page(anna, PlansWanted(4))
    assert not any(TEXT in one["sql"] for one in asked)  # each is read once
    desk.withdraw(made[1], "anna", "asked twice", NOW + 6)
    narrowed, more = desk.page(
        anna, PlansWanted(5, Place(NOW + 2, "f" * 64), None, (Stage.WITHDRAWN,))
    )
    assert ([one.plan.hash for one in narrowed], more) == ([made[1]], None)
