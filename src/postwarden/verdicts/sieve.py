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

from postwarden.evidence.service import Validity, identity, remembered
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
    "proof",
    "stay",
)
"""`proof` stands for all that makes a copy plain, `stay` for session and account alone."""

SLIM_COLUMNS = ("proof", "stay", "time", "accepted_at")
"""Those of a good delivery that `sifted` and `unproved` ask for."""

KEY = ("store", "account", "folder", "file")
"""What identifies a copy."""

NAMES = (*KEY, "uid", "message_id", "queue_id", "lmtp_id", "hops")
"""That, and by what evidence of a copy is found."""

SAVE_COLUMNS = ("file", "line", "account", "session_id", "queue_id", "message_id", "storage_id")
"""What identifies a save, and by what evidence of it is found."""


def external(deliveries: ir.Table, hosts: Sequence[str]) -> ir.Value:
    """Tell, as an expression, which deliveries were accepted from outside or with a login."""
    clients = deliveries.filter(deliveries.client.notnull()).select("client").distinct()
    client = clients.client
    inside = client.contains("[127.") | client.endswith("[::1]")
    for host in hosts:
        inside |= client.lower().startswith(f"{host}[") | (client.lower() == host)
    foreign = deliveries.client.notnull() & deliveries.client.notin(clients.filter(inside).client)
    return (deliveries.origin == "submission") | ((deliveries.origin == "smtp") & foreign)


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


@remembered
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
    intended = intended.select(
        intent=_intent(intended.address, intended.account, intended.directory)
    )
    intent = _intent(lines.original, lines.recipient, lines.valid)
    lines = lines.mutate(intent=intent).semi_join(intended, "intent")
    good = lines.mutate(
        proof=_proof(lines.session_id, lines.queue_id, lines.recipient, lines.message_id),
        stay=identity(lines.session_id, lines.recipient),
    ).select(*GOOD_COLUMNS)
    return good.anti_join(_several(tables), "stay")


