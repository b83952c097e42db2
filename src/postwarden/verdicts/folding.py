"""Several original recipients in one copy: equal recipients of one LMTP transaction are stored once."""

import ibis.expr.types as ir

from postwarden.evidence.service import Engine, identity, remembered


def with_originals(engine: Engine, plain: ir.Table) -> ir.Table:
    """Add all original recipients of each plain copy (see `sieve.plain`) as a list, `originals`.

    It is null where there is only the one that the copy was joined with.
    """
    lines = _sent(engine.tables["deliveries"])
    several = engine.keep(_several(lines))
    return _joined(plain, engine.keep(_folded(lines, several)))


@remembered
def _sent(lines: ir.Table) -> ir.Table:
    lines = lines.filter(lines.server == "postfix", lines.status == "sent")
    lines = lines.select(
        proof=identity(lines.session_id, lines.queue_id, lines.recipient, lines.message_id),
        original=lines.original_recipient.fill_null(lines.recipient),
    )
    return lines.filter(lines.proof.notnull())


@remembered
def _several(lines: ir.Table) -> ir.Table:
    several = lines.group_by("proof").agg(count=lines.count())
    return several.filter(several["count"] > 1).select("proof")


@remembered
def _folded(lines: ir.Table, several: ir.Table) -> ir.Table:
    lines = lines.semi_join(several, "proof")
    return lines.group_by("proof").agg(
        originals=lines.original.collect(distinct=True, order_by=lines.original)
    )


@remembered
def _joined(plain: ir.Table, folded: ir.Table) -> ir.Table:
    proof = identity(plain.lmtp_id, plain.queue_id, plain.account, plain.message_id)
    joined = plain.mutate(proof=proof).left_join(folded, "proof", rname="folded_{name}")
    return joined.drop("proof", "folded_proof")
