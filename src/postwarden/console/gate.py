"""Who gets a page: every page says what it needs, and nothing is shown before that was looked at.

A page without a need cannot be written down (`Page.needs` has no default), and a test walks all addresses
for one that is no `Page`. Rights are read anew with each request: those taken away bite on the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import activate
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from postwarden.cases.service import NoSuchCase
from postwarden.console.settings import CONFIGURATION
from postwarden.console.signing import has_second_factor, is_sure
from postwarden.console.speaking import told as spoken
from postwarden.custody.service import NoSuchPlan
from postwarden.errands.service import NoSuchErrand
from postwarden.ledger.service import Entry, NotNoted
from postwarden.people.service import Member, NotAllowed, Permission, member
from postwarden.rooms import Rooms, opened, present
from postwarden.state.service import follow
from postwarden.vocabulary import PostwardenError, said
from postwarden.words.plans import not_possible

_LACKS = said("{name} may not do this: it needs {permission}")


class Opening(Enum):
    """What a page needs where it needs no role."""

    NOBODY = auto()  # whoever asks
    ANYBODY = auto()  # whoever has signed in with two factors
    HALF = auto()  # whoever has signed in, to set up the second factor


class DeskRequest(HttpRequest):
    """A request, with what answers it.

    Attributes:
        htmx: truthy where a part of a page is wanted.
        rooms: of the installation.
        member: who asks; only where the page needs somebody.
        case: reference of the case that is shown; None for none.
    """

    htmx: HtmxDetails
    rooms: Rooms
    member: Member
    case: str | None


View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where it is, what makes it, and what it takes to see it.

    Attributes:
        route: as Django's `path` takes it.
        name: for links.
        view: gives the answer; it is called with a `DeskRequest`.
        needs: one of these permissions, for one organisation at least; what exactly is shown is for the
            rooms to decide.
        sure: what is sent is taken only from who showed a short while ago that it is they: a session that
            somebody else got hold of makes itself no means to stay.
        noted: it shows rows about people: that they were read is on record before they are.
    """

    route: str
    name: str
    view: View
    needs: tuple[Permission, ...] | Opening
    sure: bool = False
    noted: bool = False

    @property
    def address(self) -> URLPattern:
        """The page as Django knows it."""
        return path(self.route, _guarded(self), name=self.name)


class DeskMiddleware:
    """Opens the installation once, and gives it to every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response
        self._rooms = opened(getattr(settings, CONFIGURATION))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; where its address has a NUL there is nothing, for no database takes that."""
        if "\0" in request.path_info:
            raise Http404
        follow()
        request.rooms = self._rooms  # type: ignore[attr-defined]  # a DeskRequest from here on
        request.case = None  # type: ignore[attr-defined]  # likewise
        return self._next(request)

    def process_view(self, request: HttpRequest, view: View, *_: object) -> None:
        """Let allauth's pages speak as their reader wants, too; our own see to it with their rights."""
        if view.__module__.startswith("allauth.") and request.user.is_authenticated:
            _speak(member(request.user.get_username()))


def _guarded(page: Page) -> View:
    @wraps(page.view)
    def answer(request: DeskRequest, **named: str) -> HttpResponseBase:
        turned_away = _turned_away(request, page.needs)
        if turned_away is not None:
            return turned_away
        if page.sure and request.method == "POST" and not is_sure(request):
            return _asked_again(request)
        try:
            with not_possible():
                response = page.view(request, **named)
            if page.noted and response.status_code == HTTPStatus.OK:
                _note(request, page)
        except NotNoted as error:
            response = _trouble(request, 503, error)
        except NotAllowed as error:
            response = _trouble(request, 403, error)
        except (NoSuchCase, NoSuchErrand, NoSuchPlan) as error:
            response = _trouble(request, 404, error)
        except PostwardenError as error:
            response = _trouble(request, 409, error)
        add_never_cache_headers(response)
        return response

    return answer


def _note(request: DeskRequest, page: Page) -> None:
    entry = Entry(
        "console.read", request.member.name, case=request.case, detail={"page": page.name}
    )
    request.rooms.ledger.note([entry], present())


def _turned_away(
    request: DeskRequest, needs: tuple[Permission, ...] | Opening
) -> HttpResponse | None:
    """Give the answer to who may not see a page; None to who may."""
    if needs is Opening.NOBODY:
        return None
    if not request.user.is_authenticated:  # nor is who acts no more
        return redirect_to_login(request.get_full_path())
    who = member(request.user.get_username())
    request.member = who
    _speak(who)
    if needs is not Opening.HALF and not has_second_factor(request):
        return HttpResponseRedirect(reverse("second-factor"))
    if isinstance(needs, Opening) or any(_has(who, one) for one in needs):
        return None
    return _trouble(request, 403, NotAllowed(_LACKS.about(name=who.name, permission=needs[0])))


def _speak(who: Member) -> None:
    """Answer in the language that somebody set; else it is their browser's."""
    if who.language:
        activate(who.language)


def _asked_again(request: DeskRequest) -> HttpResponse:
    messages.info(request, _("Show that it is you, then do it once more. Nothing was changed yet."))
    return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"))


def _has(who: Member, permission: Permission) -> bool:
    there = who.organisations(permission)
    return there is None or bool(there)


def _trouble(request: HttpRequest, status: int, error: PostwardenError) -> HttpResponse:
    return render(
        request, "console/trouble.html", {"status": status, "told": spoken(error)}, status=status
    )
