"""Sizes as a yardstick: what a copy should measure by its queue file, and what it does measure.

Postfix logs the size of a queue file with CR LF line ends (qmgr's "size="); Dovecot writes the same
measure of what it stores into the file's name (",W="). Between them lie only the header lines that
the delivery agent put on top, which the copy's own trace holds. A copy that measures anything else
was changed on its way. That alone means little: long lines are folded, a Sieve script or a plugin
adds a header or a footer.
"""

from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from postwarden.evidence.service import identity, remembered
from postwarden.vocabulary import Moment

_AGENT = (
    r"^((?:(?:Return-Path|Delivered-To|X-Original-To):[^\n]*\n)*"
    r"Received:[^\n]* with LMTPS?A?\s[^\n]*)"
)
"""The trace lines that the delivery agent put on top; a fold leaves its tab in the unfolded line."""


class Measured(NamedTuple):
    """One copy whose queue file's size is logged.

    Attributes:
        body: its hash; `body_size`: its bytes, with CR LF line ends.
        excess: bytes that it measures more than its queue file and the agent's lines together.
        signed: a signature in it fits its body.
        since: when the queue file was accepted; `until`: when this copy was delivered.
        line_file: the delivery line's; likewise `line`.
    """

    store: str
    account: str
    file: str
    queue_id: str
    message_id: str
    body: str
    body_size: int
    excess: int
    signed: bool
    since: Moment
    until: Moment
    line_file: str
    line: int


@remembered
def measured(copies: ir.Table, deliveries: ir.Table) -> ir.Table:
    """Give every copy that can be measured, with the columns of `Measured`.

    Left out are copies without a hashed body, without Dovecot's ",W=", or under another Message-ID
    than the one logged, and queue files for which several sizes are logged.
    """
    sizes = _sizes(deliveries)
    copies = copies.filter(
        copies.content_hash.notnull(),
        copies.body_size.notnull(),
        copies.lmtp_id.notnull(),
        copies.message_id.notnull(),
        copies.file.contains(",W="),
    )
    agent = copies.trace.re_extract(_AGENT, 1)
    added = agent.length() + 2 + _count(agent, "\n") + 2 * _count(agent, "\t")
    width = copies.file.re_extract(r",W=(\d{1,18})", 1).try_cast("int64")
    own = ibis.literal("s:").concat(copies.content_hash)
    relaxed = ibis.literal("r:").concat(copies.relaxed_hash)
    fits = copies.declared_hashes.contains(own) | copies.declared_hashes.contains(relaxed)
    copies = copies.mutate(
        body=copies.content_hash,
        signed=fits.fill_null(False),
        width=width - added,
        stay=identity(copies.lmtp_id, copies.queue_id, copies.message_id),
    )
    copies = copies.filter(agent != "", copies.width.notnull())
    joined = copies.inner_join(sizes, "stay")
    return joined.mutate(excess=joined.width - joined.queued).select(*Measured._fields)


def _sizes(deliveries: ir.Table) -> ir.Table:
    """Give the size of the queue file of each LMTP transaction, as one number."""
    lines = deliveries.filter(
        deliveries.server == "postfix",
        deliveries.status == "sent",
        deliveries.size.notnull(),
        deliveries.accepted_at.notnull(),
    )
    lines = lines.mutate(stay=identity(lines.session_id, lines.queue_id, lines.message_id))
    lines = lines.filter(lines.stay.notnull())
    sizes = lines.group_by("stay").agg(
        queued=lines.size.min(),
        most=lines.size.max(),
        since=lines.accepted_at.min(),
        until=lines.time.max(),
        line_file=lines.file.argmin(lines.line),
        line=lines.line.min(),
    )
    return sizes.filter(sizes.queued == sizes.most).drop("most")


def _count(text: ir.StringValue, character: str) -> ir.IntegerValue:
    return text.length() - text.replace(character, "").length()
