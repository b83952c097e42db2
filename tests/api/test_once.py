"""What is sent again with its key is done once."""

import threading

import pytest
from django.db import connections

from console.conftest import HELD
from postwarden.api.models import AnswerRow
from postwarden.api.once import LASTING
from postwarden.cases import service as cases
from postwarden.cases.models import CaseRow

CASE = {"kind": "outage", "title": "mailboxes away", "organisations": ["home"]}


def test_the_same_again_is_answered_as_before(program, desk):
    anna = program()
    first, again = (anna.post("/cases", CASE, key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert CaseRow.objects.count() == 2


def test_another_request_with_the_same_key_is_refused(program, desk):
    anna = program()
    anna.post("/cases", CASE, key="k1")
    for path, body in (("/cases", CASE | {"title": "other"}), ("/holds", CASE)):
        assert anna.post(path, body, key="k1").status_code == 422
    assert CaseRow.objects.count() == 2


def test_the_keys_of_others_are_others(program, desk):
    made = [
        program(name).post("/cases", CASE, key="k1").told for name in ("anna", "postmaster-all")
    ]
    assert made[0]["reference"] != made[1]["reference"]


def test_what_was_refused_is_asked_anew(program, desk):
    anna = program()
    told = {"at": "2026-11-20T09:00:00Z", "text": ""}
    path = f"/cases/{desk.case}/timeline"
    assert anna.post(path, told, key="k1").status_code == 409
    assert AnswerRow.objects.count() == 0
    assert anna.post(path, told | {"text": "called"}, key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ü", "k" * 256])
def test_a_key_that_is_none_is_refused(program, desk, key):
    assert program().post("/cases", CASE, key=key).status_code == 422
    assert CaseRow.objects.count() == 1


def test_an_answer_is_kept_for_a_day(program, desk):
    anna = program()
    anna.post("/cases", CASE, key="k1")
    AnswerRow.objects.update(at=AnswerRow.objects.get().at - LASTING)
    assert "Idempotency-Replayed" not in anna.post("/cases", CASE, key="k1")
    assert (AnswerRow.objects.count(), CaseRow.objects.count()) == (1, 3)


def test_stopped_before_its_end_nothing_was_done_and_the_key_is_free(program, desk, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    anna = program()
    with monkeypatch.context() as broken:
        broken.setattr("django.db.models.query.QuerySet.update", killed)
        with pytest.raises(Killed):
            anna.post("/cases", CASE, key="k1")
    assert (AnswerRow.objects.count(), CaseRow.objects.count()) == (0, 1)
    assert anna.post("/cases", CASE, key="k1").status_code == 201


def test_of_two_at_once_one_is_done_and_both_hear_of_it(program, desk):
    anna = program()
    assert anna.get("/cases").status_code == 200  # the middleware is loaded by this thread
    begun, go = threading.Barrier(3), []

    def send():
        begun.wait(10)
        go.append(anna.post("/cases", CASE, key="k1"))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for one in threads:
        one.start()
    begun.wait(10)
    for one in threads:
        one.join(30)
    assert [one.status_code for one in go] == [201, 201]
    assert go[0].content == go[1].content
    assert CaseRow.objects.count() == 2


def test_nothing_is_answered_again_of_what_became_restricted_to_others(program, desk):
    anna = program()
    held = {"accounts": HELD, "reason": "to be examined", "case": desk.case}
    asked = (("/cases", CASE), ("/holds", held))
    made = [anna.post(path, body, key=path).told for path, body in asked]
    for case in (made[0]["reference"], desk.case):
        desk(cases.restrict_case, case, ["counsel-home"], "a colleague", who="officer-all")
    for path, body in asked:
        again = anna.post(path, body, key=path)
        assert again.status_code == 404
        assert not any(one in again.content.decode() for one in (HELD[0], made[1]["plan"]))
    assert CaseRow.objects.count() == 2
