"""A case as a bundle: complete, and checked by a program that needs nothing of Postwarden."""

import io
import json
import random
import re
import shutil
import subprocess
import sys
import tarfile
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, connections, transaction

from cases.conftest import NOW, Book, finding
from people.conftest import KeyFile
from postwarden.cases import service as cases
from postwarden.cases.service import Choice, Note, State
from postwarden.custody.service import Act, Kind, Mismatch, Plan, Plans, PlansOfCases, consent
from postwarden.ledger import check as checker
from postwarden.ledger.check import Bad, archive, check, main
from postwarden.ledger.errors import FactsChanged
from postwarden.ledger.secrets import load_secrets
from postwarden.people.service import NotAllowed, challenge, enrol, member
from postwarden.state.service import StateSettings, open_state
from postwarden.wiring import recorder

EVA, FINN, BEA = "eva@example.net", "finn@example.net", "bea@brand.test"
MUTATIONS = 1_000


def a_case_with_everything(settings, folder):
    book = Book(settings, [PlansOfCases()])
    name = book.open("home")
    other = book.open("brand")
    book.take(name, finding("a1", EVA), finding("f1", FINN))
    book.report(name, EVA, message_id="<a1@shop.test>")
    book(cases.note, name, Note(NOW, "die Tür “stand offen”"), ["mail.log:3"])
    book(cases.suspect, other, [BEA], "told by phone")
    book(cases.merge_cases, name, other, "one cause")
    approved(book, name, KeyFile(folder))
    book(cases.move, name, [EVA], State.HELD, "plan")
    return book, name


def approved(book, name, key):
    signature = key.sign(challenge("dora", key.public))
    enrol("dora", key.public, signature, "dora", recorder(book.ledger), book.now)
    acts = (Act(Kind.HOLD, EVA),)
    plan = Plan(name, "astray", "anna", acts, Mismatch.STOP, emergency=False, made=book.now)
    plans = Plans(book.ledger, book.desk.organisation_of)
    plans.freeze(plan, book.now)
    until = book.now + 3_600_000_000
    plans.approve(plan.hash, "dora", until, key.sign(consent(plan.hash, 1, until)), book.now)


