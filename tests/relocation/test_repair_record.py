"""What repairs leave on record: verified against rows, added up in a bundle, told to examinations."""

import io
import json
import tarfile
from dataclasses import replace

import pytest

from people.conftest import NOW
from postwarden.cases import service as cases
from postwarden.custody.models import ObjectRow, PlanRow
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.service import BadRecipient, Quarantine
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
    desk = replace(done.office.cases, contributions=(RepairsOfCases(),))
    return cases.export_case(desk, member("anna"), done.case, NOW + 10_000_000_000)


def test_a_bundle_adds_up_what_a_repair_did(done, tmp_path, capsys):
    exported = bundle(done)
    assert check(exported)["repairs"] == [{"right": 0, "settled": 0, "relocated": 2}]
    (tmp_path / "case.tar").write_bytes(exported)
    assert checker.main([str(tmp_path / "case.tar")]) == 0
    assert "Repair: 2 relocated = 2 copies, each counted once." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one["right"].append("more"), "was changed"),
        (lambda one: one["right"].append(one["copies"][0]["copy"]), "counted twice"),
        (lambda one: one["copies"].pop(), "was changed"),
        (lambda one: one["copies"][0].update(outcome="removed"), "not as the ledger says"),
        (lambda one: one["copies"][0].update(sealed="0" * 64), "not as the ledger says"),
        (lambda one: one.update(plan="0" * 64), "counted otherwise"),
    ],
)
def test_a_sum_that_was_changed_is_found(done, change, told):
    files = _files(bundle(done))
    repair = json.loads(files["relocation/repairs.json"])[0]
    change(repair)
    with pytest.raises(Bad, match=told):
        checker._repair(repair, json.loads(files["ledger.json"]), False)


def _files(exported):
    with tarfile.open(fileobj=io.BytesIO(exported)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}


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
