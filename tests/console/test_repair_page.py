"""A repair planned by a page: from a snapshot, as the command does it."""

import json
from dataclasses import replace

import pytest
from django.test import override_settings

from postwarden import wiring
from postwarden.cases import service as cases
from postwarden.console.settings import CONFIGURATION
from postwarden.custody.quarantine.identities import make_key_file, recipient_of
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.doing import do
from postwarden.drills.simulated import simulate
from postwarden.errands.service import ErrandLost, Kind, Stage, claim
from postwarden.evidence.service import Scope, take
from postwarden.people.service import member, retire
from postwarden.rooms import opened, present


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A provider with mail astray."""
    place = tmp_path_factory.mktemp("astray") / "tree"
    simulate("demo", place, accounts=20, messages=40)
    file = place / "postwarden.toml"
    home = '\n[[organisations]]\nname = "home"\nfull_name = "Example Mail"\n'
    file.write_text(f'{file.read_text()}{home}domains = ["example.net"]\n')
    return place


@pytest.fixture
def kept(desk, tree, tmp_path):
    """The installation with a quarantine, and the accounts of the incident suspected."""
    key = str(tmp_path / "key.age")
    make_key_file(key)
    quarantine = QuarantineSettings(str(tmp_path / "kept"), (recipient_of(key),))
    evidence = replace(desk.configuration.evidence, path=str(tmp_path / "evidence"))
    configuration = replace(desk.configuration, quarantine=quarantine, evidence=evidence)
    truth = tree.with_name(f"{tree.name}-truth.jsonl").read_text().splitlines()
    wrong = {one["account"] for one in map(json.loads, truth) if one["verdict"] == "misdelivered"}
    desk(cases.suspect, desk.case, sorted(wrong), "they got what is not theirs")
    desk.here = configuration
    with override_settings(**{CONFIGURATION: configuration}):
        yield desk


def post(desk, who="anna", **told):
    return desk.browser(who).post(f"/cases/{desk.case}/repair/", {"why": "bring it home", **told})


def plans(desk):
    return desk.holds.plans.of_case(desk.case)


def work(kept):
    """Do what a worker would; give how it ended."""
    rooms = opened(kept.here)
    claimed = claim(rooms.ledger, list(Kind), present())
    do(rooms, claimed)
    return claimed.errand


def scanned(kept):
    take(kept.here.evidence, Scope(), wiring.sources(kept.here), present(), lambda _: None)


def test_without_a_snapshot_it_says_what_to_do(kept):
    answer = post(kept)
    assert answer.status_code == 302
    assert work(kept).stage is Stage.FAILED
    page = answer.client.get(answer["Location"]).content.decode()
    assert "postwarden scan" in page
    assert "Nothing of it was done" in page
    assert "failed" in answer.client.get(f"/cases/{kept.case}/").content.decode()
    assert plans(kept) == []


def test_a_repair_is_planned_by_the_worker_and_waits_for_somebody_else(kept):
    scanned(kept)
    answer = post(kept, "officer-home")
    errand = opened(kept.here).errands.of_case(kept.case)
    assert (answer.status_code, answer["Location"]) == (302, f"/work/{errand.number}/")
    assert "Planning a repair" in answer.client.get(f"/cases/{kept.case}/").content.decode()
    assert plans(kept) == []
    assert work(kept).stage is Stage.DONE
    (plan,) = plans(kept)
    assert (plan.requester, plan.reason, plan.stage) == ("officer-home", "bring it home", "frozen")
    assert {act.kind for act in plan.acts} & {"relocate", "deliver"}
    assert plan in kept.holds.plans.awaiting(member("anna"), present())
    page = answer.client.get(answer["Location"]).content.decode()
    assert f"/plans/{plan.hash}/" in page
    assert f"See the plan of {len(plan.acts)} acts" in page


def test_one_thing_is_done_for_a_case_at_a_time(kept):
    assert post(kept).status_code == 302
    for again in (post(kept, "officer-all"), examine(kept)):
        assert again.status_code == 422
        assert "The worker has something of this kind to do already" in again.content.decode()


def test_a_plan_that_was_stopped_while_it_was_drawn_up_is_not_frozen(kept):
    scanned(kept)
    post(kept)
    rooms = opened(kept.here)
    claimed = claim(rooms.ledger, list(Kind), present())
    errand = rooms.errands.of_case(kept.case)
    answer = kept.browser("officer-all").post(f"/work/{errand.number}/stop/")
    assert answer.status_code == 302
    with pytest.raises(ErrandLost):
        do(rooms, claimed)
    assert plans(kept) == []
    assert rooms.errands.of_case(kept.case).stage is Stage.STOPPED
    assert post(kept).status_code == 302  # another one can be asked for


def examine(kept, who="anna"):
    return kept.browser(who).post(f"/cases/{kept.case}/examine/")


def test_a_case_is_examined_by_the_worker_and_has_what_was_found(kept):
    scanned(kept)
    answer = examine(kept, "officer-home")
    errand = work(kept)
    assert answer["Location"] == f"/work/{errand.number}/"
    told = cases.head(member("anna"), kept.case)
    assert told.findings["misdelivered"] > 0
    assert told.states[cases.State.TO_REPAIR] == errand.outcome["wrong"] > 0
    assert errand.step.found >= told.findings["misdelivered"]
    page = answer.client.get(answer["Location"]).content.decode()
    assert f"/cases/{kept.case}/findings/" in page
    assert "Nobody is cleared while the case does not say when it began" in page


def test_of_an_examination_that_was_stopped_the_case_has_nothing(kept):
    scanned(kept)
    examine(kept)
    rooms = opened(kept.here)
    claimed = claim(rooms.ledger, list(Kind), present())
    kept.browser("officer-all").post(f"/work/{claimed.number}/stop/")
    with pytest.raises(ErrandLost):
        do(rooms, claimed)
    assert cases.head(member("anna"), kept.case).findings == {}
    assert rooms.errands.of_case(kept.case).stage is Stage.STOPPED


def test_who_may_not_edit_the_case_examines_nothing(kept):
    assert examine(kept, "reader-home").status_code == 403
    assert cases.head(member("anna"), kept.case).findings == {}


def test_who_lost_the_right_meanwhile_gets_nothing_done(kept):
    scanned(kept)
    post(kept, "officer-home")
    retire("officer-home", "anna", lambda *_: None, kept.now)
    errand = work(kept)
    assert errand.stage is Stage.FAILED
    assert "officer-home may not do this" in errand.trouble
    assert plans(kept) == []
