"""What went wrong, as programs read it (RFC 9457): every answer to a program that is no success."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from postwarden.cases.service import NoSuchCase
from postwarden.cases.service import Refused as CaseRefused
from postwarden.custody.service import NoSuchPlan
from postwarden.custody.service import Refused as PlanRefused
from postwarden.errands.service import NoSuchErrand
from postwarden.holds.service import NothingToDo
from postwarden.hooks.service import BadHook, NoSuchHook
from postwarden.ledger.service import LedgerError
from postwarden.people.service import BadKey, BadToken, NotAllowed, UnknownIdentity
from postwarden.state.service import StateError, failure
from postwarden.vocabulary import PostwardenError
from postwarden.words.cases import refusal as case_refusal
from postwarden.words.plans import refusal as plan_refusal

MEDIA = "application/problem+json"
PLACES = ("/api/", "/health/", "/metrics")
_KIND = "urn:postwarden:problem:"
_UNFIT = "What the request says cannot be used; nothing was done."
_NOT_FOUND = HTTPStatus.NOT_FOUND
_GENERIC: Mapping[int, str] = {
    400: "The request could not be read; nothing was done.",
    401: "A personal token is needed: Authorization: Bearer pwt_…",
    404: "There is nothing here, or nothing that you may know of.",
    405: "This is not done here; Allow names what is.",
    413: "The request is too large; nothing was done.",
    500: "A fault of the program: nothing was done, or all of it. The log of the server has more.",
}


class BadRequest(PostwardenError):
    """What a request says cannot be used; the text says what and why."""


class NotThere(PostwardenError):
    """What is named is not there, or not for who asks."""


def problem(
    status: int, detail: str = "", kind: str = "", errors: Sequence[Mapping[str, str]] = ()
) -> HttpResponse:
    """Give an answer that says what went wrong.

    Args:
        status: of HTTP.
        detail: for people; "" for what there is to say of every answer of this status.
        kind: a code for programs; "" for none beside the status.
        errors: what is wrong where in the request.
    """
    told: dict[str, Any] = {
        "type": _KIND + kind if kind else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or _GENERIC.get(status, HTTPStatus(status).description),
    }
    if errors:
        told["errors"] = list(errors)
    answer = HttpResponse(json.dumps(told), status=status, content_type=MEDIA)
    if status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="postwarden"'
    return answer


class ProblemMiddleware:
    """Lets nothing else than problems say what went wrong, and nobody keep what was answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        answer = self._next(request)
        if not request.path_info.startswith(PLACES):
            return answer
        if answer.status_code >= HTTPStatus.BAD_REQUEST and answer["Content-Type"] != MEDIA:
            answer.content = problem(answer.status_code).content
            answer["Content-Type"] = MEDIA
            answer["Content-Length"] = str(len(answer.content))
        add_never_cache_headers(answer)
        return answer


_STATUS: Mapping[type[Exception], int] = {
    NotAllowed: 403,
    NoSuchCase: 404,
    NoSuchPlan: 404,
    NoSuchHook: 404,
    NoSuchErrand: 404,
    NotThere: 404,
    BadToken: 401,
    AuthenticationError: 401,
    RequestDataTooBig: 413,
    BadRequest: 422,
    BadHook: 422,
    BadKey: 422,
    UnknownIdentity: 422,
    PostwardenError: 409,
}
"""The first that fits counts; what a room refuses for another reason is not possible as things are."""


def of(error: Exception) -> HttpResponse:
    """Give the answer that an exception comes to; raise it where it is a fault of the program."""
    if isinstance(error, ValidationError):
        return problem(422, _UNFIT, errors=_places(error))
    if isinstance(error, HttpError) and not isinstance(error, AuthenticationError):
        return problem(error.status_code)
    if isinstance(error, CaseRefused | PlanRefused | NothingToDo):
        return _refused(error)
    failed = failure(error) or error
    if isinstance(failed, StateError | LedgerError):
        answer = problem(503, str(failed))
        answer["Retry-After"] = "5"
        return answer
    if not isinstance(error, tuple(_STATUS)):
        raise error
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    return problem(status, "" if status in _GENERIC and status != _NOT_FOUND else str(error))


def _refused(error: CaseRefused | PlanRefused | NothingToDo) -> HttpResponse:
    """Say what the rules of the desk refused, in their code and in words."""
    if isinstance(error, CaseRefused):
        return problem(409, case_refusal(error.refusal), error.refusal.code)
    if isinstance(error, PlanRefused):
        return problem(409, plan_refusal(error.refusal), error.refusal)
    left = [{"where": account, "what": why} for account, why in error.left]
    return problem(409, str(error), "nothing-to-do", left)


def _places(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"where": ".".join(map(str, one["loc"])), "what": str(one["msg"])} for one in error.errors
    ]


def handle(api: NinjaAPI) -> None:
    """Let an API answer with problems."""

    def answer(_: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(error, Exception)
        return of(error)

    api.add_exception_handler(Exception, answer)
    api.add_exception_handler(HttpError, answer)
    api.add_exception_handler(ValidationError, answer)
