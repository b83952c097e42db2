"""Webhooks by the API: made, seen, and removed, by their owner alone."""

from postwarden.api.models import AnswerRow

ASKED = {"url": "https://tickets.example.net/told", "events": ["case.opened", "plan.frozen"]}


def test_a_webhook_is_its_owners_and_its_secret_is_told_once(program):
    anna, other = program(), program("officer-all")
    made = anna.post("/webhooks", ASKED)
    assert made.status_code == 201
    assert made.told["secret"].startswith("whsec_")
    place = f"/webhooks/{made.told['webhook']}"
    shown = anna.get("/webhooks")
    assert made.told["secret"].encode() not in shown.content
    assert [(one["url"], one["events"]) for one in shown.told["items"]] == [tuple(ASKED.values())]
    assert anna.get(f"{place}/deliveries").told == {"items": [], "next": None}
    assert other.get("/webhooks").told["items"] == []
    assert other.get(f"{place}/deliveries").status_code == 404
    assert other("DELETE", place).status_code == 404
    removed = anna("DELETE", place)
    assert (removed.status_code, removed.content) == (204, b"")
    assert anna("DELETE", place).status_code == 404
    assert anna.get("/webhooks").told["items"][0]["ended"] is not None


def test_where_nothing_can_be_told_is_refused(program):
    anna = program()
    for told in ({"url": "http://tickets.example.net/"}, {"url": "https://a:b@example.net/"},
                 {"url": ""}, {"events": []}, {"events": ["hold.placed"]}):  # fmt: skip
        answer = anna.post("/webhooks", ASKED | told)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    for _ in range(20):
        assert anna.post("/webhooks", ASKED).status_code == 201
    assert "remove one first" in anna.post("/webhooks", ASKED).told["detail"]
    for number in ("x", "-1", "0", "9" * 30, "%00"):
        assert anna("DELETE", f"/webhooks/{number}").status_code == 404


def test_a_secret_is_told_to_nobody_who_asks_again(program):
    anna = program()
    made, again = (anna.post("/webhooks", ASKED, key="k1") for _ in range(2))
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.told == made.told | {"secret": None}
    other = program().post("/webhooks", ASKED, key="k1")
    assert other.told["webhook"] != made.told["webhook"]
    assert other.told["secret"] not in (None, made.told["secret"])
    kept = "".join(AnswerRow.objects.values_list("text", flat=True))
    assert made.told["secret"] not in kept
