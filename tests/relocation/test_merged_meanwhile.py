"""Two cases of one incident are merged while one's repair waits: the commands, from there to the bundle."""

import re
import subprocess
import sys
import time

import pytest
from django.db import connections

from cli.conftest import ask
from custody.installation import Installation
from people.conftest import KeyFile
from postwarden.configuration import load
from postwarden.people.service import member
from postwarden.relocation.service import Counted, Goal, Seen
from postwarden.wiring import repair_desk
from relocation.maildirs import Maildirs, hash_of, letter, repair, wanted

MAILBOXES = "vmail/{domain}/{local}/Maildir"
BOB, CAROL, EVE = "bob@example.net", "carol@example.net", "eve@example.net"


def now():
    return time.time_ns() // 1_000


class Place(Installation):
    """An installation with a store of Maildirs, a quarantine, and a second person's key."""

    def __init__(self, folder):
        super().__init__(folder)
        text = self.file.read_text()
        self.mail = Maildirs(folder / "mail")
        self.mail.root.mkdir()
        self.mail.add(BOB, CAROL, EVE)
        self.identity = folder / "quarantine.key"
        section = ask("quarantine", "key", self.identity).out.partition("\n\n")[2]
        hosts = '[provider]\nhosts = ["mx.example.net"]'
        text = text.replace("[provider]", hosts).replace(MAILBOXES, self.mail.template)
        self.file.write_text(text + section)
        self.key = KeyFile(folder)
        self.run("ben", "person", "enrol", "ben", "--key", self.key.path)
        self.contents = {}

    def case(self):
        told = self.run("anna", "case", "open", "misdelivery", "astray")
        return told.split()[1].rstrip(":.")

    def planned(self, case, number, owner):
        """Freeze a plan for a copy of Eve's, and approve it."""
        content = letter(number, astray=EVE)
        file = self.mail.put(EVE, f"{number}.M", content, 1_700_000_000 + number)
        self.contents[owner] = hash_of(content)
        copy = wanted(f"finding{number}", EVE, file, content)
        told = repair(copy, content, message=f"<{number}@shop.example>", queue="4Q")
        told = told._replace(store="store1", goals=(Goal(owner, "store1"),))
        counted = Counted(Seen("snapshot", "0" * 64, None, None), (), (), (copy.id,))
        desk = repair_desk(load(str(self.file)), now)
        plan = desk.plan(case, "one line off", [told], counted, member("anna")).hash
        self.run("ben", "plan", "approve", plan[:12], "--key", self.key.path)
        return plan[:12]

    def lies(self):
        return {one.account: one.content for one in self.mail.everything()}


@pytest.fixture
def place(tmp_path):
    yield Place(tmp_path)
    connections.close_all()


def test_a_repair_that_runs_after_its_case_was_merged_is_whole_and_undone_with_the_other(place):
    kept, gone = place.case(), place.case()
    first, second = place.planned(kept, 1, BOB), place.planned(gone, 2, CAROL)
    place.run("anna", "plan", "run", first)
    place.run("anna", "case", "merge", kept, gone)
    assert "The plan is done." in place.run("anna", "plan", "run", second)
    assert place.lies() == place.contents
    assert {BOB, CAROL} == set(place.contents)
    told = place.run("anna", "quarantine", "list", "--case", kept)
    assert (told.count(f"  {kept}  "), told.count(f"  {gone}  ")) == (1, 1)  # each by its own key
    bundle = place.file.parent / "bundle.tar"
    place.run("anna", "case", "export", kept, str(bundle))
    words = [sys.executable, "-m", "postwarden.ledger.check", str(bundle)]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    told = place.run("anna", "restore", "--case", kept, "--reason", "undo")
    undo = re.search(r"\b[0-9a-f]{12}\b", told)[0]
    place.run("ben", "plan", "approve", undo, "--key", place.key.path)
    place.run("anna", "restore", "--plan", undo, "--identity", place.identity)
    assert sorted(one.content for one in place.mail.everything() if one.account == EVE) == sorted(
        place.contents.values()
    )
    assert ask("verify", "-c", place.file).status == 0
