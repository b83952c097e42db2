"""How long somebody is signed in, and what ends it.

A session ends ten hours after the sign-in whatever is done in it, two hours after the last page was asked for,
and with a change of password or factors if it is another one than that of the change. Parts of pages that bring
themselves up to date are not asked for by anybody. After somebody showed once more that it is they, the session
has a new key: whoever knew the old one has nothing.
"""

import time
from collections.abc import Callable

from allauth.account.signals import authentication_step_completed
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from postwarden.console.signing import is_sure

LONGEST = 10 * 3600
"""Seconds from signing in until the session ends."""
IDLE = 2 * 3600
"""Seconds without a page until the session ends."""
_NOTED = 600
"""Seconds after which it is written anew when the last page was asked for: not with each."""
_BEGAN, _SEEN = "began", "seen"


class SessionEnds:
    """Ends sessions whose time is up, before anything else looks at who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request; who signs out has what browsers kept of these pages removed, too."""
        self._look(request)
        answer = self._next(request)
        match = request.resolver_match
        if request.method == "POST" and match is not None and match.url_name == "account_logout":
            answer["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return answer

    def _look(self, request: HttpRequest) -> None:
        session, now = request.session, time.time()
        if SESSION_KEY not in session:
            return
        began, seen = (
            session.get(_BEGAN, 0),
            session.get(_SEEN, 0),
        )  # of one from before they were kept: over
        if now - began >= LONGEST or now - seen >= IDLE:
            logout(request)
            messages.info(
                request, _("Your time here was up. Nothing that was sent is lost; sign in again.")
            )
        elif now - seen >= _NOTED and not request.path_info.endswith("/live/"):
            session[_SEEN] = now


class Sessions(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth publishes no types
    """allauth's page of where one is signed in."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        """End them, for who showed a short while ago that it is they; raise `ReauthenticationRequired`."""
        if not is_sure(context.request):
            raise ReauthenticationRequired
        super().end_sessions(sessions)


@receiver(user_logged_in)
def _begin(request: HttpRequest, **_: object) -> None:
    request.session[_BEGAN] = request.session[_SEEN] = time.time()


@receiver(authentication_step_completed)
def _renew(request: HttpRequest, *, reauthenticated: bool = False, **_: object) -> None:
    if reauthenticated:
        before = request.session.session_key
        request.session.cycle_key()
        rows = UserSession.objects.filter(session_key=before)
        rows.update(session_key=request.session.session_key)


@receiver((authenticator_added, authenticator_removed, authenticator_reset))
def _end_others(request: HttpRequest, user: AbstractBaseUser, **_: object) -> None:
    """End somebody's other sessions: what let them in may be somebody else's by now."""
    for one in UserSession.objects.filter(user=user):
        if one.session_key != request.session.session_key:
            one.end()
