"""What watches: health, and figures."""

from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from api.conftest import token_of
from console.conftest import HELD
from postwarden.holds.service import Wish
from postwarden.people.service import Permission, member


def figures(text):
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_whoever_asks_hears_whether_it_lives_and_answers(desk, monkeypatch):
    assert Client().get("/health/live").json() == {"status": "pass"}
    assert Client().get("/health/ready").json() == {"status": "pass"}

    def away(*_):
        raise OperationalError("no space left")

    monkeypatch.setattr("postwarden.ledger.book.heads", away)
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert Client().get("/health/live").status_code == 200


def test_figures_are_those_of_the_state_and_name_nobody(desk):
    desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now)
    given = token_of("anna", (Permission.METRICS_READ,))
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {given}"})
    told = figures(answer.content.decode())
    assert told["postwarden_cases", "open"] == 1
    assert told["postwarden_effects_waiting", "holds.plan"] == 1
    assert told["postwarden_effects_failing", "holds.plan"] == 0
    assert told["postwarden_effects_late_seconds", "holds.plan"] > 0
    desk.holds.carry(desk.holds.plans.every()[-1].hash, lambda: desk.now)
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {given}"})
    assert figures(answer.content.decode())["postwarden_holds", "login"] == 2
    for name in (b"@", desk.case.encode(), b"anna"):
        assert name not in answer.content
    assert "no-store" in answer["Cache-Control"]


def test_figures_are_for_a_token_with_their_scope_for_everything(desk):
    for name, scope, status in (
        ("anna", (Permission.CASE_READ,), 403),
        ("postmaster-home", tuple(Permission), 403),
        ("reader-all", tuple(Permission), 403),
        ("postmaster-all", (Permission.METRICS_READ,), 200),
    ):
        headers = {"Authorization": f"Bearer {token_of(name, scope)}"}
        assert Client().get("/metrics", headers=headers).status_code == status, name
    assert Client().get("/metrics").status_code == 401
    assert desk.browser("anna").get("/metrics").status_code == 401
