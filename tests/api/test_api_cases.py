"""Cases, by the API."""

from postwarden.people.service import Permission


def test_whoever_brings_a_token_lists_cases(program, desk):
    answer = program().get("/cases")
    assert answer.status_code == 200
    assert [one["reference"] for one in answer.told["items"]] == [desk.case]
    assert answer.told["next"] is None
    assert "no-store" in answer["Cache-Control"]


def test_nobody_is_let_in_without_one(program):
    for token in (None, "", "x", "pwt_x"):
        nobody = program()
        nobody.token = token
        answer = nobody.get("/cases")
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.told["status"] == 401


def test_a_scope_cuts_rights(program):
    answer = program(scope=(Permission.REPORT_ADD,)).get("/cases")
    assert (answer.status_code, answer.told["title"]) == (403, "Forbidden")
    assert "scope lacks cases:case:read" in answer.told["detail"]


def test_a_case_is_opened_and_noted_in(program):
    anna = program()
    told = {"kind": "misdelivery", "title": "mail astray", "organisations": ["home"]}
    opened = anna.post("/cases", told)
    assert opened.status_code == 201
    reference = opened.told["reference"]
    entry = {"at": "2026-11-20T10:00:00+01:00", "text": "called", "evidence": ["call 7"]}
    assert anna.post(f"/cases/{reference}/timeline", entry).status_code == 201
    latest, first = anna.get(f"/cases/{reference}/timeline").told["items"]
    assert (latest["act"], first["act"]) == ("case.opened", "case.noted")
    assert (first["at"], first["evidence"]) == ("2026-11-20T09:00:00Z", ["call 7"])
    whole = anna.get(f"/cases/{reference}").told
    assert (whole["title"], whole["entries"], whole["accounts"]) == ("mail astray", 2, {})


def test_accounts_are_listed_by_page_and_state(program, desk):
    anna = program()
    first = anna.get(f"/cases/{desk.case}/accounts?limit=1").told
    second = anna.get(f"/cases/{desk.case}/accounts?limit=1&cursor={first['next']}").told
    names = [one["account"] for page in (first, second) for one in page["items"]]
    assert names == ["hold1@example.net", "hold2@example.net"]
    assert second["next"] is None
    assert anna.get(f"/cases/{desk.case}/accounts?state=held").told["items"] == []
    assert anna.get(f"/cases/{desk.case}/accounts?state=nonsense").status_code == 422
