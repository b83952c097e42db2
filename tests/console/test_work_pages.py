"""Snapshots asked for by a page: of whom, how far it is, what came of it; and the guided first one."""

import re
import shutil
import sys
from dataclasses import replace

import pytest
from django.test import override_settings

from postwarden.cases import service as cases
from postwarden.cli.desk.worker import ERRAND
from postwarden.console.pages import live
from postwarden.console.settings import CONFIGURATION
from postwarden.doing import do
from postwarden.errands.service import ExaminationWish, Kind, Stage, Step, claim
from postwarden.evidence.service import accounts_of, finished
from postwarden.people.service import member
from postwarden.rooms import opened, present
from postwarden.wiring import sources
from postwarden.worker.service import Bearer


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def kept(desk, tmp_path):
    """The installation with a place of its own for evidence."""
    evidence = replace(desk.configuration.evidence, path=str(tmp_path / "evidence"))
    desk.here = replace(desk.configuration, evidence=evidence)
    with override_settings(**{CONFIGURATION: desk.here}):
        desk.rooms = opened(desk.here)
        yield desk


def ask(kept, who="anna", **told):
    return kept.browser(who).post("/evidence/take/", {"purpose": "mail astray", "days": 30, **told})


def begun(kept):
    return claim(kept.rooms.ledger, [Kind.SCAN], present())


def entries(kept):
    return [
        (one.act, one.facts["actor"], one.facts.get("detail", {}))
        for one in kept.rooms.ledger.entries()
        if one.act.startswith("scan.")
    ]


def test_the_first_snapshot_is_led_to_taken_and_leads_on(kept):
    browser = kept.browser("anna")
    assert "Begin here" in words(browser.get("/"))
    assert "Take the first snapshot" in words(browser.get("/evidence/"))
    page = words(browser.get("/evidence/take/"))
    assert "never subjects or bodies" in page
    assert "never tried" in page  # the doctor
    assert all(one.name in page for one in kept.here.stores)
    answer = ask(kept)
    errand = kept.rooms.errands.scans(member("anna"))[0]
    assert answer["Location"] == f"/work/{errand.number}/"
    assert "The first snapshot is being taken" in words(browser.get("/"))
    claimed = begun(kept)
    do(kept.rooms, claimed)
    (manifest,) = finished(kept.here.evidence.path)
    assert (manifest.purpose, manifest.expires - manifest.taken) == (
        "mail astray",
        30 * 86_400_000_000,
    )
    page = words(browser.get(answer["Location"]))
    assert f"{manifest.rows['deliveries']} deliveries in the logs" in page
    assert "See the snapshot" in page
    assert "Begin here" not in words(browser.get("/"))
    asked, ended = entries(kept)
    assert asked[:2] == ("scan.asked", "anna")
    assert ended[2]["snapshot"] == manifest.name
    assert ended[2]["copies"] == manifest.rows["copies"] > 0


def test_a_snapshot_of_some_holds_nobody_elses_mail(kept):
    read = sources(kept.here)
    here = accounts_of(read.stores, read.mail, ["example.net"])
    assert ask(kept, whom=f" {here[0].upper()}\n").status_code == 302
    do(kept.rooms, begun(kept))
    assert ask(kept, whom="@example.net\nexample.net").status_code == 302
    do(kept.rooms, begun(kept))
    one, all_there = finished(kept.here.evidence.path)
    assert one.scope.accounts == (here[0],)
    assert all_there.scope.accounts == here
    assert here[1:]


@pytest.mark.parametrize("whom", ["two words@example.net", "anna@", "@"])
def test_what_is_no_account_is_asked_for_again_and_what_was_written_is_kept(kept, whom):
    answer = ask(kept, whom=whom)
    assert answer.status_code == 422
    assert "is no account and no domain" in answer.content.decode()
    assert whom in answer.content.decode()
    assert entries(kept) == []


def test_a_domain_without_a_mailbox_is_no_reason_to_read_everything(kept):
    assert ask(kept, whom="nowhere.example").status_code == 302
    assert begun_and_done(kept).stage is Stage.FAILED
    page = words(kept.browser("anna").get("/work/1/"))
    assert "No store has a mailbox of these domains. Nothing was read." in page
    assert finished(kept.here.evidence.path) == []


def begun_and_done(kept):
    claimed = begun(kept)
    do(kept.rooms, claimed)
    return claimed.errand