@remembered
def _several(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Give the `stay` of transactions that may have stored several files in one mailbox.

    Rules tell them apart. Only transactions with several recipients store so: where Dovecot says it,
    where it opened another mailbox than Postfix named, and where the mailbox holds several.
    """
    lines, copies = tables["deliveries"], tables["copies"]
    lines = lines.filter(lines.status.isin(["saved", "sent"]), lines.session_id.notnull())
    shared = lines.filter(lines.session_part.notnull()).select("session_id").distinct()
    lines = lines.semi_join(shared, "session_id")
    lines = lines.mutate(
        session=identity(lines.session_id),
        part=lines.session_part.fill_null(""),
        stay=identity(lines.session_id, lines.account),
    )
    saved = lines.filter(lines.server == "dovecot").select("session", "part", "account", "stay")
    sent = lines.filter(lines.server == "postfix").select("session", "part", "recipient")
    both = saved.inner_join(sent, ["session", "part"])
    elsewhere = both.filter(both.recipient != both.account).select("stay")
    stored = copies.semi_join(shared, copies.lmtp_id == shared.session_id)
    files = stored.select(
        stay=identity(stored.lmtp_id, stored.account), base=_base(stored.file)
    ).distinct()
    return elsewhere.union(_repeated(saved), _repeated(files)).distinct()


def _repeated(found: ir.Table) -> ir.Table:
    counted = found.group_by("stay").agg(files=found.count())
    return counted.filter(counted.files > 1).select("stay")


def _intent(address: ir.Value, account: ir.Value, directory: ir.Value) -> ir.Value:
    return identity(directory.cast("string"), account, address)


def _proof(session: ir.Value, queue: ir.Value, account: ir.Value, message: ir.Value) -> ir.Value:
    return identity(session, queue, account, message)


def _proof_of(copies: ir.Table) -> ir.Value:
    return _proof(copies.lmtp_id, copies.queue_id, copies.account, copies.message_id)


def doubtful_content(copies: ir.Table) -> ir.Value:
    """Tell, as an expression, which copies' own signatures do not fit their body."""
    declared = copies.declared_hashes
    simple = ibis.literal("s:").concat(copies.content_hash)
    relaxed = ibis.literal("r:").concat(copies.relaxed_hash)
    fits = declared.contains(simple) | declared.contains(relaxed)
    return (declared != "") & copies.content_hash.notnull() & ~fits.fill_null(False)


@remembered
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


@remembered
def proofs(good: ir.Table) -> ir.Table:
    """Give each proof of good deliveries once, with `SLIM_COLUMNS` of its first."""
    return good.group_by("proof").agg(
        stay=good.stay.min(), time=good.time.min(), accepted_at=good.accepted_at.min()
    )


@remembered
def sifted(
    copies: ir.Table, proofs: ir.Table, since: Moment | None, until: Moment | None
) -> ir.Table:
    """Count the plain copies by the minute of their delivery and name the others, in one pass.

    Returns:
        A row for each copy that no good delivery proves, with `NAMES`; and rows without these, of
        plain copies: `minute` (null where `since` and `until`, times of acceptance, exclude it) and
        `copies`, how many.
    """
    doubtful = doubtful_content(copies)
    proof = ibis.ifelse(doubtful, ibis.null("uint64"), _proof_of(copies))
    named = copies.mutate(proof=proof).select(*NAMES, "proof")
    both = named.left_join(proofs, "proof", rname="good_{name}")
    plain = both.good_proof.notnull()
    asked = plain
    if since is not None:
        asked &= both.accepted_at >= since
    if until is not None:
        asked &= both.accepted_at < until
    names = {name: ibis.ifelse(plain, ibis.null(both[name].type()), both[name]) for name in NAMES}
    minute = ibis.ifelse(asked, both.time // 60_000_000 * 60_000_000, ibis.null("int64"))
    rows = both.select(plain=plain, minute=minute, **names)
    return rows.group_by(*rows.columns).agg(copies=rows.count())


@remembered
def own(names: ir.Table, tables: Mapping[str, ir.Table]) -> ir.Table:
    """Give the `KEY` of copies that their holder appended, and nobody delivered.

    For them `rules.judge` says `own`: no own host's line is on them, no delivery line names their
    file, and an append into the mailbox, in no session of another login, has their Message-ID.

    Args:
        names: of the copies that no good delivery proves.
        tables: of the engine.
    """
    acts, lines = tables["accesses"], tables["deliveries"]
    foreign = acts.filter(acts.actor.notnull(), acts.session.notnull()).select("session")
    acts = acts.filter(acts.what == "appended", acts.actor.isnull(), acts.message_id.notnull())
    acts = acts.anti_join(foreign.distinct(), "session")
    acts = acts.select("account", "message_id", act_folder=acts.folder, act_uid=acts.uid)
    bare = names.filter(names.hops == 0, names.lmtp_id.isnull(), names.queue_id.isnull())
    bare = bare.select(*KEY, "uid", "message_id", base=_base(bare.file))
    put = bare.inner_join(acts, ["account", "message_id"])
    same = (put.act_folder == put.folder) & put.act_uid.notnull() & put.uid.notnull()
    put = put.filter(~same.fill_null(False) | (put.act_uid == put.uid))
    saves = lines.filter(lines.server == "dovecot", lines.storage_id.notnull())
    saves = saves.select(base=_base(saves.storage_id))
    return put.anti_join(saves, "base").select(*KEY).distinct()


def _proved(copies: ir.Table, good: ir.Table) -> list[ir.Value]:
    return [
        copies.lmtp_id == good.session_id,
        copies.account == good.recipient,
        copies.queue_id == good.queue_id,
        copies.message_id == good.message_id,
    ]


@remembered
def unproved(tables: Mapping[str, ir.Table], proofs: ir.Table) -> ir.Table:
    """Give Dovecot's saves that no good delivery proves, with `SAVE_COLUMNS`."""
    return _lines_of(tables).anti_join(proofs.select("stay"), "stay").drop("stay")


@remembered
def unstored(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Give Dovecot's saves of whose session the mailbox holds no copy, with `SAVE_COLUMNS`."""
    copies = tables["copies"].filter(tables["copies"].lmtp_id.notnull())
    stays = copies.select(stay=identity(copies.lmtp_id, copies.account))
    return _lines_of(tables).anti_join(stays, "stay").drop("stay")


def _lines_of(tables: Mapping[str, ir.Table]) -> ir.Table:
    saves = _saves(tables)
    return saves.select(*SAVE_COLUMNS, stay=identity(saves.session_id, saves.account))


@remembered
def lost(tables: Mapping[str, ir.Table], lone: ir.Table, scanned: ir.Table) -> ir.Table:
    """Give those of some saves that went into scanned mailboxes and are of no copy there.

    Args:
        tables: of the engine, or of a view for these saves.
        lone: their file and line.
        scanned: table of the accounts whose mailboxes were read.
    """
    copies, saves = tables["copies"], _saves(tables)
    saves = saves.semi_join(lone, ["file", "line"]).semi_join(scanned, "account")
    stored = copies.filter(copies.lmtp_id.notnull()).select("lmtp_id", "account")
    at_home = [saves.session_id == stored.lmtp_id, saves.account == stored.account]
    return _without_untraced(saves.anti_join(stored, at_home), copies)


@remembered
def gone(tables: Mapping[str, ir.Table], missing: ir.Table, scanned: ir.Table) -> ir.Table:
    """Give the saves of which no copy is stored, in their own mailbox or elsewhere.

    Args:
        tables: of the engine, or of a view for these saves.
        missing: what `lost` gives, kept: how few these are decides how the rest is computed.
        scanned: see `lost`.
    """
    copies, saves = tables["copies"], _saves(tables)
    sessions = missing.select("session_id").distinct()
    there = saves.semi_join(sessions, "session_id").semi_join(scanned, "account")
    there = there.select("session_id", "account")
    stored = copies.select("lmtp_id", "account", "file")
    stored = stored.semi_join(sessions, stored.lmtp_id == sessions.session_id)
    home = [stored.lmtp_id == there.session_id, stored.account == there.account]
    misplaced = stored.anti_join(there, home)
    misplaced = misplaced.select("lmtp_id", base=_base(misplaced.file))
    found = [
        missing.session_id == misplaced.lmtp_id,
        (_base(missing.storage_id) == misplaced.base) | _by_process(missing, misplaced.base),
    ]
    return missing.anti_join(misplaced, found)


def _by_process(saves: ir.Table, base: ir.Value) -> ir.Value:
    """Tell whether a file name carries process and second of a save that names no file (maildir(5))."""
    second = base.split(".")[0].try_cast("int64")
    late = saves.time // 1_000_000 - second
    process = ibis.literal("P").concat(saves.pid.cast("string"), ".")
    return saves.storage_id.isnull() & late.between(0, 2) & base.contains(process)


def _without_untraced(saves: ir.Table, copies: ir.Table) -> ir.Table:
    """Leave out saves whose copy is there without an LMTP line: unreadable, encrypted, or by LDA."""
    bare = copies.filter(copies.lmtp_id.isnull())
    bare = bare.select("account", "message_id", base=_base(bare.file))
    name = saves.mutate(base=_base(saves.storage_id)).anti_join(bare, ["account", "base"])
    name = name.drop("base")
    agent = name.filter(name.agent == "lda").anti_join(bare, ["account", "message_id"])
    return name.filter(name.agent != "lda").union(agent)


def _saves(tables: Mapping[str, ir.Table]) -> ir.Table:
    lines = tables["deliveries"]
    return lines.filter(lines.server == "dovecot", lines.status == "saved")


@remembered
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
