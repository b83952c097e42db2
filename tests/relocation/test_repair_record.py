"""What repairs leave on record: verified against rows, added up in a bundle, told to examinations."""

import io
import json
import tarfile
from copy import deepcopy
from dataclasses import replace

import pytest

from people.conftest import NOW
from postwarden.cases import service as cases
from postwarden.custody.models import ObjectRow, PlanRow
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.service import BadRecipient, PlansOfCases, Quarantine
from postwarden.ledger import check as checker
from postwarden.ledger.check import Bad, check
from postwarden.people.service import member
from postwarden.relocation.drafting.service import repairs as told_repairs
from postwarden.relocation.errors import OtherKind
from postwarden.relocation.models import CopyRow, CountRow, DeliveryRow
from postwarden.relocation.service import RepairsOfCases, Where, faults
from relocation.test_relocation_batches import BOB, CAROL, EVE, FINN, Astray


@pytest.fixture
def done(on_sqlite, tmp_path, tmp_path_factory):
    """A repair of two copies that is done, and one copy that was left by the plan."""
    astray = Astray(on_sqlite, tmp_path, tmp_path_factory.mktemp("key"))
    one, two = astray.wrong(EVE, BOB, number=1), astray.wrong(EVE, CAROL, number=2)
    plan = astray.plan(one, two)
    astray.carry(plan)
    astray.hash = plan
    return astray


def bad(done):
    return faults(done.office.ledger, done.office.box)


def test_a_repair_is_as_the_record_says(done):
    assert bad(done) == []


@pytest.mark.parametrize(
    ("forge", "sentence"),
    [
        (
            lambda: CopyRow.objects.filter(place=0).update(content="0" * 64),
            "is not as the record says",
        ),
        (
            lambda: CopyRow.objects.filter(place=1).update(outcome="left"),
            "is not as the record says",
        ),
        (
            lambda: (DeliveryRow.objects.all().delete(), CopyRow.objects.all().delete()),
            "is gone, though",
        ),
        (lambda: CopyRow.objects.filter(place=0).update(finding="other"), "nothing is on record"),
        (
            lambda: DeliveryRow.objects.filter(account=BOB).update(account=FINN),
            "is not as the plan says",
        ),
        (lambda: CopyRow.objects.filter(place=0).update(holder=FINN), "is not as the plan says"),
        (
            lambda: DeliveryRow.objects.filter(account=BOB).update(sent="taken"),
            "a delivery of copy finding-1-eve@example.net is not as the record says",
        ),
        (
            lambda: DeliveryRow.objects.filter(account=BOB).update(content="0" * 64),
            "is not as the record says",
        ),
        (
            lambda: DeliveryRow.objects.filter(account=BOB).update(guid="other"),
            "is not as the record says",
        ),
        (
            lambda: DeliveryRow.objects.filter(account=BOB).delete(),
            "a delivery of copy finding-1-eve@example.net is gone",
        ),
        (lambda: PlanRow.objects.update(text="{}"), "it is gone or was changed"),
        (lambda: CountRow.objects.update(planned="other\n"), "not what was counted"),
        (lambda: CountRow.objects.all().delete(), "what was looked at is gone"),
    ],
)
def test_what_was_forged_is_found(done, forge, sentence):
    forge()
    assert any(sentence in one for one in bad(done)), bad(done)


@pytest.fixture
def unclear(done):
    """A restore of both copies: it is not known of the first whether it came back."""
    plan = done.office.restores.plan(done.case, (), "undo", member("anna"))
    done.office.signed(plan, done.key)
    route = done.office.route.route
    real = route.settle
    route.settle = lambda tickets: {**real(tickets), tickets[0].key: Where.UNCLEAR}
    done.office.restore(plan.hash)
    done.hash = plan.hash
    return done


def test_a_restore_is_as_the_record_says(unclear):
    outcomes = CopyRow.objects.filter(plan=unclear.hash).values_list("outcome", flat=True)
    assert sorted(outcomes) == ["needs-person", "restored"]
    assert bad(unclear) == []


