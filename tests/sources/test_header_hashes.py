"""Header hashes of a message whose header doveadm's JSON cannot show."""

from postwarden.sources.service import (
    Mailbox,
    StoreSettings,
    header_hash,
    header_hashes,
    read_server_mailbox,
)
from postwarden.vocabulary import Provider

# As Dovecot 2.3.19 showed them: one U+FFFD for each byte, also of a character that is cut short.
STORED = b"From: caf\xe9 <a@example.net>\r\nX: \xe2\x82 \xed\xa0\x80\r\n\r\nbody \xff\r\n"
SHOWN = "From: caf\ufffd <a@example.net>\nX: \ufffd\ufffd \ufffd\ufffd\ufffd\n\n"


class Server:
    def messages(self, store, account, fields):
        yield {"hdr": SHOWN, "uid": "1", "mailbox": "INBOX", "size.physical": "9"}


def test_it_is_known_by_its_bytes_and_as_doveadm_shows_it():
    provider = Provider("P", frozenset({"example.net"}), frozenset(), "+", "/", None)
    store = StoreSettings("s", "doveadm", None, (), "http://x.test", "k")
    mailbox = Mailbox("s", "eva@example.net", "eva@example.net")
    copy, _ = read_server_mailbox(store, mailbox, provider, Server())
    assert header_hashes(STORED, frozenset()) == {
        copy.header_hash,
        header_hash(STORED, frozenset()),
    }
    assert copy.header_hash != header_hash(STORED, frozenset())
