"""Where an account's own filter would file a message, asked of the real sieve-test and a real Dovecot."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from postwarden.relocation.service import PermanentRouteError
from postwarden.servers.sieve import SieveFiling

pytestmark = pytest.mark.servers
ORDER = b"Return-Path: <shop@shop.example>\r\nSubject: Your order\r\nTo: a@b.example\r\n\r\nx\r\n"
FILES = 'require ["fileinto", "mailbox", "envelope", "variables", "copy", "vacation"];\n'


@pytest.fixture
def public():
    """Give a folder that others than its owner reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def filed(script, content=ORDER):
    return SieveFiling(lambda store, account: script)("main", "anna@example.test", content)


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        (None, "INBOX"),
        ("keep;", "INBOX"),
        (
            'if header :contains "subject" "order" { fileinto :create "Shop/Orders"; }',
            "Shop/Orders",
        ),
        ('if header :contains "subject" "bill" { fileinto "Bills"; }', "INBOX"),
        ('if envelope :domain "from" "shop.example" { fileinto "Shop"; }', "Shop"),
        ('if envelope "to" "anna@example.test" { fileinto "Mine"; }', "Mine"),
        ('fileinto "Werk & é";', "Werk & é"),
        ('redirect :copy "x@elsewhere.example"; fileinto "Sent on";', "Sent on"),
        ('redirect "x@elsewhere.example";', "INBOX"),
        ('vacation "away";', "INBOX"),
        ("discard;", "INBOX"),
        ("this is no script", "INBOX"),
    ],
)
def test_a_message_is_filed_as_the_script_says(script, folder):
    assert filed(script and FILES + script) == folder


@pytest.mark.parametrize(
    ("content", "folder"),
    [(b"", "INBOX"), (b"\xff\xfeno header at all", "INBOX"), (ORDER + b"\xff" * 500_000, "All")],
)
def test_what_cannot_be_read_as_a_message_is_filed_in_inbox(content, folder):
    assert filed(FILES + 'fileinto "All";', content) == folder


def test_without_the_program_it_says_what_to_install(tmp_path):
    filing = SieveFiling(lambda store, account: "keep;", program=str(tmp_path / "none"))
    with pytest.raises(PermanentRouteError, match="install dovecot-sieve"):
        filing("main", "anna@example.test", ORDER)


LIST = FILES + 'if header :matches "List-Id" "<*>" { fileinto :create "lists/${1}"; }'


@pytest.mark.parametrize(
    "name",
    ["/../../../bob/Maildir", "..", "a/./b", "a/", "/a", "a//b", "a..b", "../new", ".", ".a"],
)
def test_a_sender_cannot_choose_where_a_folder_lies(name):
    assert filed(LIST, ORDER.replace(b"To:", f"List-Id: <{name}>\r\nTo:".encode())) == "INBOX"


@pytest.mark.parametrize("name", ["shop.example", "a/b", "a b", "Gr\xfc\xdfe"])
def test_a_sender_may_choose_among_folders(name):
    content = ORDER.replace(b"To:", f"List-Id: <{name}>\r\nTo:".encode())
    assert filed(LIST, content) == f"lists/{name}"


@pytest.mark.parametrize("control", ["\t", "\x00", "\x7f", "\x85", "\x1b"])
def test_a_folder_has_no_control_characters(control, public):
    told = f" * store message in folder: a{control}b"
    assert told_by(public, f"print({told!r})") == "INBOX"
    assert told_by(public, "print(' * store message in folder: ab')") == "ab"


NULL = b"Return-Path: <>\r\nFrom: daemon@mx.example\r\nSubject: Your order\r\n\r\nx\r\n"
BOUNCES = 'require ["fileinto"%s]; if header :contains "subject" "order" { fileinto "Orders"; }'


@pytest.mark.parametrize("content", [NULL, NULL.partition(b"\r\n")[2]])
def test_a_message_without_a_sender_is_filed_where_the_script_does_not_look_for_one(content):
    assert filed(BOUNCES % "", content) == "Orders"
    assert filed(BOUNCES % ', "envelope"', content) == "INBOX"


def told_by(folder, line):
    """Give the folder that a program in place of sieve-test has a message filed in."""
    folder.chmod(0o755)
    program = folder / "program"
    program.write_text(f"#!/usr/bin/python3 -IS\nimport json, os, sys\n{line}\n")
    program.chmod(0o755)
    return SieveFiling(lambda store, account: "keep;", str(program))("main", "a@b.test", ORDER)


_LOOK = """
own = {one: [os.access(one, mode) for mode in (os.R_OK, os.W_OK)] for one in sys.argv[-2:]}
here = [os.access(".", mode) for mode in (os.X_OK, os.W_OK, os.R_OK)]
words = [os.getuid(), os.getgid(), os.getgroups(), here, sorted(own.values()), "SECRET" in os.environ]
print(" * store message in folder: " + json.dumps(words).replace(".", ""))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_nobody_on_files_that_it_cannot_change(public, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    uid, gid, groups, here, files, secret = json.loads(told_by(public, _LOOK))
    assert (uid, gid, groups, secret) == (65_534, 65_534, [], False)
    assert here == [True, False, False]
    assert files == [[True, False], [True, False]]
