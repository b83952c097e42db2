"""`postwarden quarantine`, and what other commands say of it."""

import shutil
from copy import copy as shallow_copy
from io import StringIO

import pytest
from django.db import connections, transaction

from cases.conftest import Book, finding
from cli.conftest import ask
from custody.installation import EVA, FINN, Installation
from custody.quarantined import CASE, DAY, NOW, copy
from postwarden.cases import service as cases
from postwarden.configuration import ConfigurationError, load
from postwarden.custody.quarantine.identities import identities_in, recipient_of
from postwarden.custody.service import QuarantineOfCases, WrongIdentity
from postwarden.wiring import ledger, quarantine
from postwarden.worker.service import quarantine_chores


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An installation with a key in a file, to copy."""
    made = Installation(tmp_path_factory.mktemp("made"))
    told = ask("quarantine", "key", made.file.parent / "quarantine.key")
    assert told.status == 0
    section = told.out.partition("\n\n")[2]
    made.file.write_text(made.file.read_text() + section)
    connections.close_all()
    return made


@pytest.fixture
def place(made, tmp_path):
    shutil.copytree(made.file.parent, tmp_path, dirs_exist_ok=True)
    place = shallow_copy(made)
    place.file, place.key = tmp_path / "postwarden.toml", tmp_path / "quarantine.key"
    yield place
    connections.close_all()


def open_case(place, account=EVA):
    told = place.run("anna", "case", "open", "misdelivery", f"about {account}")
    reference = told.split()[1].rstrip(":.")
    place.run("anna", "case", "report", reference, account)
    return reference


def opened(place):
    configuration = load(str(place.file))
    return quarantine(configuration, ledger(configuration))


def put(place, case, *copies, now=NOW):
    return opened(place).put(case, copies or (copy(),), now)


def test_a_key_is_made_once_and_opens_what_is_put(place):
    assert place.key.stat().st_mode & 0o777 == 0o600
    before = place.key.read_bytes()
    answer = ask("quarantine", "key", place.key)
    assert answer.status == 2
    assert "is there already and was not touched" in answer.err
    assert place.key.read_bytes() == before
    (stored,) = put(place, CASE)
    assert opened(place).open(CASE, stored.name, identities_in(str(place.key))) == copy()
    assert (place.file.parent / "quarantine" / CASE).is_dir()


def test_a_file_without_a_key_is_said_to_be_one(tmp_path):
    for text in ("nothing here", "AGE-SECRET-KEY-1NONSENSE"):
        (tmp_path / "key").write_text(text)
        with pytest.raises(WrongIdentity, match="age identity"):
            recipient_of(str(tmp_path / "key"))


def test_what_a_case_has_is_listed_without_whose_it_is(place):
    case = open_case(place)
    assert "has nothing in quarantine" in place.run("anna", "quarantine", "list", "--case", case)
    first, second = put(place, case, copy(), copy(1))
    told = place.run("anna", "quarantine", "list", "--case", case)
    assert recipient_of(str(place.key)) in told
    for one in (first, second):
        line = f"{one.name[:12]}  {case}        {one.size} bytes, put 2026-09-21T14:13:20Z, until"
        assert line in told
    assert told.count("until 2026-12-20T") == 2
    assert "canary" not in told
    assert place.ask("hana", "quarantine", "list", "--case", case).status == 2
    opened(place).empty(NOW + 90 * DAY)
    told = place.run("anna", "quarantine", "list", "--case", case)
    assert told.count("removed 2026-12-20T") == 2
    assert told.count("(retention)") == 2


def test_a_key_is_destroyed_by_an_officer_who_is_asked_first(place, monkeypatch):
    case = open_case(place)
    put(place, case, copy(), copy(1))
    words = ("quarantine", "destroy", "--case", case, "--reason", "over")
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", StringIO(answer))
        told = place.run("ben", *words)
        assert f"Destroy for ever 2 objects of {case}?" in told
        assert "Nothing was destroyed." in told
    assert opened(place).keys([case])[0].destroyed is None
    told = place.run("ben", *words, "--yes")
    assert f"Destroyed the key of case {case}: 2 objects." in told
    assert "its key was destroyed at" in place.run("ben", "quarantine", "list", "--case", case)
    assert "has no key to destroy" in place.run("ben", *words, "--yes")
    shown = place.run("ben", "ledger", "show", "--case", case)
    assert "quarantine.key-destroyed" in shown
    assert "over" in shown
    assert ask("verify", "-c", place.file).status == 0


def test_only_who_may_for_all_concerned_destroys(place):
    case = open_case(place)
    place.run("anna", "case", "report", case, "bo@brand.example")
    put(place, case)
    for who in ("anna", "bram", "bea", "hana"):
        words = ("--case", case, "--reason", "over", "--yes")
        answer = place.ask(who, "quarantine", "destroy", *words)
        assert answer.status == 2, who
        assert who == "hana" or "it needs custody:quarantine:destroy" in answer.err
    assert opened(place).keys([case])[0].destroyed is None


def test_merged_cases_keep_a_key_each_and_go_together(place):
    kept, gone = open_case(place), open_case(place, FINN)
    (first,) = put(place, kept)
    (second,) = put(place, gone)
    place.run("anna", "case", "merge", kept, gone)
    identities = identities_in(str(place.key))
    assert opened(place).open(kept, first.name, identities) == copy()
    assert opened(place).open(gone, second.name, identities) == copy()
    told = place.run("anna", "quarantine", "list", "--case", gone)
    assert first.name[:12] in told
    assert second.name[:12] in told
    words = ("--reason", "over", "--yes")
    refused = place.ask("ben", "quarantine", "destroy", "--case", gone, *words)
    assert refused.status == 2
    assert f"{gone} is part of case {kept}; destroy that one's key" in refused.err
    told = place.run("ben", "quarantine", "destroy", "--case", kept, *words)
    assert f"the key of case {kept} and {gone}: 2 objects" in told
    assert all(one.destroyed for one in opened(place).keys([kept, gone]))


def test_a_bundle_has_names_and_hashes_of_both_cases(small):
    book = Book(small.state, [QuarantineOfCases()])
    kept, gone = book.open("home"), book.open("home")
    book.take(kept, finding("a1", EVA))
    first, second = small.put(copy(), case=kept), small.put(copy(1), case=gone)
    book(cases.merge_cases, kept, gone, "one cause")
    with transaction.atomic():
        part = QuarantineOfCases().export([kept, gone])
    assert [
        (one["case"], one["name"], one["sha256"]) for one in part.documents["objects"]
    ] == sorted(
        [(kept, first[0].name, first[0].sha256), (gone, second[0].name, second[0].sha256)],
        key=lambda one: one[1],
    )
    assert [one["case"] for one in part.documents["keys"]] == [kept, gone]
    assert "AGE-SECRET" not in str(part)


def test_verify_says_what_became_of_it(place):
    assert "quarantine" not in ask("verify", "-c", place.file).out
    first, *others = put(place, CASE, *(copy(number) for number in range(12)))
    assert "All 12 objects in quarantine are as they were put there." in verified(place, 0)
    folder = place.file.parent / "quarantine" / CASE
    (folder / first.name[:2] / f"{first.name}.age").write_bytes(b"")
    assert f"BAD: object {first.name[:12]} of case {CASE}: was changed" in verified(place, 1)
    for one in others:
        (folder / one.name[:2] / f"{one.name}.age").unlink()
    told = verified(place, 1)
    assert told.count("is missing") + told.count("was changed") == 10
    assert "… and 2 more of the quarantine." in told


def verified(place, status):
    answer = ask("verify", "-c", place.file)
    assert answer.status == status
    return answer.out


def test_the_worker_removes_what_is_due(small):
    small.put(copy(), now=1)
    (chore,) = quarantine_chores(small.quarantine)
    chore.do()
    assert small.files() == []


def test_the_section_has_defaults_and_refuses_what_is_no_recipient(place, tmp_path):
    found = load(str(place.file)).quarantine
    assert found.path == str(tmp_path / "quarantine")
    assert found.recipients == (recipient_of(str(place.key)),)
    assert found.days == 90
    text = place.file.read_text().replace("age1", "age2")
    place.file.write_text(text)
    with pytest.raises(ConfigurationError, match="quarantine key FILE"):
        load(str(place.file))
