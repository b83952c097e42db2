"""What the servers said, one record a fact; evidence stores exactly these columns.

Moments are microseconds since the epoch, UTC. `file` and `line` cite where a fact was read, so that a
person can look there: a path relative to the configuration file, and a line number from 1; of what
is wrong in a mail store, the absolute path.
Addresses are in the normal form of `vocabulary.normal`. None means "not said", never "no".
"""

from typing import NamedTuple

from postwarden.vocabulary import Moment


class CopyRecord(NamedTuple):
    """One stored message instance.

    The trace is what this provider's own hosts wrote on top of the message: every header line from the
    first to the last Received line that an own host wrote in one unbroken run (the "boundary", where
    the message was accepted from outside or created). Lines below are the sender's and prove nothing.
    """

    store: str
    account: str
    folder: str  # IMAP name, provider's separator; "INBOX" for the top
    file: str  # path below the account's mail directory, cut at ":2,"; "uid=N" for a doveadm store
    guid: str | None
    uid: int | None  # from Dovecot's uid list, where there is one
    size: int  # bytes of the message, decompressed
    internal_date: Moment | None  # IMAP INTERNALDATE (Maildir: the file's mtime)
    flags: str  # Maildir letters in order, e.g. "RS"
    keywords: str  # IMAP keywords, space-separated
    message_id: str | None  # value as written, outer white space removed, with its angle brackets
    date: str | None
    from_: str | None
    return_path: str | None
    to: str | None
    cc: str | None
    bcc: str | None
    list_id: str | None
    trace: str  # own hosts' header lines, unfolded, newest first, joined by "\n"; "" when there are none
    hops: int  # own Received lines in the trace
    lmtp_id: str | None  # session id of the topmost own "with LMTP" line
    queue_id: str | None  # of the topmost own Postfix line
    queue_host: str | None  # the host that wrote it
    received_at: Moment | None  # date of the boundary line: when this provider accepted the message
    received_for: str | None  # its "for <address>", there only with a single recipient
    delivered_to: str | None  # topmost Delivered-To within the trace
    x_original_to: str | None  # topmost X-Original-To within the trace
    redirected_from: str | None  # X-Sieve-Redirected-From within the trace
    header_size: int  # bytes of the header block with its blank line
    header_hash: (
        str  # hex; of the header below the boundary: the same for every copy of one message
    )
    content_hash: str | None  # body, RFC 6376 "simple" canonical form, sha256, base64; when asked
    relaxed_hash: str | None  # the same in "relaxed" form
    body_size: int | None  # bytes of the body with CR LF line ends; when hashed
    declared_hashes: str  # the DKIM bh= values: "s:BASE64 r:BASE64", only sha256 and without l=
    state: str  # "read", or why not: "encrypted", "unreadable", "oversized-header", "binary", "vanished"


class DeliveryRecord(NamedTuple):
    """One recipient of one message handed somewhere, as a Postfix or Dovecot log line said.

    Postfix: one record for each delivery line; what cleanup, smtpd and qmgr said of the same queue file
    is joined in. Dovecot: one for each LMTP/LDA save, Sieve action or rejection.
    """

    server: str  # "postfix" or "dovecot"
    time: Moment
    host: str  # lower case, as the log says it, or as configured
    instance: str  # Postfix syslog name such as "postfix-out"; Dovecot: "dovecot"
    agent: str  # lmtp, virtual, local, pipe, smtp, error, ...; Dovecot: "lmtp", "lda"; "" for queue events
    queue_id: str | None
    accepted_at: Moment | None  # first line of this queue file (of this use of a short id)
    origin: (
        str | None
    )  # "smtp", "submission" (with a login), "local" (pickup); None when not logged
    client: str | None  # "name[ip]" of smtpd, or "uid=N" of pickup
    sasl_username: str | None
    message_id: str | None  # with angle brackets
    envelope_from: str | None  # "" is the null sender
    original_recipient: str | None  # orig_to; None when the line has none
    recipient: str | None  # to; Dovecot: to_envelope where logged, or the redirect's target
    account: str | None  # Dovecot's user; None for Postfix
    relay: str | None
    session_id: str | None  # LMTP transaction, "ID" or "ID:T2": as both logs and the copy name it
    session_part: str | None  # the recipient within it, "R2"; None for the first
    pid: int | None  # of the process that wrote the line
    status: str  # postfix: sent deferred bounced expired held removed; dovecot: saved redirected discarded rejected
    dsn: str | None
    size: int | None  # postfix: qmgr's size=; dovecot: physical size
    recipients: int | None  # postfix: qmgr's nrcpt=, the most that was said of this queue file
    storage_id: str | None  # Maildir file name, without ":2," and what follows
    folder: str | None
    uid: int | None
    next_queue_id: str | None  # "queued as" / "forwarded as": where it went on
    text: str | None  # the remote reply, at most 200 characters
    file: str
    line: int


