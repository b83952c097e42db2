"""`postwarden case`: an incident of the small provider, from the first report to the bundle."""

import json
import subprocess
import sys
import tarfile

import pytest
from django.db import connections

WHO = ("--as", "anna")
HOUR_AGO = "2026-11-20T08:00:00+01:00"


@pytest.fixture
def desk(own_tree, postwarden):
    """Commands of one installation: `desk("case", "list")`."""

    def ask(*words, who=WHO, status=0):
        answer = postwarden(*words, *who, "-c", own_tree / "postwarden.toml", folder=own_tree)
        assert answer.status == status, answer
        return answer.out if status == 0 or "--format" in words else answer.err

    ask("person", "add", "anna", "--role", "postmaster")
    yield ask
    connections.close_all()


@pytest.fixture
def case(desk):
    desk("case", "open", "misdelivery", "Sales mail astray", "--lead", "anna")
    return "2026-0001"


def shown(desk, name):
    return json.loads(desk("case", "show", name, "--json"))


def test_a_case_is_opened_listed_and_shown(desk):
    assert "No case yet" in desk("case", "list")
    told = desk("case", "open", "outage", "Store down", "--occurred-from", HOUR_AGO)
    assert told == "Opened 2026-0001. Next: postwarden case show 2026-0001\n"
    assert "2026-0001" in desk("case", "list")
    assert [one["kind"] for one in json.loads(desk("case", "list", "--json"))] == ["outage"]
    text = desk("case", "show", "2026-0001")
    for line in (
        "2026-0001 outage, open: Store down",
        "  occurred from  Fri 20 November 2026 08:00 (Amsterdam)",
        "  aware          not known",
        "Tasks: 12 to do",
        "anna: opened the case: Store down",
    ):
        assert line in text


def test_findings_and_reports_meet(desk, case):
    told = desk("case", "findings", case)
    assert "new." in told
    assert "Suspected from now on: " in told
    found = shown(desk, case)["findings"]
    first = next(one for one in found if one["verdict"] == "misdelivered")
    words = (first["account"], "--message-id", first["message_id"])
    assert desk("case", "report", case, *words) == "Noted as 2026-0001/R1.\n"
    whole = shown(desk, case)
    assert whole["reports"][0]["matches"][first["copy"]] == "sure"
    assert whole["times"]["detected"] == whole["reports"][0]["received"]
    assert "sure match" in desk("case", "show", case)
    assert desk("case", "findings", case).endswith(": nothing new.\n")
    assert "@" in first["sender"]


def test_findings_that_are_gone_are_told(desk, case, own_tree):
    desk("case", "findings", case)
    first = shown(desk, case)["findings"][0]
    for file in (own_tree / "vmail").rglob("*"):
        if file.is_file() and first["message_id"].encode() in file.read_bytes():
            file.unlink()
    desk("scan", "--purpose", "again", who=())
    assert "is no longer found" in desk("case", "findings", case)
    assert "no longer found" in desk("case", "show", case)


def test_facts_notes_tasks_and_accounts(desk, case):
    words = ("--responsible", "Relay Ltd", "--cause", "wrong map", "--confidence", "likely")
    desk("case", "change", case, "--severity", "high", "--aware", HOUR_AGO, *words)
    desk("case", "note", case, "Map \x1b[31mreloaded [bold]", "--evidence", "log/mail.log:12")
    assert "2026-0001/T13  call them" in desk("case", "task", case, "call them")
    assert "[done by anna, " in desk("case", "task", case, "--done", "T13", "--how", "called")
    assert desk("case", "accounts", case, "Eva@example.net") == "eva@example.net  suspected\n"
    excluded = desk("case", "accounts", case, "eva@example.net", "--exclude", "--why", "no mail")
    assert excluded == "eva@example.net  excluded\n"
    text = desk("case", "show", case)
    for line in (
        "  responsible    Relay Ltd: wrong map (likely)",
        "Map \\x1b[31mreloaded [bold] [log/mail.log:12]",
        "finished task 2026-0001/T13: called",
        "1 account is excluded now: no mail",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("close", "2026-0001"), "2026-0001/T1: is still to be done; finish it first"),
        (("show", "2026-0009"), "2026-0009: there is no such case; `postwarden case list`"),
        (("merge", "2026-0001", "2026-0001"), "both are the same case"),
        (("task", "2026-0001", "--done", "T99"), "2026-0001/T99: is no task of this case"),
        (("change", "2026-0001"), "the case says so already"),
        (("change", "2026-0001", "--aware", "2100-01-01T00:00:00Z"), "a time is still to come"),
        (("change", "2026-0001", "--lead", "eve"), "eve: nobody of that name works here"),
        (("change", "2026-0001", "--organisation", "none"), "none: is no organisation"),
        (("accounts", "2026-0001", "x@example.net", "--exclude"), "x@example.net: is no account"),
        (("split", "2026-0001", "--title", "x"), "name what it is about"),
        (("people", "2026-0001", "--look-up"), "has no [people]"),
    ],
)
def test_what_is_refused_is_told_in_a_sentence(desk, case, words, told):
    assert told in desk("case", *words, status=2)


def test_who_is_nobody_here_does_nothing(desk, case):
    assert "nobody of that name works here" in desk("case", "list", who=("--as", "eve"), status=2)


