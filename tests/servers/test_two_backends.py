"""Holder and owner on two Dovecots, each with its own staging account: bytes and date pass across."""

import shutil

import pytest
from django.db import connections

from needed import skip_without_servers
from people.conftest import NOW, KeyFile
from postwarden.custody.service import Stage
from postwarden.people.service import member
from postwarden.relocation.acts import Goal, Repair
from postwarden.state.service import StateSettings, open_state
from relocation import rigs
from relocation.offices import Office

WHEN = "05-Jan-2020 02:04:05 +0000"
LETTERS = (
    b"From: caf\xe9 <a@example.net>\r\nMessage-ID: <1@example.net>\r\n\r\n\xff\xfe\x80 \xe2\x82\r\n",
    b"From: a@example.net\r\nMessage-ID: <2@example.net>\r\n\r\n" + b"x" * 100_000 + b"\r\n.\r\n",
    b"From: a@example.net\r\nMessage-ID: <3@example.net>\r\n\r\nwithout a last line end",
)


@pytest.fixture
def office(upgraded_sqlite, tmp_path):
    shutil.copytree(upgraded_sqlite, tmp_path / "state")
    open_state(StateSettings(str(tmp_path / "state")))
    yield lambda routes: Office(str(tmp_path / "state"), tmp_path, routes, lambda: NOW)
    connections.close_all()


@pytest.mark.servers
def test_mail_goes_from_one_dovecot_to_another_with_its_bytes_and_its_date(office, tmp_path):
    skip_without_servers()
    with rigs.running("mdbox") as first, rigs.running("maildir") as second:
        first.fresh()
        second.fresh()
        second.fresh()  # another owner: accounts have one store
        there = office({"one": first.dovecot(), "two": second.dovecot()})
        key = KeyFile(tmp_path)
        there.people(key)
        wrong = [first.put(content) for content in LETTERS]
        repairs = [
            Repair(
                copy=copy,
                store="one",
                size=len(content),
                goals=(Goal(second.owner, "two"), Goal(first.owner, "one")),
                message=f"<{number}@example.net>",
                queue=f"Q{number}",
            )
            for number, (copy, content) in enumerate(zip(wrong, LETTERS, strict=True), 1)
        ]
        case = there.case()
        plan = there.approved(case, repairs, key).hash
        there.desk.run(plan, member("anna"))
        assert there.desk.carry(plan)
        assert there.desk.progress(plan).stage is Stage.DONE
        for rig, owner in ((first, first.owner), (second, second.owner)):
            mail = rig.mail(owner)
            assert sorted(one.content for one in mail) == sorted(LETTERS)
            assert {(one.date, one.flags) for one in mail} == {(WHEN, ())}
        assert first.mail(first.holder) == []
        assert second.mail(second.holder) == []
        assert (first.staging(), second.staging()) == ([], [])
