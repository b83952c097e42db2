"""The scenario's truth agrees with what the servers did; its tree is complete."""

import hashlib
import json
import re
import socket
import tomllib
from collections import Counter

import pytest

from realmail import cast

pytestmark = pytest.mark.servers
FROM_OUTSIDE = ("smtp", "filter", "held", "deferred", "bcc-line", "pickup")


@pytest.fixture(scope="module")
def rows(provider):
    return [json.loads(line) for line in (provider / "truth.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def mail_log(provider):
    return (provider / "log" / "mail.log").read_text()


def maildir(provider, account):
    local, _, domain = account.partition("@")
    return provider / "vmail" / domain / local / "Maildir"


def test_every_kind_of_act_took_place(rows):
    acts = {row["act"] for row in rows if row["verdict"] == "misdelivered"}
    assert acts >= {*FROM_OUTSIDE, "redirect", "drag", "master", "import", "copy"}
    assert {row["act"] for row in rows if row["verdict"] == "own"} == {"append", "drag"}
    assert len({row["message_id"] for row in rows}) >= 140
    seen = Counter((row["opened"], row["gone"]) for row in rows if row["verdict"] == "misdelivered")
    assert set(seen) >= {(True, False), (False, False), (True, True)}


def test_stored_bodies_are_those_sent(provider, rows):
    checked = 0
    for row in rows:
        if row["file"] is None:
            continue
        (file,) = maildir(provider, row["account"]).glob(glob_of(row["file"]))
        body = file.read_bytes().partition(b"\n\n")[2].replace(b"\n", b"\r\n")
        assert hashlib.sha256(body).hexdigest() == row["body_sha256"], row
        checked += 1
    assert checked > 150


def glob_of(file):
    return re.sub(r"([\[\]*?])", r"[\1]", file) + "*"


def test_postfix_took_each_copy_where_the_truth_says(rows, mail_log):
    queue_ids = {
        message_id: queue_id
        for queue_id, message_id in reversed(re.findall(r" (\w+): message-id=(<.+>)\n", mail_log))
    }
    handed = set(
        re.findall(r" (\w+): to=<([^>]*)>, (?:orig_to=<([^>]*)>, )?.*status=sent", mail_log)
    )
    checked = 0
    for row in rows:
        if row["act"] not in FROM_OUTSIDE:
            continue
        for original in row["original_recipients"]:
            local, plus, extension = original.partition("@")[0].partition("+")
            assert local
            target = row["account"].replace("@", f"{plus}{extension}@")
            orig_to = "" if original == target else original
            assert (queue_ids[row["message_id"]], target, orig_to) in handed, row
            checked += 1
    assert checked > 150


def test_own_and_rightful_follow_from_the_intended_map(rows):
    for row in rows:
        meant = {a for each in row["original_recipients"] for a in cast.INTENDED.holders(each)}
        if row["act"] in FROM_OUTSIDE:
            assert (row["account"] in meant) is (row["verdict"] == "rightful")


def test_configuration_names_files_that_are_there(provider):
    settings = tomllib.loads((provider / "postwarden.toml").read_text())
    for log in settings["logs"]:
        assert [path for path in provider.glob(log["path"]) if path.stat().st_size]
    (directory,) = settings["directories"]
    for table in (directory["accounts"], *directory["aliases"], *directory["bcc"]):
        assert (provider / table["path"]).stat().st_size
    assert (provider / "directory" / "virtual.faulty").read_text() == cast.FAULTY.text()


def test_events_tell_of_openings_and_of_the_master_user(provider):
    lines = (provider / "log" / "events.log").read_text().splitlines()
    events = [json.loads(line.partition(" stats: Info: ")[2]) for line in lines]
    masters = {event["fields"].get("master_user") for event in events} - {None}
    assert masters == {"migration"}
    bodies = [e for e in events if "imap:fetch_body" in e["fields"].get("reason_code", ())]
    assert {event["fields"]["user"] for event in bodies} >= {
        "ben@example.test",
        "anna@example.test",
    }


def test_the_tree_does_not_name_this_machine(provider):
    host = socket.gethostname()
    names = [path.name for path in provider.rglob("*")]
    assert not [name for name in names if f".{host}," in name]
    assert f'"{host}"' not in (provider / "log" / "events.log").read_text()