@pytest.fixture(scope="module")
def made(upgraded_sqlite, tmp_path_factory):
    """A bundle, made once, and the key that signed it."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(upgraded_sqlite, folder / "state")
    settings = StateSettings(str(folder / "state"))
    open_state(settings)
    book, name = a_case_with_everything(settings, folder)
    bundle = book(cases.export_case, name)
    connections.close_all()
    return bundle, load_secrets(settings.path).signing


@pytest.fixture
def exported(made):
    return made[0]


def files_of(bundle):
    with tarfile.open(fileobj=io.BytesIO(bundle)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}


def documents_of(bundle):
    files = files_of(bundle)
    return {name: json.loads(files[name]) for name in files if name.endswith(".json")}


def test_a_bundle_holds_the_case_and_what_proves_it(exported):
    told = documents_of(exported)
    assert told["case.json"]["reference"] == "2026-0001"
    assert [one["reference"] for one in told["merged.json"]] == ["2026-0002"]
    assert [one["account"] for one in told["findings.json"]] == [EVA, FINN]
    assert told["reports.json"][0]["matches"] == {"a1": "sure"}
    assert "die Tür" in files_of(exported)["timeline.json"].decode()
    assert [one["approver"] for one in told["approvals.json"]] == ["dora"]
    acts = {one["act"] for one in told["ledger.json"]}
    assert {"case.opened", "account.held", "plan.approved", "person.enrolled"} <= acts
    assert {"case.exporting", "report.received", "case.merged-into"} <= acts
    enrolled = [one for one in told["ledger.json"] if one["act"] == "person.enrolled"]
    assert told["approvals.json"][0]["public"] in json.dumps(enrolled)
    found = check(exported)
    assert (found["case"], found["entries"], found["erased"]) == (
        "2026-0001",
        len(told["ledger.json"]),
        0,
    )


def test_two_archives_of_the_same_files_are_the_same(exported):
    assert archive(files_of(exported)) == exported


class Mutator:
    """Changes a bundle in one of many ways; `chance` decides."""

    def __init__(self, seed, bundle):
        self.chance = random.Random(seed)
        self.bundle = bundle

    def mutate(self):
        ways = [self.flip] * 6 + [self.cut, self.append, self.remove, self.insert, self.swap]
        ways += [self.edit] * 4 + [self.drop_file, self.add_file, self.swap_files, self.other_key]
        return self.chance.choice(ways)()

    def flip(self):
        place = self._place()
        changed = bytes([self.bundle[place] ^ (1 << self.chance.randrange(8))])
        return self.bundle[:place] + changed + self.bundle[place + 1 :]

    def cut(self):
        return self.bundle[: self._place()]

    def append(self):
        return self.bundle + bytes(self.chance.choice([1, 512, 10_240]))

    def remove(self):
        place = self._place()
        return self.bundle[:place] + self.bundle[place + self.chance.randrange(1, 600) :]

    def insert(self):
        place = self._place()
        return self.bundle[:place] + self.chance.randbytes(512) + self.bundle[place:]

    def swap(self):
        first, second = sorted(self.chance.sample(range(len(self.bundle) // 512), 2))
        one, other = (self.bundle[at * 512 : at * 512 + 512] for at in (first, second))
        if one == other:
            return self.flip()
        between = self.bundle[first * 512 + 512 : second * 512]
        return (
            self.bundle[: first * 512] + other + between + one + self.bundle[second * 512 + 512 :]
        )

    def edit(self):
        """A byte of a file, with the manifest's hashes made anew: only signatures and proofs are left."""
        files = files_of(self.bundle)
        name = self.chance.choice(sorted(files.keys() - {"manifest.json", "manifest.sig"}))
        content = files[name]
        place = self.chance.randrange(len(content))
        flipped = bytes([content[place] ^ (1 << self.chance.randrange(7))])
        return self._rehashed({**files, name: content[:place] + flipped + content[place + 1 :]})

    def drop_file(self):
        files = files_of(self.bundle)
        del files[self.chance.choice(sorted(files))]
        return self._rehashed(files) if "manifest.json" in files else archive(files)

    def add_file(self):
        return self._rehashed({**files_of(self.bundle), "more.json": b"{}\n"})

    def swap_files(self):
        files = files_of(self.bundle)
        one, other = self.chance.sample(sorted(files.keys() - {"manifest.json"}), 2)
        return self._rehashed({**files, one: files[other], other: files[one]})

    def other_key(self):
        """Everything is signed anew, with a key that is not the ledger's: the tree head is not."""
        files = files_of(self.bundle)
        key = Ed25519PrivateKey.generate()
        manifest = json.loads(files["manifest.json"])
        manifest["key"] = b64encode(key.public_key().public_bytes_raw()).decode()
        told = json.dumps(manifest).encode()
        files |= {"manifest.json": told, "manifest.sig": _signature(key, told)}
        return archive(files)

    def _rehashed(self, files):
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: sha256(files[name]).hexdigest()
            for name in files
            if name not in ("manifest.json", "manifest.sig")
        }
        told = f"{json.dumps(manifest, sort_keys=True, indent=1)}\n".encode()
        return archive({**files, "manifest.json": told})

    def _place(self):
        return self.chance.randrange(len(self.bundle))


def _signature(key, told):
    return b64encode(key.sign(checker.SIGNED + told)) + b"\n"


def test_1_000_mutations_of_a_bundle_are_all_found(exported):
    missed = []
    for seed in range(MUTATIONS):
        mutated = Mutator(seed, exported).mutate()
        assert mutated != exported
        try:
            check(mutated)
        except Bad:
            continue
        missed.append(seed)
    assert missed == []


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("ledger.json", '"told by phone"', '"told by none"', "facts of entry"),
        ("ledger.json", '"case.opened"', '"case.closed"', "not under the tree head"),
        ("ledger.json", '"index": ', '"index": 9', "outside the tree"),
        ("approvals.json", "of 1 acts", "of 9 acts", "a signature is wrong"),
        ("approvals.json", "astray", "arrive", "an approved plan was changed"),
        ("case.json", '"reference": "2026-0001"', '"reference": "2026-0009"', "another case"),
        ("head.txt", "example.net", "example.com", "of another ledger"),
    ],
)
def test_who_has_the_key_still_cannot_change_what_was_proved(made, name, old, new, sentence):
    bundle, key = made
    files = files_of(bundle)
    changed = files[name].replace(old.encode(), new.encode())
    assert changed != files[name]
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = sha256(changed).hexdigest()
    told = json.dumps(manifest).encode()
    forged = {name: changed, "manifest.json": told, "manifest.sig": _signature(key, told)}
    with pytest.raises(Bad, match=sentence):
        check(archive({**files, **forged}))


