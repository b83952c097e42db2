"""Messages as doveadm shows them, in the same records as those read from files.

Dovecot updates its index files when it is asked; `server_mailboxes` reports that once a store. Its
JSON has U+FFFD in place of bytes that are not UTF-8, so header hashes of such messages are not
those of the stored bytes; each account with such headers is reported. Bodies are not fetched: no
content hashes.
"""

import codecs
from collections.abc import Iterator, Mapping, Set

from postwarden.sources.headers.facts import header_facts
from postwarden.sources.headers.fields import MAX_BYTES
from postwarden.sources.maildir.template import Mailbox
from postwarden.sources.maildir.whole import header_hash
from postwarden.sources.ports import MailServer
from postwarden.sources.records import CopyRecord, ProblemRecord
from postwarden.sources.settings import StoreSettings
from postwarden.vocabulary import Provider, normal

FIELDS = (
    "mailbox",
    "uid",
    "guid",
    "flags",
    "date.received.unixtime",
    "size.physical",
    "hdr",
)
_EACH_BYTE = "postwarden-each-byte"
_LETTERS = {
    "\\Draft": "D",
    "\\Flagged": "F",
    "\\Answered": "R",
    "\\Seen": "S",
    "\\Deleted": "T",
}


def server_mailboxes(store: StoreSettings, server: MailServer) -> Iterator[Mailbox | ProblemRecord]:
    """Give each account as a mailbox whose path is the server's name of it.

    Raises:
        SourceError: the server cannot be asked.
    """
    yield ProblemRecord(
        "doveadm",
        "doveadm-writes-indexes",
        store.name,
        "Dovecot writes index files into the mailboxes it shows",
        None,
        None,
    )
    for account in server.accounts(store):
        yield Mailbox(store.name, normal(account), account)


def read_server_mailbox(
    store: StoreSettings, mailbox: Mailbox, provider: Provider, server: MailServer
) -> Iterator[CopyRecord | ProblemRecord]:
    """Give each message of an account.

    Raises:
        SourceError: as `MailServer.messages`.
    """
    replaced = 0
    for told in server.messages(store, mailbox.path, FIELDS):
        replaced += "\ufffd" in told.get("hdr", "")
        yield _copy(mailbox, provider, told)
    if replaced:
        yield ProblemRecord(
            "doveadm",
            "doveadm-8-bit",
            mailbox.account,
            f"{replaced} headers hold bytes that doveadm's JSON cannot show; their hashes differ "
            "from those of the stored bytes",
            None,
            None,
        )


def header_hashes(content: bytes, hosts: Set[str]) -> frozenset[str]:
    """Give what evidence may have as the header hash of a message: of its bytes, or as doveadm shows it.

    Args:
        content: the message, at least its whole header.
        hosts: the provider's own hosts, lower case.
    """
    start = content[: MAX_BYTES + 1]
    shown = start.decode("utf-8", _EACH_BYTE).encode()
    return frozenset(header_hash(form, hosts) for form in (start, shown))


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """Put U+FFFD in place of each byte that is not UTF-8, as Dovecot 2.3 does in JSON."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error(_EACH_BYTE, _each_byte)


def _copy(mailbox: Mailbox, provider: Provider, told: Mapping[str, str]) -> CopyRecord:
    header = told.get("hdr", "").encode("utf-8", "replace")
    facts = header_facts(header, provider.hosts, whole=True)
    if facts is None:
        raise AssertionError("a whole header always has facts")
    words = told.get("flags", "").split()
    seconds = _number(told.get("date.received.unixtime"))
    uid = _number(told.get("uid"))
    return CopyRecord._make(
        (
            mailbox.store,
            mailbox.account,
            told.get("mailbox", ""),
            f"uid={uid}",
            told.get("guid") or None,
            uid,
            _number(told.get("size.physical")) or 0,
            seconds * 1_000_000 if seconds is not None else None,
            "".join(sorted(_LETTERS[word] for word in words if word in _LETTERS)),
            " ".join(sorted(word for word in words if not word.startswith("\\"))),
            *facts.fields,
            *facts.trace,
            facts.header_size,
            facts.header_hash,
            None,
            None,
            None,
            facts.declared_hashes,
            facts.state,
        )
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
