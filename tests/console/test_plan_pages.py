"""A plan's page: as a diff, page by page, how far it is, and what becomes of it."""

from dataclasses import replace

import pytest
from django.test import override_settings

from cases.conftest import finding
from console.conftest import HELD
from people.conftest import KeyFile, Records
from postwarden.cases import service as cases
from postwarden.console.pages import live
from postwarden.console.settings import CONFIGURATION
from postwarden.custody.quarantine.identities import make_key_file, recipient_of
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.custody.service import Kind, Stage, consent
from postwarden.holds.service import Wish
from postwarden.people.service import challenge, enrol, member, retire
from postwarden.relocation.models import CopyRow
from postwarden.relocation.rules import Outcome
from postwarden.relocation.rules import Stage as CopyStage
from postwarden.relocation.service import Counted, Goal, Repair, Seen, Wanted, Why, rate
from postwarden.rooms import opened, present

HOUR = 3_600_000_000


@pytest.fixture
def mending(desk, tmp_path):
    """The installation with a quarantine, and a plan of 150 repairs and one that is left."""
    make_key_file(str(tmp_path / "key.age"))
    kept = QuarantineSettings(str(tmp_path / "kept"), (recipient_of(str(tmp_path / "key.age")),))
    configuration = replace(desk.configuration, quarantine=kept)
    with override_settings(**{CONFIGURATION: configuration}):
        desk.rooms = opened(configuration)
        store = configuration.stores[0].name
        ways = ((store, desk.rooms.repairs.outside.routes[store].name),)
        repairs = [
            Repair(
                Wanted(f"f{n:03}", HELD[0], "INBOX", f"cur/{n}", None, None, "0" * 64),
                store,
                1_000,
                (Goal("carla@example.net", store),),
                message=f"<{n}@shop.test>",
                ways=ways,
            )
            for n in range(150)
        ]
        left = Wanted("left", HELD[1], "INBOX", "cur/<b>", None, None, "0" * 64)
        repairs.append(Repair(left, store, 1_000, message="<l@shop.test>", why=Why.ENCRYPTED))
        counted = Counted(
            Seen("s", "0" * 64, None, None), (), (), tuple(sorted(one.copy.id for one in repairs))
        )
        told = (desk.case, "bring it home", repairs, counted, member("anna"))
        desk.plan = desk.rooms.repairs.plan(*told)
        yield desk


@pytest.fixture
def approved(mending, tmp_path):
    sign(mending.rooms.holds, mending.plan, KeyFile(tmp_path))
    return mending


def sign(holds, plan, key, who="officer-all"):
    signed = key.sign(challenge(who, key.public))
    enrol(who, key.public, signed, who, Records(), present())
    expires = present() + HOUR
    signature = key.sign(consent(plan.hash, len(plan.acts), expires))
    holds.approve(plan.hash, member(who), expires, signature, present())


def get(desk, path="", who="anna"):
    return desk.browser(who).get(f"/plans/{desk.plan.hash}/{path}")


def post(desk, act, who="anna", **told):
    return desk.browser(who).post(f"/plans/{desk.plan.hash}/{act}/", told)


def stage(desk):
    return desk.rooms.holds.plans.stage(desk.plan.hash)


def test_a_plan_is_shown_as_a_diff_a_page_at_a_time(mending):
    known = finding("f000", HELD[0], at=1_700_000_000_000_000)
    taken = cases.Taken("s1", frozenset({HELD[0]}), (known,))
    mending(cases.take_findings, mending.case, taken)
    text = get(mending).content.decode()
    row = text.split("<tbody>")[1].split("</tr>")[0]
    for told in (HELD[0], "carla@example.net", "14 Nov 23:13", "&lt;0@shop.test&gt;", "by Maildir files",
                 f"/cases/{mending.case}/findings/f000/"):  # fmt: skip
        assert told in row
    assert text.count("<tr class=") == 50
    assert "1 to 50 of 151" in text
    middle = get(mending, "?from=50").content.decode()
    assert "51 to 100 of 151" in middle
    assert middle.count("<tr class=") == 50
    second = get(mending, "?from=150").content.decode()
    assert "151 to 151 of 151" in second
    assert "of no use to anybody else" in second
    assert second.count("<tr class=") == 1


