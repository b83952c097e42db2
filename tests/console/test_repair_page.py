"""A repair planned by a page: from a snapshot, as the command does it."""

import json
from dataclasses import replace

import pytest
from django.test import override_settings

from postwarden import wiring
from postwarden.cases import service as cases
from postwarden.console import engine_forms
from postwarden.console.settings import CONFIGURATION
from postwarden.custody.quarantine.identities import make_key_file, recipient_of
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.drills.simulated import simulate
from postwarden.evidence.service import Scope, take
from postwarden.people.service import member
from postwarden.rooms import present


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


def test_without_a_snapshot_it_says_what_to_do(kept):
    answer = post(kept)
    assert answer.status_code == 422
    assert "postwarden scan" in answer.content.decode()
    assert "Nothing was changed" in answer.content.decode()
    assert plans(kept) == []


def test_a_repair_is_planned_and_waits_for_somebody_else(kept):
    take(kept.here.evidence, Scope(), wiring.sources(kept.here), present(), lambda _: None)
    answer = post(kept, "officer-home")
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{kept.case}/plans/")
    (plan,) = plans(kept)
    assert (plan.requester, plan.reason, plan.stage) == ("officer-home", "bring it home", "frozen")
    assert {act.kind for act in plan.acts} & {"relocate", "deliver"}
    assert plan in kept.holds.plans.awaiting(member("anna"), present())


def test_one_at_a_time_plans_in_a_process(kept):
    with engine_forms.one_at_a_time():  # as another request would
        answer = post(kept)
    assert answer.status_code == 422
    assert "Somebody else examines a case or plans a repair just now" in answer.content.decode()


def examine(kept, who="anna"):
    return kept.browser(who).post(f"/cases/{kept.case}/examine/")


def test_a_case_is_examined_and_has_what_was_found(kept):
    take(kept.here.evidence, Scope(), wiring.sources(kept.here), present(), lambda _: None)
    answer = examine(kept, "officer-home")
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{kept.case}/findings/")
    told = cases.head(member("anna"), kept.case)
    assert told.findings["misdelivered"] > 0
    assert told.states[cases.State.TO_REPAIR] > 0
    page = answer.client.get(answer["Location"]).content.decode()
    assert "misdelivered" in page
    assert "Examined" in page


def test_who_may_not_edit_the_case_examines_nothing(kept):
    assert examine(kept, "reader-home").status_code == 403
    assert cases.head(member("anna"), kept.case).findings == {}
