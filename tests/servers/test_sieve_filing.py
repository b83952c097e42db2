"""Where an account's own filter would file a message, asked of the real sieve-test and a real Dovecot."""

import pytest

from postwarden.relocation.service import PermanentRouteError
from postwarden.servers.sieve import SieveFiling

pytestmark = pytest.mark.servers
ORDER = b"Return-Path: <shop@shop.example>\r\nSubject: Your order\r\nTo: a@b.example\r\n\r\nx\r\n"
FILES = 'require ["fileinto", "mailbox", "envelope", "variables", "copy", "vacation"];\n'


def filed(script, content=ORDER):
    return SieveFiling(lambda store, account: script)("main", "anna@example.test", content)


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        (None, "INBOX"),
        ("keep;", "INBOX"),
        ('if header :contains "subject" "order" { fileinto :create "Shop/Orders"; }', "Shop/Orders"),
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