@pytest.mark.parametrize("first", ["-1", "x", "9" * 40, "151", "%00", "1e2", "²"])
def test_a_page_that_is_none_is_the_first(mending, first):
    assert b"1 to 50 of 151" in get(mending, f"?from={first}").content


def test_a_plan_is_refused_with_a_reason(mending):
    assert b"Nobody can approve it any more" in get(mending, "withdraw/").content
    answer = post(mending, "withdraw", who="officer-home", why="wrong <owner>")
    assert answer.status_code == 302
    assert stage(mending) is Stage.WITHDRAWN
    told = [one for one in mending.rooms.ledger.entries() if one.act == "plan.withdrawn"]
    assert [(one.facts["actor"], one.facts["why"]) for one in told] == [
        ("officer-home", "wrong <owner>")
    ]
    again = post(mending, "withdraw")
    assert again.status_code == 422
    assert "Nothing was changed" in again.content.decode()


def test_who_may_not_refuses_nothing(mending):
    assert post(mending, "withdraw", who="reader-home").status_code == 403
    assert post(mending, "withdraw", who="officer-brand").status_code == 404
    assert stage(mending) is Stage.FROZEN


def test_what_was_not_approved_is_not_run(mending):
    assert "Carry out" not in get(mending).content.decode()
    answer = post(mending, "run")
    assert answer.status_code == 422
    assert "it still needs somebody&#x27;s approval" in answer.content.decode()
    assert stage(mending) is Stage.FROZEN


def test_a_plan_is_run_stopped_and_given_up(approved):
    assert "Carry out 151 acts" in get(approved).content.decode()
    assert post(approved, "run").status_code == 302
    assert stage(approved) is Stage.RUNNING
    assert approved.rooms.repairs.waiting() == [approved.plan.hash]  # the worker carries it out
    page = get(approved).content.decode()
    assert "1 of 151 copies at their end" in page  # the one that is left
    assert f'data-live="/plans/{approved.plan.hash}/live/"' in page
    assert post(approved, "stop", why="wait").status_code == 302
    assert (stage(approved), b"Give up" in get(approved).content) == (Stage.STOPPED, True)
    assert post(approved, "abandon", why="no more").status_code == 302
    assert stage(approved) is Stage.ABANDONED


@pytest.mark.parametrize("act", ["withdraw", "run", "stop", "abandon"])
def test_asking_changes_nothing(approved, act):
    before = [one.act for one in approved.rooms.ledger.entries()]
    assert get(approved, f"{act}/?why=x").status_code == 200
    assert (stage(approved), [one.act for one in approved.rooms.ledger.entries()]) == (
        Stage.APPROVED,
        before,
    )


def test_the_stream_tells_what_changes_and_ends_with_the_work(approved, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0)
    post(approved, "run")
    answer = get(approved, "live/")
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    events = iter(answer.streaming_content)
    first = next(events).decode()
    assert first.startswith("event: going\ndata: ")
    assert first.endswith("\n\n")
    assert "1 of 151 copies" in first
    post(approved, "stop")
    last = next(events).decode()
    assert last.startswith("event: ended\n")
    assert list(events) == []
    answer.close()


@pytest.mark.parametrize("cut", ["restricted", "retired"])
def test_the_stream_ends_for_who_may_not_know_of_the_plan_any_more(approved, monkeypatch, cut):
    monkeypatch.setattr(live, "SECONDS", 0)
    post(approved, "run")
    answer = approved.browser("reader-all").get(f"/plans/{approved.plan.hash}/live/")
    events = iter(answer.streaming_content)
    assert next(events).startswith(b"event: going")
    if cut == "restricted":
        told = (approved.case, ["counsel-home"], "a colleague")
        approved(cases.restrict_case, *told, who="officer-all")
    else:
        retire("reader-all", "anna", Records(), approved.now)
    assert list(events) == []
    answer.close()


