"""Signing in: nobody signs up, everybody has a second factor, and one-time links set a password."""

from collections.abc import Iterator

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.dispatch import receiver
from django.http import HttpRequest
from fido2 import cbor

from postwarden.people.service import fingerprint, member, revoke_key, written_passkey
from postwarden.rooms import present


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth publishes no types
    """allauth's questions about accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """People are added by people: nobody adds themselves."""
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for the password again before factors change; but not for the first one, just after it."""
        first = app == "allauth.mfa" and not has_second_factor(self.request)
        return not first and bool(super().is_reauthentication_required(app=app))


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether who signed in has a second factor, without which no page but its set-up is shown."""
    return bool(is_mfa_enabled(request.user))


def is_sure(request: HttpRequest) -> bool:
    """Tell whether who signed in showed within five minutes that it is they, once more."""
    return bool(did_recently_reauthenticate(request))


def set_password(name: str, password: str) -> None:
    """Give somebody a password, in the caller's transaction; all their sessions end with the old one."""
    user = get_user_model().objects.get_by_natural_key(name)
    user.set_password(password)
    user.save(update_fields=["password"])


@receiver(authenticator_removed)
def _signs_no_more(
    request: HttpRequest, user: AbstractBaseUser, authenticator: Authenticator, **_: object
) -> None:
    """Revoke the key of a passkey that was removed: what lets nobody in approves nothing either."""
    told = _credential(authenticator)
    if told is None:
        return
    mark = fingerprint(written_passkey("removed", *told))
    name = user.get_username()
    if any(key.fingerprint == mark and key.revoked_at is None for key in member(name).keys):
        revoke_key(name, mark, name, request.rooms.record, present())  # type: ignore[attr-defined]  # as in gate


def passkeys(user: AbstractBaseUser | AnonymousUser) -> Iterator[tuple[str, bytes, bytes]]:
    """Give the passkeys that somebody signs in with: name, credential id, and key as CBOR."""
    rows = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    for one in rows:
        told = _credential(one)
        if told is not None:
            yield one.wrap().name, *told


def _credential(one: Authenticator) -> tuple[bytes, bytes] | None:
    """Give a passkey's id and its key as CBOR; None of what is no passkey."""
    if one.type != Authenticator.Type.WEBAUTHN:
        return None
    told = one.wrap().authenticator_data.credential_data
    return None if told is None else (told.credential_id, cbor.encode(dict(told.public_key)))
