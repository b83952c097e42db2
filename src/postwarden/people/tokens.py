"""Personal tokens: by them programs act as somebody, with some of their rights and until a day."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction

from postwarden.people.errors import BadToken, NotAllowed
from postwarden.people.identities import Member, may_revoke_of, member, read
from postwarden.people.models import Identity, TokenRow
from postwarden.people.ports import Record
from postwarden.people.rules import Permission
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, rfc3339, said

PREFIX = "pwt_"
"""Every token begins so, by which those that were published by mistake are found."""
LONGEST = 366 * 24 * 3_600_000_000
"""Microseconds that a token may last."""
_HOUR = 3_600_000_000
_LABEL = re.compile(r"[\w .:@+-]{1,64}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is shown; its secret is shown to nobody after it was made.

    Attributes:
        label: what its owner calls it; unique among those of theirs that were not revoked.
        scope: of its owner's rights those that it has.
        made: when.
        expires: from then on it counts no more.
        revoked: since when it counts no more; None where it was not revoked.
        used: when it was used, to the hour; None for never.
    """

    label: str
    scope: frozenset[Permission]
    made: Moment
    expires: Moment
    revoked: Moment | None
    used: Moment | None

    def counts(self, now: Moment) -> bool:
        """Tell whether it lets anybody in."""
        return self.revoked is None and self.expires > now


def make_token(
    name: str,
    label: str,
    scope: Collection[Permission],
    expires: Moment,
    record: Record,
    now: Moment,
) -> str:
    """Give somebody a new token of their own; what is given is kept nowhere, only its SHA-256.

    Args:
        name: whose: nobody makes one for anybody else.
        label: what they call it.
        scope: of their rights those that it shall have, also of those they get later.
        expires: until when it counts.
        record: writes the ledger.
        now: when.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: they act no more.
        BadToken: it would have no right, lasts too long or not at all, or they have one of that label.
    """
    if _LABEL.fullmatch(label) is None:
        raise BadToken(said("name the token in 1 to 64 letters, digits, spaces and .:@+-"))
    if not scope:
        raise BadToken(said("name at least one scope: a token without any could do nothing"))
    if not now < expires <= now + LONGEST:
        raise BadToken(said("a token lasts a year at most, and ends in the future"))
    given = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        if not member(name).active:
            raise NotAllowed(said("{name} acts no more", name=name))
        _keep(name, given, label, sorted(scope), expires, now)
        detail = {"label": label, "scope": sorted(scope), "expires": rfc3339(expires)}
        record("token.made", name, name, detail, now)
    return given


def _keep(  # whose, what, and the clock
    name: str, given: str, label: str, scope: list[Permission], expires: Moment, now: Moment
) -> None:
    try:
        with transaction.atomic():
            TokenRow.objects.create(
                identity=Identity.objects.get(name=name),
                label=label,
                secret=_hash(given),
                scope=scope,
                made=now,
                expires=expires,
            )
    except IntegrityError:
        raise BadToken(
            said("{label}: there is a token of that name; revoke it first", label=label)
        ) from None


def revoke_token(name: str, label: str, actor: str, record: Record, now: Moment) -> None:
    """Let a token count no more; one's own, or as who manages people.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not.
        BadToken: they have none of that label, or it was revoked before.
    """
    with transaction.atomic():
        may_revoke_of(name, actor)
        rows = TokenRow.objects.filter(identity__name=name, label=label, revoked=None)
        if not rows.update(revoked=now):
            raise BadToken(
                said(
                    "{label}: {name} has no such token, or it was revoked before",
                    label=label,
                    name=name,
                )
            )
        record("token.revoked", actor, name, {"label": label}, now)


def tokens(name: str) -> list[Token]:
    """Give somebody's tokens, newest first; those that count no more, too."""
    rows = TokenRow.objects.filter(identity__name=name).order_by("-made", "-pk")
    return [
        Token(
            one.label,
            frozenset(map(Permission, one.scope)),
            one.made,
            one.expires,
            one.revoked,
            one.used,
        )
        for one in rows
    ]


def bearer(given: str, now: Moment) -> Member:
    """Give who a token stands for, with those of their rights that it has.

    Raises:
        BadToken: it is none, counts no more, or its owner acts no more. Which of these is not told.
    """
    row = _BY_SECRET.first(_hash(given))
    who = None if row is None or row.expires <= now else _acting(row)
    if row is None or who is None or not who.active:
        raise BadToken(
            said("this is no token, or it counts no more; make a new one in the console")
        )
    if row.used is None or row.used < now - now % _HOUR:
        TokenRow.objects.filter(pk=row.pk).update(used=now - now % _HOUR)
    return who


_BY_SECRET = Prepared(lambda secret: TokenRow.objects.filter(secret=secret, revoked=None))
_OWNER = Prepared(lambda number: Identity.objects.filter(pk=number))


def by_token(number: int, now: Moment) -> Member | None:
    """Give who acts by a token that was theirs to act by before, as `bearer`; None where it counts no more."""
    row = TokenRow.objects.filter(pk=number, revoked=None, expires__gt=now).first()
    return None if row is None else _acting(row)


def _acting(row: TokenRow) -> Member | None:
    owner = _OWNER.first(row.identity_id)
    if owner is None:
        return None
    return replace(read(owner), scope=frozenset(map(Permission, row.scope)), token=row.pk)


def _hash(given: str) -> str:
    """Give what is kept of a token: it is random enough that no salt or slow hash is needed."""
    return hashlib.sha256(given.encode("utf-8", "backslashreplace")).hexdigest()