def test_a_scan_that_fails_says_what_was_kept(kept, monkeypatch):
    def fails(*_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("postwarden.doing.take", fails)
    ask(kept)
    assert begun_and_done(kept).stage is Stage.FAILED
    page = words(kept.browser("anna").get("/work/1/"))
    assert "No space left on device. What was read is kept; ask for it again." in page
    assert "The last try" in words(kept.browser("anna").get("/"))
    assert entries(kept)[-1][2] == {"errand": 1, "stage": "failed"}  # why may name somebody
    assert ask(kept).status_code == 302


def test_two_scans_at_once_are_refused(kept):
    assert ask(kept).status_code == 302
    answer = ask(kept, "officer-all")
    assert answer.status_code == 422
    assert "The worker has something of this kind to do already" in answer.content.decode()
    assert [act for act, *_ in entries(kept)] == ["scan.asked"]


def test_everybody_is_read_for_those_alone_who_work_for_every_organisation(kept):
    assert ask(kept, "postmaster-home").status_code == 403
    assert ask(kept, "postmaster-home", whom="x@brand.test").status_code == 403
    assert ask(kept, "auditor-all").status_code == 403
    assert entries(kept) == []
    assert ask(kept, "postmaster-home", whom="example.net").status_code == 302


def test_how_far_it_is_stands_on_the_page_and_in_the_stream(kept, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0)
    ask(kept)
    claimed = begun(kept)
    now = present()
    claimed.tell(Step("home", 0, 400), now - 60_000_000)
    claimed.tell(Step("home", 100, 400, 5_000), now)
    browser = kept.browser("auditor-all")
    page = browser.get("/work/1/")
    assert 'data-live="/work/1/live/"' in page.content.decode()
    for told in ("reading the store home", "100 of 400", "messages read · ", "100 a minute",
                 "about 3 min left"):  # fmt: skip
        assert told in words(page)
    answer = browser.get("/work/1/live/")
    events = iter(answer.streaming_content)
    assert next(events).decode().startswith("event: going\ndata: ")
    kept.browser("anna").post("/work/1/stop/")
    last = next(events).decode()
    assert last.startswith("event: ended\n")
    assert "What was read is kept" in last
    assert list(events) == []
    answer.close()


def test_what_was_stopped_is_asked_for_again_and_what_is_over_cannot_be_stopped(kept):
    ask(kept)
    assert kept.browser("anna").get("/work/1/stop/").status_code == 200
    assert kept.browser("postmaster-home").post("/work/1/stop/").status_code == 404
    assert kept.rooms.errands.scans(member("anna"))[0].goes_on
    assert kept.browser("officer-all").post("/work/1/stop/").status_code == 302
    assert begun(kept) is None
    again = kept.browser("anna").post("/work/1/stop/")
    assert again.status_code == 422
    assert "It is at its end already" in again.content.decode()
    assert ask(kept).status_code == 302


def test_work_on_a_case_is_there_for_its_readers_alone(kept):
    errand = kept.rooms.errands.ask(ExaminationWish(kept.case), member("anna"), kept.now)
    assert kept.browser("reader-home").get(f"/work/{errand.number}/").status_code == 200
    assert kept.browser("reader-brand").get(f"/work/{errand.number}/").status_code == 404
    kept(cases.restrict_case, kept.case, ["officer-home"], "it is delicate", who="officer-all")
    for page in ("", "live/", "stop/"):
        answer = kept.browser("anna").get(f"/work/{errand.number}/{page}")
        assert answer.status_code == 404


def test_the_stream_of_work_on_a_case_ends_where_it_is_restricted(kept, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0)
    errand = kept.rooms.errands.ask(ExaminationWish(kept.case), member("anna"), kept.now)
    answer = kept.browser("postmaster-all").get(f"/work/{errand.number}/live/")
    events = iter(answer.streaming_content)
    assert next(events).startswith(b"event: going")
    kept(cases.restrict_case, kept.case, ["counsel-home"], "a colleague", who="officer-all")
    assert list(events) == []
    answer.close()


def test_a_page_of_a_case_says_what_goes_on_for_it(kept):
    kept.browser("anna").post(f"/cases/{kept.case}/examine/")
    assert "Examining the case" in words(kept.browser("reader-home").get(f"/cases/{kept.case}/"))


def test_the_worker_s_process_takes_the_snapshot(desk):
    """As `postwarden worker` begins it, with nothing in common but the file and the state."""
    browser = desk.browser("anna")
    browser.post("/evidence/take/", {"purpose": "mail astray", "days": 30})
    command = (sys.executable, "-c", ERRAND, desk.configuration.file)
    try:
        Bearer("scans", desk.holds.desk.ledger, (Kind.SCAN,), command, present).run()
        (manifest,) = finished(desk.configuration.evidence.path)
        assert manifest.name in words(browser.get("/evidence/"))
        assert "See the snapshot" in words(browser.get("/work/1/"))
    finally:
        shutil.rmtree(desk.configuration.evidence.path, ignore_errors=True)