def test_an_approval_by_another_hash_than_openssh_has_is_refused(made):
    bundle, key = made
    files = files_of(bundle)
    told = json.loads(files["approvals.json"])
    begin, body, end = re.fullmatch(
        r"(-+[^-]*-+\n)(.*?)(-.*)", told[0]["signature"], re.DOTALL
    ).groups()
    blob = b64decode(body)
    assert b"sha512" in blob
    told[0]["signature"] = (
        begin + b64encode(blob.replace(b"sha512", b"sha384")).decode() + "\n" + end
    )
    changed = json.dumps(told).encode()
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["approvals.json"] = sha256(changed).hexdigest()
    text = json.dumps(manifest).encode()
    forged = {
        "approvals.json": changed,
        "manifest.json": text,
        "manifest.sig": _signature(key, text),
    }
    with pytest.raises(Bad, match="of a kind that is not taken"):
        check(archive({**files, **forged}))


def test_the_program_runs_alone(exported, tmp_path):
    (tmp_path / "case.tar").write_bytes(exported)
    shutil.copy(Path(checker.__file__), tmp_path / "check.py")
    words = [sys.executable, "-I", "check.py", "case.tar"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Case 2026-0001: all is as it was signed." in done.stdout


def test_exit_statuses(exported, tmp_path, capsys):
    good, bad = tmp_path / "good.tar", tmp_path / "bad.tar"
    good.write_bytes(exported)
    bad.write_bytes(exported[:-1])
    mark = sha256(b64decode(check(exported)["key"])).hexdigest()
    assert main([str(good), "--key", mark]) == 0
    assert mark in capsys.readouterr().out
    assert main([str(good), "--key", "00"]) == 1
    assert main([str(bad)]) == 1
    assert main([str(tmp_path / "none.tar")]) == 2
    assert main([]) == 2


@pytest.mark.parametrize("text", [b"", b"PK", b"{}", bytes(10_240)])
def test_what_is_no_bundle_is_said(text):
    with pytest.raises(Bad):
        check(text)


def test_what_was_erased_is_proved_and_unreadable(book):
    name = book.open()
    book(cases.suspect, name, [EVA], "wrong map")
    book.ledger.erase_person(EVA, "anna", "asked", book.now)
    bundle = book(cases.export_case, name)
    assert check(bundle)["erased"] == 1
    assert EVA not in files_of(bundle)["ledger.json"].decode()


def test_a_split_case_brings_what_was_recorded_of_its_accounts_before(book):
    name = book.open()
    book(cases.suspect, name, [EVA, FINN], "wrong map")
    new = book(cases.split_case, name, Choice((EVA,)), "apart", "").reference
    bundle = book(cases.export_case, new)
    check(bundle)
    acts = [(one["act"], one["case"]) for one in documents_of(bundle)["ledger.json"]]
    assert acts == [
        ("account.suspected", name),
        ("case.split-from", new),
        ("case.exporting", new),
    ]
    assert FINN not in str(files_of(bundle))


def test_an_export_is_recorded_with_its_hash(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    bundle = book(cases.export_case, name)
    last = list(book.ledger.entries())[-1]
    assert (last.act, last.facts["detail"]) == (
        "case.exported",
        {"sha256": sha256(bundle).hexdigest()},
    )


def test_who_sees_a_part_of_a_case_does_not_export_it(book_on_sqlite):
    book = book_on_sqlite
    name = book.open("brand", "home")
    with pytest.raises(NotAllowed):
        book(cases.export_case, name, who="rolf")


def test_a_case_whose_record_was_changed_is_not_exported(book_on_sqlite):
    book = book_on_sqlite
    name = book.open()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ledger_entry_UPDATE")
        cursor.execute("UPDATE ledger_entry SET sealed = zeroblob(60)")
    with pytest.raises(FactsChanged, match="postwarden verify"):
        book(cases.export_case, name)


def test_a_bundle_has_no_entries_but_its_case_s_own(book_on_sqlite):
    book = book_on_sqlite
    name = book.open("home", "brand")
    other = book.open("home")
    book(cases.suspect, name, ["eva@example.net"], "")
    book(cases.suspect, other, ["eva@example.net"], "")
    cases.picture(book.desk, member("dora"), "eva@example.net", book.now)
    told = json.loads(files_of(book(cases.export_case, name))["ledger.json"])
    assert {one["case"] for one in told} == {name}
    for who in ("rolf", "hana", "cleo"):
        with pytest.raises(NotAllowed):
            book(cases.export_case, name, who=who)
