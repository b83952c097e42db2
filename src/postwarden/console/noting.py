"""Sign-ins on record: who came in by what, and whose name was tried in vain.

A name that nobody has is not written down: it may be a password in the wrong field. Of somebody's name that is
tried again and again a few tries are noted each five minutes, so that nobody fills the record by it.
"""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import user_logged_in
from allauth.mfa.signals import authentication_failed
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from postwarden.people.service import ITSELF
from postwarden.rooms import present

_NOTED, _WHILE = 5, 300


@receiver(user_logged_in)
def _came_in(request: HttpRequest, user: AbstractBaseUser, **_: object) -> None:
    shown = get_authentication_records(request, user)
    by = [str(one.get("type", one["method"])) for one in shown]
    _note(request, "person.signed-in", user.get_username(), user.get_username(), by)


@receiver(user_login_failed)
def _tried(credentials: dict[str, object], request: HttpRequest | None = None, **_: object) -> None:
    name = str(credentials.get("username", ""))
    rows = get_user_model().objects.filter(name=name)
    known = None if "\0" in name else rows.first()
    if request is not None and known is not None:
        _refused(request, known, "password")


@receiver(authentication_failed)
def _factor_tried(request: HttpRequest, user: AbstractBaseUser, **_: object) -> None:
    _refused(request, user, "factor")


def _refused(request: HttpRequest, user: AbstractBaseUser, by: str) -> None:
    key = f"refused-sign-ins:{user.pk}"
    tried = cache.get_or_set(key, 0, _WHILE) or 0
    if tried < _NOTED:
        cache.set(key, tried + 1, _WHILE)
        _note(request, "person.sign-in-refused", ITSELF, user.get_username(), [by])


def _note(request: HttpRequest, act: str, actor: str, name: str, by: list[str]) -> None:
    with transaction.atomic():
        request.rooms.record(act, actor, name, {"by": by}, present())  # type: ignore[attr-defined]  # as in gate