@pytest.mark.parametrize(
    ("outcome", "forge", "sentence"),
    [
        ("needs-person", {"outcome": "restored"}, "is not as the record says"),
        ("restored", {"outcome": "needs-person"}, "is not as the record says"),
        ("restored", {"content": "0" * 64}, "is not as the record says"),
        ("restored", {"holder": FINN}, "is not as the plan says"),
    ],
)
def test_a_restore_that_was_forged_is_found(unclear, outcome, forge, sentence):
    CopyRow.objects.filter(plan=unclear.hash, outcome=outcome).update(**forge)
    assert any(sentence in one for one in bad(unclear)), bad(unclear)


def test_a_copy_that_came_back_to_somebody_else_is_found(unclear):
    DeliveryRow.objects.filter(copy__plan=unclear.hash).update(account=FINN)
    assert sum("is not as the plan says" in one for one in bad(unclear)) == 2


def test_a_delivery_that_nobody_wrote_down_is_found(done):
    """It is due by the plan, and the state alone says that it arrived."""
    more = done.plan(done.wrong(EVE, BOB, number=3))
    done.office.desk.run(more, member("anna"))
    assert bad(done) == []
    DeliveryRow.objects.filter(copy__plan=more).update(sent="arrived")
    assert any("nothing is on record of a delivery" in one for one in bad(done))


@pytest.mark.parametrize(("said", "found"), [(True, 0), (False, 1)])
def test_a_delivery_that_a_person_found_is_on_record_by_their_word(done, said, found):
    route = done.office.route.route
    route.settle = lambda tickets: {one.key: Where.UNCLEAR for one in tickets}
    copy = done.wrong(EVE, BOB, number=3)
    plan = done.plan(copy)
    done.carry(plan)
    done.office.desk.decide(plan, copy.copy.id, member("anna"), "looked", arrived=said)
    assert bad(done) == []
    DeliveryRow.objects.filter(copy__plan=plan).update(sent="taken")
    assert sum("nothing is on record of a delivery" in one for one in bad(done)) == found


def test_an_object_that_quarantine_no_longer_knows_is_found(done):
    ObjectRow.objects.all().delete()
    assert sum("no longer known to the quarantine" in one for one in bad(done)) == 2


def bundle(done):
    desk = replace(done.office.cases, contributions=(PlansOfCases(), RepairsOfCases()))
    return cases.export_case(desk, member("anna"), done.case, NOW + 10_000_000_000)


def test_a_bundle_adds_up_what_a_repair_did(done, tmp_path, capsys):
    exported = bundle(done)
    assert check(exported)["repairs"] == [{"right": 0, "settled": 0, "relocated": 2}]
    (tmp_path / "case.tar").write_bytes(exported)
    assert checker.main([str(tmp_path / "case.tar")]) == 0
    assert "Repair: 2 relocated = 2 copies, each counted once." in capsys.readouterr().out


CHANGES = (
    (lambda one: one["right"].append("more"), "was changed"),
    (lambda one: one["right"].append(one["copies"][0]["copy"]), "counted twice"),
    (lambda one: one["copies"].pop(), "was changed"),
    (lambda one: one["copies"][0].update(outcome="removed"), "not as the ledger says"),
    (lambda one: one["copies"][0].update(sealed="0" * 64), "not as the ledger says"),
    (lambda one: one.update(plan="0" * 64), "counted otherwise"),
    (lambda one: one["copies"][0].update(holder=FINN), "not as the plan says"),
    (lambda one: one["copies"][0]["deliveries"].clear(), "not as the plan says"),
    (lambda one: _delivery(one).update(account=FINN), "not as the plan says"),
    (lambda one: _delivery(one).update(content="0" * 64), "a delivery of copy"),
    (lambda one: _delivery(one).update(guid="other"), "a delivery of copy"),
    (lambda one: _delivery(one).update(sent="had"), "a delivery of copy"),
)


def test_a_sum_that_was_changed_is_found(done):
    files = _files(bundle(done))
    _judge(files)
    for change, told in CHANGES:
        forged = deepcopy(files)
        change(forged["relocation/repairs.json"][0])
        with pytest.raises(Bad, match=told):
            _judge(forged)


def _delivery(repair):
    return repair["copies"][0]["deliveries"][0]


