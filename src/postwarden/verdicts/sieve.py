"""The sieve: set-based expressions that settle the plain copies, so that rules see only the rest.

A copy is plain when one log line proves all of it: accepted from outside under its queue id, delivered
in its LMTP session to its holder under the same Message-ID, and the directory leads the line's original
recipient to the holder. For such copies `rules.judge` says `rightful` too (a test compares them); the
sieve is only faster, by joins that grow linearly.
"""

import re
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from postwarden.evidence.service import Validity
from postwarden.vocabulary import Moment

GOOD_COLUMNS = (
    "session_id",
    "recipient",
    "queue_id",
    "message_id",
    "original",
    "accepted_at",
    "time",
    "file",
    "line",
)


def external(deliveries: ir.Table, hosts: Sequence[str]) -> ir.Value:
    """Tell, as an expression, which deliveries were accepted from outside or with a login."""
    client = deliveries.client.fill_null("")
    inside = client.endswith("[::1]") | client.re_search(r"\[127\.[0-9.]+\]$")
    if hosts:
        inside |= client.lower().split("[")[0].isin(list(hosts))
    outside = (deliveries.origin == "smtp") & deliveries.client.notnull() & ~inside
    return (deliveries.origin == "submission") | outside


def directory_index(moment: ir.Value, validities: Sequence[Validity]) -> ir.Value:
    """Give, as an expression, the index of the directory that covers a moment; null where none does."""
    if all(v.valid_from is None and v.valid_to is None for v in validities):
        return ibis.literal(len(validities) - 1, "int64")
    branches = []
    for index in reversed(range(len(validities))):
        validity = validities[index]
        covers = ibis.literal(value=True)
        if validity.valid_from is not None:
            covers &= moment >= validity.valid_from
        if validity.valid_to is not None:
            covers &= moment < validity.valid_to
        branches.append((covers, ibis.literal(index, "int64")))
    return ibis.cases(*branches, else_=ibis.null("int64"))


def good_deliveries(
    tables: Mapping[str, ir.Table],
    validities: Sequence[Validity],
    hosts: Sequence[str],
    recording_hosts: Sequence[str],
) -> ir.Table:
    """Give the deliveries whose original recipient the directory leads to the account delivered to.

    Args:
        tables: of the engine.
        validities: of the directories, by index.
        hosts: the provider's own hosts.
        recording_hosts: hosts that log orig_to, so that its absence means that nothing was rewritten.
    """
    lines = tables["deliveries"]
    lines = lines.filter(
        lines.server == "postfix",
        lines.status == "sent",
        lines.session_id.notnull(),
        lines.recipient.notnull(),
        lines.message_id.notnull(),
        external(lines, hosts),
        lines.original_recipient.notnull() | lines.host.isin(list(recording_hosts)),
    )
    lines = lines.mutate(
        original=ibis.coalesce(lines.original_recipient, lines.recipient),
        valid=directory_index(lines.accepted_at, validities),
    )
    intended = tables["directory"]
    lines = lines.semi_join(
        intended,
        [
            lines.original == intended.address,
            lines.recipient == intended.account,
            lines.valid == intended.directory,
        ],
    )
    return lines.select(*GOOD_COLUMNS)


def doubtful_content(copies: ir.Table) -> ir.Value:
    """Tell, as an expression, which copies' own signatures do not fit their body."""
    declared = copies.declared_hashes
    simple = ibis.literal("s:").concat(copies.content_hash)
    relaxed = ibis.literal("r:").concat(copies.relaxed_hash)
    fits = declared.contains(simple) | declared.contains(relaxed)
    return (declared != "") & copies.content_hash.notnull() & ~fits.fill_null(False)


def plain(copies: ir.Table, good: ir.Table) -> ir.Table:
    """Give the copies that a good delivery proves, joined with it."""
    copies = copies.filter(~doubtful_content(copies))
    names = ("session_id", "recipient", "queue_id", "message_id")
    one = good.group_by(*names).agg(
        original=good.original.min(),
        accepted_at=good.accepted_at.min(),
        time=good.time.min(),
        line_file=good.file.arbitrary(),
        line=good.line.min(),
    )
    return copies.inner_join(one, _proved(copies, one), rname="line_{name}")


def plain_minutes(
    copies: ir.Table, good: ir.Table, since: Moment | None, until: Moment | None
) -> ir.Table:
    """Count the plain copies by the minute of their delivery; limits are times of acceptance."""
    proved = plain(copies, good)
    if since is not None:
        proved = proved.filter(proved.accepted_at >= since)
    if until is not None:
        proved = proved.filter(proved.accepted_at < until)
    minute = proved.time // 60_000_000 * 60_000_000
    return proved.group_by(minute=minute).agg(count=proved.count())


def suspects(copies: ir.Table, good: ir.Table) -> ir.Table:
    """Give the copies that no good delivery proves."""
    doubtful = copies.filter(doubtful_content(copies))
    sound = copies.filter(~doubtful_content(copies))
    return doubtful.union(sound.anti_join(good, _proved(sound, good)))


def _proved(copies: ir.Table, good: ir.Table) -> list[ir.Value]:
    return [
        copies.lmtp_id == good.session_id,
        copies.account == good.recipient,
        copies.queue_id == good.queue_id,
        copies.message_id == good.message_id,
    ]


def gone(tables: Mapping[str, ir.Table], scanned: ir.Table) -> ir.Table:
    """Give Dovecot's saves into scanned mailboxes of which no copy is stored, here or elsewhere.

    Args:
        tables: of the engine.
        scanned: table of the accounts whose mailboxes were read.
    """
    lines, copies = tables["deliveries"], tables["copies"]
    saves = lines.filter(lines.server == "dovecot", lines.status == "saved")
    saves = saves.semi_join(scanned, "account")
    stored = [saves.session_id == copies.lmtp_id, saves.account == copies.account]
    missing = saves.anti_join(copies, stored)
    there = [copies.lmtp_id == saves.session_id, copies.account == saves.account]
    misplaced = copies.filter(copies.lmtp_id.notnull()).anti_join(saves, there)
    misplaced = misplaced.select("lmtp_id", base=_base(misplaced.file))
    found = [
        missing.session_id == misplaced.lmtp_id,
        _base(missing.storage_id) == misplaced.base,
    ]
    return missing.anti_join(misplaced, found)


def gone_queued(tables: Mapping[str, ir.Table], delimiters: str) -> ir.Table:
    """Give Postfix' own deliveries into mailboxes, as local(8) and virtual(8) log them, without a copy.

    LMTP's "Saved" is no proof of storing (a Sieve script may have discarded the message), so that its
    lines are not among them. `delivered-to` is no key: local(8) writes the address before aliasing.
    """
    lines, copies = tables["deliveries"], tables["copies"]
    own = lines.filter(
        lines.server == "postfix",
        lines.status == "sent",
        lines.agent.isin(["virtual", "local"]),
        lines.text.contains("delivered to"),
        lines.recipient.notnull(),
    )
    user = own.recipient
    if delimiters:
        user = user.re_replace(f"[{re.escape(delimiters)}][^@]*@", "@")
    stored = copies.filter(copies.lmtp_id.isnull()).select("queue_id", "account")
    return own.anti_join(stored, [own.queue_id == stored.queue_id, user == stored.account])


def _base(file: ir.Value) -> ir.Value:
    return file.split("/")[-1].split(",")[0]


def gone_suspects(saves: ir.Table, good: ir.Table) -> ir.Table:
    """Give the saves (see `gone`) that no good delivery proves."""
    return saves.anti_join(
        good, [saves.session_id == good.session_id, saves.account == good.recipient]
    )