def test_there_are_few_streams_at_once_and_each_ends_by_itself(mending, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0)
    monkeypatch.setattr(live, "LOOKS", 3)
    answers = [get(mending, "live/") for _ in range(4)]
    assert get(mending, "live/").status_code == 503
    for one in answers:
        one.close()
        one.close()
    answer = get(mending, "live/")
    assert len(list(answer.streaming_content)) == 1  # nothing runs
    answer.close()


def test_how_fast_holds_go_is_told_of_what_was_done(desk):
    wish = Wish(HELD, desk.case, "test")
    plan = desk.holds.hold(wish, member("anna"), desk.now).plan
    text = desk.browser("anna").get(f"/plans/{plan.hash}/").content.decode()
    assert "0 of 2 acts done" in text
    desk.holds.carry(plan.hash, lambda: desk.now)
    text = desk.browser("anna").get(f"/plans/{plan.hash}/").content.decode()
    assert "2 of 2 acts done" in text
    assert "data-live" not in text


def test_a_rate_is_of_the_last_minute():
    now, minute = 10 * HOUR, HOUR // 60
    assert rate(30, now - HOUR, now) == 30
    assert rate(30, now - minute // 2, now) == 60
    assert rate(0, now - HOUR, now) is None
    assert rate(5, None, now) is None
    assert rate(5, now, now) is None


def test_who_signed_a_hold_that_began_at_once_is_not_asked_again(desk, tmp_path):
    desk.plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), present()).plan
    assert "Your approval" in get(desk, who="officer-all").content.decode()
    sign(desk.holds, desk.plan, KeyFile(tmp_path))
    assert "Your approval" not in get(desk, who="officer-all").content.decode()


def ended(desk, finding, outcome, **told):
    CopyRow.objects.filter(plan=desk.plan.hash, finding=finding).update(
        stage=CopyStage.ENDED, outcome=outcome, **told
    )


def test_a_copy_that_needs_a_person_is_decided_by_what_they_saw(approved):
    post(approved, "run")
    ended(approved, "f000", Outcome.NEEDS_PERSON, why=Why.NOT_KNOWN_ARRIVED)
    assert f"/plans/{approved.plan.hash}/decide/" in get(approved).content.decode()
    assert (
        f"/plans/{approved.plan.hash}/decide/"
        not in get(approved, who="reader-all").content.decode()
    )
    page = get(approved, "decide/").content.decode()
    assert "1 copy waits" in page
    assert HELD[0] in page
    told = {"copy": "f000", "arrived": "no", "why": "not there"}
    assert post(approved, "decide", "reader-all", **told).status_code == 403
    assert post(approved, "decide", **{**told, "copy": "f001"}).status_code == 422
    assert post(approved, "decide", **told).status_code == 302
    assert approved.rooms.repairs.stuck(approved.plan.hash)[0].outcome is not Outcome.NEEDS_PERSON
    assert "No copy of this plan waits for a person" in get(approved, "decide/").content.decode()
    last = [one.act for one in approved.rooms.ledger.entries()][-2:]
    assert last == ["copy.decided", "copy.ended"]


def test_copies_are_planned_to_be_put_back_and_who_has_the_key_is_told_how(approved):
    post(approved, "run")
    ended(approved, "f000", Outcome.RELOCATED, quarantined="a" * 64)
    browser = approved.browser("anna")
    page = f"/cases/{approved.case}/restore/"
    assert browser.post(page, {"copies": "f149"}).status_code == 422
    assert browser.post(page, {"why": "it was right"}).status_code == 302
    plan = approved.rooms.holds.plans.of_case(approved.case)[-1]
    assert (len(plan.acts), plan.kinds, plan.stage) == (1, {Kind.RESTORE}, Stage.FROZEN)
    text = browser.get(f"/plans/{plan.hash}/").content.decode()
    assert f"postwarden restore --plan {plan.hash[:12]}" in text
    assert "Carry out" not in text