def _judge(files):
    """Check what a bundle's files say of repairs, as if they were signed so."""
    record = [checker._said(entry) for entry in files["ledger.json"]]
    plans = {one["plan"]: json.loads(one["text"])["acts"] for one in files["approvals.json"]}
    for one in files["relocation/repairs.json"]:
        checker._repair(one, record, plans)
    for one in files["relocation/restored.json"]:
        checker._restored(one, record, plans)


def test_a_repair_that_nobody_approved_is_found(done):
    files = _files(bundle(done))
    files["approvals.json"].clear()
    with pytest.raises(Bad, match="nobody approved"):
        _judge(files)


def test_what_the_ledger_never_said_of_a_delivery_is_found(done):
    files = _files(bundle(done))
    files["ledger.json"] = [one for one in files["ledger.json"] if one["act"] != "copy.delivered"]
    with pytest.raises(Bad, match="what arrived of 2 accounts is not in the ledger"):
        _judge(files)


@pytest.mark.parametrize(
    ("erased", "change", "told"),
    [
        (BOB, {"sealed": "0" * 64}, None),
        (CAROL, {"sealed": "0" * 64}, "not as the ledger says"),
        (EVE, {"outcome": "holder-deleted"}, None),
    ],
)
def test_only_what_was_erased_is_not_compared(done, erased, change, told):
    """Of copies with Bob: one was delivered to Carol; and the other way. Eve, too, has one of Bob's."""
    more = done.wrong(BOB, CAROL, number=3), done.wrong(CAROL, BOB, number=4)
    plan = done.plan(*more)
    done.carry(plan)
    done.office.ledger.erase_person(erased, "ben", "asked for", NOW)
    files = _files(bundle(done))
    _judge(files)
    holder = EVE if erased == EVE else BOB
    for one in files["relocation/repairs.json"]:
        for copy in one["copies"]:
            if copy["holder"] == holder:
                copy.update(change)
    if told is None:
        _judge(files)
    else:
        with pytest.raises(Bad, match=told):
            _judge(files)


def test_one_who_was_erased_does_not_stand_for_two(done):
    done.office.ledger.erase_person(BOB, "ben", "asked for", NOW)
    files = _files(bundle(done))
    kept = [one for one in files["ledger.json"] if CAROL not in json.dumps(one)]
    assert len(kept) == len(files["ledger.json"]) - 1
    files["ledger.json"] = kept
    with pytest.raises(Bad, match="what arrived of 2 accounts"):
        _judge(files)


def test_a_bundle_tells_what_came_back_and_that_is_compared(unclear):
    files = _files(bundle(unclear))
    _judge(files)
    (back,) = files["relocation/restored.json"]
    for change in ({"holder": FINN}, {"content": "0" * 64}):
        files["relocation/restored.json"] = [{**back, **change}]
        with pytest.raises(Bad):
            _judge(files)


def _files(exported):
    with tarfile.open(fileobj=io.BytesIO(exported)) as tar:
        return {
            one.name: json.load(tar.extractfile(one))
            for one in tar.getmembers()
            if one.name.endswith(".json")
        }


def test_examinations_are_told_what_arrived_and_what_was_removed(done):
    found = told_repairs(done.office.ledger)
    arrived = set(DeliveryRow.objects.values_list("account", "guid"))
    assert set(found.arrived) == arrived
    assert len(arrived) == 2
    removed = {key for key in found.removed if len(key) == 3}
    assert removed == {(EVE, "<1@shop.example>", "4Q"), (EVE, "<2@shop.example>", "4Q")}


def test_a_plan_of_repairs_is_not_run_as_a_restore_nor_the_other_way(done):
    more = done.plan(done.wrong(EVE, BOB, number=3))
    with pytest.raises(OtherKind):
        done.office.restore(more)
    back = done.office.restores.plan(done.case, (), "undo", member("anna"))
    done.office.signed(back, done.key)
    with pytest.raises(OtherKind):
        done.office.desk.run(back.hash, member("anna"))


def test_nothing_is_planned_that_quarantine_could_not_take(done, tmp_path):
    office = done.office
    nobody = QuarantineSettings(str(tmp_path / "none"), ())
    office.desk.quarantine = Quarantine(office.ledger, nobody)
    done.case = office.case()
    with pytest.raises(BadRecipient, match="quarantine"):
        done.plan(done.wrong(EVE, BOB, number=4))
    assert office.desk.plans.of_case(done.case) == []
