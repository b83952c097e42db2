"""Whether a grant counts now: looked up anew each time, so that what was taken away bites on the next step."""

from collections.abc import Iterable

from postwarden.cases.service import Desk
from postwarden.glass.errors import Refused
from postwarden.glass.rules import Glass, Refusal, consent, may_read
from postwarden.ledger.service import Ledger, Wanted
from postwarden.people.service import (
    BadKey,
    Member,
    NotAllowed,
    Permission,
    UnknownIdentity,
    check,
    member,
    tied,
)
from postwarden.vocabulary import Moment

GRANTED = "glass.granted"


def check_open(desk: Desk, glass: Glass, who: Member, now: Moment) -> None:
    """See that somebody may read the message of a request now.

    Raises:
        NotAllowed: who reads may not any more.
        Refused: it was not granted, its time is up, or who granted it may not any more.
    """
    organisation = desk.organisation_of(glass.asked.account)
    who.allowed(Permission.GLASS_ASK, organisation)
    refused(may_read(glass, who.name, now) or _lapsed(glass, organisation))
    refused(None if _is_on_record(desk.ledger, glass) else Refusal.FORGED)


def refused(why: Refusal | None) -> None:
    """Raise `Refused` where there is a reason to."""
    if why is not None:
        raise Refused(why)


def tie(glass: Glass, by: str) -> Refusal | None:
    """Say that who asked and who answers may be one person; None where they are two."""
    return Refusal.TIED if tied(glass.asked.asked_by, by) else None


def signer(who: Member, message: bytes, signature: str) -> str:
    """Give the fingerprint of the key that signed; raise `BadKey` with the last reason."""
    trouble = BadKey(f"{who.name} has enrolled no key; `postwarden person enrol {who.name}`")
    for key in _counting(who):
        try:
            check(message, signature, key[0])
        except BadKey as error:
            trouble = error
        else:
            return key[1]
    raise trouble


def _lapsed(glass: Glass, organisation: str) -> Refusal | None:
    """Say why a grant does not count any more: whose it was is looked up again, and its signature."""
    answer = glass.answer
    try:
        who = member("" if answer is None else answer.by)
        who.allowed(Permission.GLASS_GRANT, organisation)
        key = signer(who, consent(glass.asked), "" if answer is None else answer.signature)
    except (NotAllowed, UnknownIdentity, BadKey):
        return Refusal.GRANTER_GONE
    if answer is None or key != answer.fingerprint:
        return Refusal.FORGED
    return tie(glass, answer.by)


def _is_on_record(ledger: Ledger, glass: Glass) -> bool:
    """Tell whether it was granted when its row says so: the time runs from there, and is not signed."""
    at = 0 if glass.answer is None else glass.answer.at
    granted = ledger.entries(Wanted(act=GRANTED, since=at, until=at + 1))
    return any(one.facts.get("detail", {}).get("request") == glass.asked.hash for one in granted)


def _counting(who: Member) -> Iterable[tuple[str, str]]:
    return [(one.public, one.fingerprint) for one in who.keys if one.revoked_at is None]