class AccessRecord(NamedTuple):
    """One thing done in a mailbox, as a Dovecot log line or exported event said."""

    time: Moment
    host: str
    account: str
    actor: (
        str | None
    )  # the login that acted, where it is not the account (master user); None = the holder
    session: str | None
    protocol: str  # imap, pop3, lmtp, doveadm, dsync, lda, managesieve, submission
    address: str | None  # remote IP
    what: str  # login logout opened listed downloaded moved copied expunged redirected appended flagged searched
    folder: str | None  # the folder acted on (for copied: where the copy arrived)
    source_folder: str | None  # for copied: where it came from
    uid: int | None
    message_id: str | None
    size: int | None
    bodies: int | None  # logout: IMAP body_count, POP3 retr
    headers: int | None  # logout: IMAP hdr_count, POP3 top
    messages: int | None  # logout of POP3: messages in the mailbox
    file: str
    line: int


class GapRecord(NamedTuple):
    """A time for which a log says nothing although it should, and why we think so."""

    server: str  # "postfix", "dovecot", "dovecot-events"
    host: str
    since: Moment
    until: Moment
    reason: str  # "rotation", "rate-limited", "silence", "restart"
    file: str
    line: int


class SpanRecord(NamedTuple):
    """What one log file covers."""

    server: str
    host: str
    file: str
    first: Moment
    last: Moment
    lines: int
    understood: int


class EntryRecord(NamedTuple):
    """One line of an address table, as intended from `valid_from` until before `valid_to`."""

    directory: int  # index of the [[directories]] entry, from 0
    role: str  # "account", "alias", "canonical", "bcc", "domain"
    table: int  # position among the tables of that role, from 0: the servers' order of look-up
    kind: (
        str  # "literal", "regexp", "local" (a name of aliases(5): asked last, for own domains only)
    )
    key: str  # normal address, bare name, "@domain", or the expression: ["if /re/" "\n"]… "/re/i"
    values: str  # the right-hand side, values joined by "\n"; of a regexp the result as written
    file: str
    line: int


class DirectoryRecord(NamedTuple):
    """One account that an address, or a whole domain, is meant to reach."""

    address: str  # normal address, or "@domain" of a catch-all
    account: str
    chain: str  # "sales@example.net > team@example.net > alice@example.net"
    via: str  # "account", "alias", "group", "catch-all", "bcc"
    valid_from: Moment | None
    valid_to: Moment | None
    directory: int  # index of the [[directories]] entry, from 0
    file: str  # of the entry the address itself stands in
    line: int


class MailboxRecord(NamedTuple):
    """One account whose mailbox was read, whether it holds mail or not."""

    account: str


class ProblemRecord(NamedTuple):
    """Something that could not be read, counted and named; it stopped nothing."""

    source: str  # "maildir", "doveadm", "postfix", "dovecot", "dovecot-events", "directory"
    code: str  # message code, e.g. "unreadable-folder", "loop", "broken-line"
    subject: str  # file, folder or address concerned
    detail: str
    file: str | None
    line: int | None
