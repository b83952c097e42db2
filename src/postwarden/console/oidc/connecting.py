"""Whom a provider's subjects stand for: connected by people themselves, each with an entry of the record."""

import hashlib
from typing import NamedTuple

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from postwarden.console.oidc.errors import NotSignedIn
from postwarden.people.service import Record
from postwarden.vocabulary import Moment, said

PROVIDER = "oidc"
"""What rows of any issuer have in common; which issuer it is stands in each of their keys."""
_TAKEN = said("this identity is connected already, to you or to somebody else")


class Connection(NamedTuple):
    """A subject that lets somebody in.

    Attributes:
        number: of its row.
        issuer: whose subject it is.
        subject: what the issuer calls them.
    """

    number: int
    issuer: str
    subject: str


def key(issuer: str, subject: str) -> str:
    """Give what a subject of an issuer is found by; no two have the same."""
    return hashlib.sha256(f"{len(issuer)} {issuer} {subject}".encode()).hexdigest()


def connections(name: str) -> list[Connection]:
    """Give what lets somebody in, oldest first."""
    rows = SocialAccount.objects.filter(provider=PROVIDER, user__name=name).order_by("pk")
    return [Connection(one.pk, one.extra_data["issuer"], one.extra_data["subject"]) for one in rows]


def connect(name: str, issuer: str, subject: str, record: Record, now: Moment) -> None:
    """Let a subject stand for somebody from now on; one of who acts no more is theirs no more.

    Raises:
        NotSignedIn: it stands for somebody who acts, or for themselves.
    """
    user = get_user_model().objects.get_by_natural_key(name)
    with transaction.atomic():
        taken = SocialAccount.objects.filter(provider=PROVIDER, uid=key(issuer, subject))
        for one in taken.select_related("user"):
            if one.user.is_active:
                raise NotSignedIn(_TAKEN)
            _end(one, name, record, now)
        told = {"issuer": issuer, "subject": subject}
        try:
            with transaction.atomic():
                SocialAccount.objects.create(
                    user=user, provider=PROVIDER, uid=key(issuer, subject), extra_data=told
                )
        except IntegrityError:
            raise NotSignedIn(_TAKEN) from None
        record("person.identity-connected", name, name, told, now)


def disconnect(name: str, number: int, record: Record, now: Moment) -> bool:
    """Let a subject stand for somebody no more; False where they have none of that number."""
    with transaction.atomic():
        rows = SocialAccount.objects.filter(provider=PROVIDER, user__name=name, pk=number)
        for one in rows:
            _end(one, name, record, now)
            return True
    return False


def _end(one: SocialAccount, actor: str, record: Record, now: Moment) -> None:
    told = {name: one.extra_data[name] for name in ("issuer", "subject")}
    whose = one.user.get_username()
    one.delete()
    record("person.identity-disconnected", actor, whose, told, now)