def test_cases_are_split_merged_closed_and_opened_again(desk, case):
    desk("case", "accounts", case, "eva@example.net", "finn@example.net")
    desk("case", "split", case, "--title", "Another cause", "--account", "eva@example.net")
    assert list(shown(desk, "2026-0002"))[:2] == ["reference", "kind"]
    assert desk("case", "merge", case, "2026-0002") == "2026-0002 is part of 2026-0001 now.\n"
    whole = shown(desk, "2026-0002")
    assert (whole["reference"], whole["merged"]) == (case, ["2026-0002"])
    for account in ("eva", "finn"):
        desk("case", "accounts", case, f"{account}@example.net", "--exclude")
    for task in whole["tasks"]:
        desk("case", "task", case, "--done", task["task"])
    assert desk("case", "close", case) == "Closed 2026-0001.\n"
    assert desk("case", "reopen", case) == "Opened 2026-0001 again.\n"


def test_people_are_looked_up_shown_and_forgotten(desk, case, own_tree):
    file = own_tree / "postwarden.toml"
    file.write_text(file.read_text() + '\n[people]\nformat = "csv"\npath = "people.csv"\n')
    people = "account,person,name,language,channel\neva@example.net,K17,Eva,nl,+31 20 555\n"
    (own_tree / "people.csv").write_text(people)
    desk("case", "accounts", case, "eva@example.net", "finn@example.net")
    assert "K17" not in desk("case", "people", case)
    assert "K17" in desk("case", "people", case, "--look-up")
    assert (
        desk("case", "people", case, "--forget")
        == "Removed what was kept of the people behind 1 account.\n"
    )
    assert "K17" not in desk("case", "people", case)


def test_a_bundle_is_written_once_and_checked(desk, case, own_tree):
    told = desk("case", "export", case)
    command = "python -m postwarden.ledger.check 2026-0001.tar"
    assert command in told
    done = subprocess.run(
        [sys.executable, *command.split()[1:]],
        cwd=own_tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Case 2026-0001: all is as it was signed." in done.stdout
    assert (done.returncode, (own_tree / "2026-0001.tar").stat().st_mode & 0o777) == (0, 0o600)
    with tarfile.open(own_tree / "2026-0001.tar") as bundle:
        assert {"custody/plans.json", "holds/holds.json"} <= set(bundle.getnames())
    assert "is there already" in desk("case", "export", case, status=2)


FAULT = (
    "--occurred-from",
    "2026-11-20T10:00:00+01:00",
    "--occurred-to",
    "2026-11-20T11:30:00+01:00",
)


def examined(desk, case, *words, status=1):
    told = desk("examine", "--case", case, *words, status=status)
    states = {one["account"]: one["state"] for one in shown(desk, case)["accounts"]}
    return told, states


@pytest.fixture
def innocent(desk, own_tree):
    """An account of which nothing is found."""
    told = desk("examine", "--format", "jsonl", who=(), status=1).splitlines()
    found = {json.loads(line)["account"] for line in told}
    homes = (own_tree / "vmail" / "example.net").iterdir()
    return min({f"{home.name}@example.net" for home in homes} - found)


def test_an_examination_marks_accounts_and_keeps_what_it_looked_at(desk, case, innocent):
    desk("case", "accounts", case, innocent)
    desk("case", "change", case, *FAULT)
    told, states = examined(desk, case)
    findings = shown(desk, case)["findings"]
    wrong = {one["account"] for one in findings if one["verdict"] == "misdelivered"}
    assert wrong
    assert {one for one, state in states.items() if state == "to-be-repaired"} == wrong
    assert "To be repaired" in told
    assert states[innocent] == "cleared"
    looks = {one["account"]: one for one in shown(desk, case)["examinations"]}
    assert looks[innocent]["copies"] > 0
    assert looks[innocent]["wrong"] == 0
    assert all(looks[one]["wrong"] > 0 for one in wrong)
    assert "examined the accounts with" in desk("case", "show", case)


@pytest.mark.parametrize("change", [(), ("--occurred-from", "2026-01-01T00:00:00Z", *FAULT[2:])])
def test_what_the_logs_do_not_cover_clears_nobody(desk, case, innocent, change):
    desk("case", "accounts", case, innocent)
    if change:
        desk("case", "change", case, *change)
    told, states = examined(desk, case)
    assert states[innocent] == "examined"
    assert ("Nobody is cleared while" in told) == (not change)


def test_what_cannot_be_read_or_was_reported_is_for_a_person(desk, case, innocent):
    desk("case", "report", case, innocent, "--message-id", "<unknown@shop.test>")
    _, states = examined(desk, case)
    assert states[innocent] == "examined"


def test_an_account_without_a_mailbox_is_not_looked_at(desk, case):
    desk("case", "accounts", case, "nobody@example.net")
    told, states = examined(desk, case)
    assert states["nobody@example.net"] == "suspected"
    assert "no such mailbox" in told


def test_a_hold_of_many_is_one_line_of_the_timeline(desk, case, own_tree):
    names = [f"user{number}@example.net" for number in range(700)]
    (own_tree / "many.txt").write_text("\n".join(names))
    desk("hold", "--case", case, "--file", "many.txt")
    text = desk("case", "show", case)
    assert text.count("suspected 700 accounts") == 1
    assert text.count("700 accounts are held now") == 1
    assert "600 accounts" not in text
