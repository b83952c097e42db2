"""`postwarden ledger`: each sees the record of their own organisations; what is erased stays erased."""

import json
from io import StringIO

import pytest
from django.db import connections

from cli.conftest import ask
from custody.installation import BRANDED, EVA, FINN, Installation
from ledger.mutations import drop_triggers
from ledger.mutations import run as tamper


@pytest.fixture
def place(tmp_path):
    yield Installation(tmp_path)
    connections.close_all()


def shown(place, who, *words):
    return [
        json.loads(one) for one in place.run(who, "ledger", "show", "--json", *words).splitlines()
    ]


def open_case(place, account, who="anna"):
    """Give the reference of a case that concerns an account."""
    told = place.run(who, "case", "open", "misdelivery", f"about {account}")
    reference = told.split()[1].rstrip(".:,")
    place.run(who, "case", "report", reference, account)
    return reference


def test_everything_is_shown_to_a_role_for_all_newest_last(place):
    place.hold(EVA, reason="astray")
    lines = place.run("ben", "ledger", "show").splitlines()
    assert "  person.added  anna  " in lines[0]
    (held,) = [line for line in lines if "  hold.placed  " in line]
    assert f"  anna  {EVA}  plan " in held
    assert "  astray  " in held
    times = [line.split("  ")[1] for line in lines]
    assert times == sorted(times)


def test_entries_are_found_by_time(place):
    place.hold(EVA)
    everything = shown(place, "ben")
    middle = everything[-1]["at"]
    later = shown(place, "ben", "--since", middle)
    assert later
    assert all(one["at"] >= middle for one in later)
    earlier = shown(place, "ben", "--until", middle)
    assert earlier
    assert earlier + later == everything


def test_others_accounts_and_cases_are_not_shown(place):
    theirs, ours = open_case(place, EVA), open_case(place, BRANDED)
    place.hold(EVA, BRANDED, FINN)
    seen = shown(place, "bea")
    assert {one.get("person") for one in seen} == {None, BRANDED}
    assert {one["case"] for one in seen} == {None, ours}
    assert "hold.placed" in {one["act"] for one in seen}
    assert "person.added" not in {one["act"] for one in seen}
    assert {one["case"] for one in shown(place, "ben")} == {None, theirs, ours}
    assert shown(place, "bea", "--case", ours)
    refused = place.ask("bea", "ledger", "show", "--case", theirs)
    assert (refused.status, refused.out) == (2, "")


def test_what_was_erased_about_others_is_not_shown_either(place):
    case = open_case(place, BRANDED)
    place.run("anna", "case", "report", case, EVA)
    before = shown(place, "bea", "--case", case)
    assert EVA not in {one.get("person") for one in before}
    place.run("ben", "ledger", "erase", "--person", EVA, "--reason", "asked to", "--yes")
    assert shown(place, "bea", "--case", case) == before


@pytest.mark.parametrize("who", ["anna", "hana"])
def test_it_needs_a_role(place, who):
    answer = place.ask(who, "ledger", "show")
    assert (answer.status, answer.out) == (2, "")
    assert "it needs ledger:entry:read" in answer.err


def test_hostile_text_is_shown_and_does_not_act(place):
    place.hold(EVA, reason="\x1b[2J" + "long " * 200)
    shown_line = next(one for one in place.run("ben", "ledger", "show").splitlines() if EVA in one)
    assert "\\x1b[2J" in shown_line
    assert "\x1b" not in shown_line
    assert "…" in shown_line
    assert len(shown_line) < 700


def test_an_account_is_erased_on_record_and_verify_holds(place):
    place.hold(EVA, FINN)
    told = place.run(
        "ben", "ledger", "erase", "--person", "Eva@Example.NET", "--reason", "asked to", "--yes"
    )
    assert f"Erased what the ledger says of {EVA}; keys destroyed: 1." in told
    assert "backups" in told
    entries = shown(place, "ben")
    assert EVA not in {one.get("person") for one in entries}
    assert FINN in {one.get("person") for one in entries}
    assert any(one["erased"] for one in entries if one["act"] == "hold.placed")
    last = entries[-1]
    assert (last["act"], last["actor"], last["why"]) == ("ledger.erased", "ben", "asked to")
    verified = ask("verify", "-c", place.file)
    assert verified.status == 0
    assert "were erased on record; their proofs hold." in verified.out
    again = place.run("ben", "ledger", "erase", "--person", EVA, "--reason", "asked to", "--yes")
    assert again == f"The ledger has nothing to erase about {EVA}.\n"


def test_a_case_is_erased_with_those_merged_into_it(place):
    kept, gone = open_case(place, EVA), open_case(place, FINN)
    other = open_case(place, EVA)
    place.run("anna", "case", "merge", kept, gone)
    refused = place.ask("ben", "ledger", "erase", "--case", gone, "--reason", "over", "--yes")
    assert refused.status == 2
    assert f"{gone} is part of case {kept}; erase that one" in refused.err
    place.run("ben", "ledger", "erase", "--case", kept, "--reason", "over", "--yes")
    entries = shown(place, "ben")
    assert {one["case"] for one in entries if "actor" not in one} == {kept, gone}
    assert all("actor" in one for one in entries if one["case"] == other)
    assert ask("verify", "-c", place.file).status == 0


def test_erasing_asks_first(place, monkeypatch):
    place.hold(EVA)
    words = ("ledger", "erase", "--person", EVA, "--reason", "asked to")
    before = shown(place, "ben")
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", StringIO(answer))
        assert "Nothing was erased." in place.run("ben", *words)
    assert shown(place, "ben") == before
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    assert "keys destroyed: 1" in place.run("ben", *words)


def test_only_who_may_for_all_concerned_erases(place):
    case = open_case(place, BRANDED)
    place.run("anna", "case", "report", case, EVA)
    before = shown(place, "ben")
    for who, *words in (
        ("anna", "--person", EVA),
        ("bea", "--person", EVA),
        ("bea", "--case", case),
    ):
        answer = place.ask(who, "ledger", "erase", *words, "--reason", "asked to", "--yes")
        assert answer.status == 2
        assert "it needs ledger:entry:erase" in answer.err
    assert shown(place, "ben") == before
    place.run("bea", "ledger", "erase", "--person", BRANDED, "--reason", "asked to", "--yes")


def test_either_a_case_or_an_account_is_named(place):
    for words in ((), ("--case", "2026-0001", "--person", EVA)):
        assert place.ask("ben", "ledger", "erase", "--reason", "x", "--yes", *words).status == 2


def test_an_entry_that_was_changed_is_marked_and_stops_neither_show_nor_verify(place):
    place.hold(EVA)
    drop_triggers()
    tamper("UPDATE ledger_entry SET sealed = zeroblob(length(sealed)) WHERE act = 'plan.frozen'")
    entries = shown(place, "ben")
    assert [one["act"] for one in entries if one["changed"]] == ["plan.frozen"]
    assert "(changed: run `postwarden verify`)" in place.run("ben", "ledger", "show")
    verified = ask("verify", "-c", place.file)
    assert verified.status == 1
    assert "has sealed facts that were changed" in verified.out
