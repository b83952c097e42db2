"""Rows of requests: as others see them, and what stands of them on record."""

import json

from postwarden.glass.models import GlassRow
from postwarden.glass.rules import Answer, Asked, Glass
from postwarden.ledger.service import Entry, Ledger
from postwarden.vocabulary import Moment


def frozen(row: GlassRow) -> Glass | None:
    """Read a request; None where it is not what was asked."""
    try:
        asked = Asked(**json.loads(row.text))
    except (ValueError, TypeError):
        return None
    if asked.hash != row.hash:
        return None
    if row.answered_at is None:
        return Glass(asked)
    given = (row.answered_by, row.answered_at, row.granted, row.fingerprint, row.signature)
    return Glass(asked, Answer(*given))


def note(
    ledger: Ledger, act: str, asked: Asked, actor: str, why: str, now: Moment, **detail: object
) -> None:
    """Write of a request into the record, in the caller's transaction."""
    told = {"request": asked.hash, **detail}
    ledger.append([Entry(act, actor, why, case=asked.case, person=asked.account, detail=told)], now)
