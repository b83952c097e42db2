"""What watches: health, and figures."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from api.conftest import token_of
from cases.conftest import HOUR
from console.conftest import HELD
from postwarden.cases import service as cases
from postwarden.errands.service import Errands, ScanWish
from postwarden.holds.service import Wish
from postwarden.people.service import Permission, member
from postwarden.rooms import present
from postwarden.worker.service import life_chores

ROOT = Path(__file__).parents[2]


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


def told_by(client, given):
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {given}"})
    assert answer.status_code == 200
    return figures(answer.content.decode())


def test_requests_are_counted_by_route_and_status_with_their_time(desk):
    given = token_of("anna", (Permission.METRICS_READ,))
    before, browser = told_by(Client(), given), desk.browser("anna")
    name = "postwarden_request_seconds_count"
    for _ in range(3):
        browser.get(f"/cases/{desk.case}/?q={HELD[0]}")
    browser.get(f"/nothing/{HELD[0]}/")
    after = told_by(Client(), given)

    def more(*labels):
        return after[name, *labels] - before.get((name, *labels), 0)

    assert more("cases-one", "2xx") == 3
    assert more("", "4xx") == 1
    buckets = {key: value for key, value in after.items() if key[0].endswith("seconds_bucket")}
    assert max(value for key, value in buckets.items() if "cases-one" in key) >= 3
    assert not any("hold1" in str(key) for key in after)


def test_what_waits_runs_out_or_stands_still_can_be_seen(desk):
    given, ledger = token_of("anna", (Permission.METRICS_READ,)), desk.holds.desk.ledger
    told = told_by(Client(), given)
    assert told["postwarden_clocks", "authority"] == 0
    assert told["postwarden_ledger_unsigned",] > 0
    assert not {
        "postwarden_worker_seen_timestamp_seconds",
        "postwarden_ledger_head_timestamp_seconds",
    } & {one[0] for one in told}
    aware = desk.now - HOUR
    desk(cases.change, desk.case, cases.Change(times=cases.Times(aware=aware)))
    Errands(desk.holds.desk).ask(ScanWish("test", 1), member("anna"), desk.now)
    next(iter(life_chores())).do()
    ledger.sequence(desk.now)
    told = told_by(Client(), given)
    assert told["postwarden_clocks", "authority"] == 1
    assert told["postwarden_clock_next_timestamp_seconds", "authority"] == aware / 1e6 + 72 * 3600
    assert (
        told["postwarden_errands", "scan", "waiting"],
        told["postwarden_errands", "scan", "running"],
    ) == (1, 0)
    assert abs(told["postwarden_worker_seen_timestamp_seconds",] - present() / 1e6) < 60
    assert told["postwarden_ledger_head_timestamp_seconds",] == desk.now // 1_000_000
    assert told["postwarden_ledger_unsigned",] == 0
    desk(cases.restrict_case, desk.case, [], "a colleague", who="officer-all")
    told = told_by(Client(), given)
    assert told["postwarden_clocks", "authority"] == told["postwarden_cases", "open"] == 0


def test_alerts_and_the_page_name_figures_that_there_are(desk):
    given = token_of("anna", (Permission.METRICS_READ,))
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {given}"}).content.decode()
    there = {one.name for one in text_string_to_metric_families(text)}
    page = (ROOT / "docs/how-to/watch.md").read_text()
    assert set(re.findall(r"^\| `(postwarden_\w+)`", page, re.MULTILINE)) == there
    rules = yaml.safe_load((ROOT / "deploy/prometheus/postwarden.rules.yml").read_text())
    alerts = rules["groups"][0]["rules"]
    assert len(alerts) >= 8
    parts = {f"{name}{end}" for name in there for end in ("", "_count", "_bucket", "_sum")}
    for one in alerts:
        named = re.findall(r"postwarden_\w+", one["expr"])
        assert set(named) <= parts, one["alert"]
        assert named or "up{" in one["expr"]
        assert one["annotations"]["summary"]


def test_prometheus_takes_the_alerts():
    if shutil.which("promtool") is None:
        pytest.skip("promtool, of Debian's large package prometheus, is not installed")
    words = ["promtool", "check", "rules", str(ROOT / "deploy/prometheus/postwarden.rules.yml")]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
