"""Who gets what: every route says what it needs, and nothing is read of a request before that was seen.

A route without a need cannot be written down (`Route.needs` has no default), and a test walks all
addresses for one that is no `Route`. Rights are read anew with each request: those taken away bite on the
next one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import HttpBearer
from pydantic import BaseModel

from postwarden.api.once import HEADER, once
from postwarden.cases.service import NoSuchCase, known, known_to
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission, bearer
from postwarden.rooms import Rooms, present

_REFERENCE = re.compile(r"[0-9]{4}-[0-9]{4,11}")
_JSON = "application/json"


class ApiRequest(HttpRequest):
    """A request, with what answers it.

    Attributes:
        rooms: of the installation.
        auth: who asks, with what the scope of their token leaves.
    """

    rooms: Rooms
    auth: Member


View = Callable[..., BaseModel | None]


@dataclass(frozen=True, slots=True)
class Route:
    """A route: where it is, what answers, and what it takes to be answered.

    Attributes:
        method: of HTTP.
        path: below /api/v1, as ninja takes it; a case in it is `{reference}`.
        view: gives the answer; it is called with an `ApiRequest`.
        needs: one of these permissions, for one organisation at least; what exactly is shown is for the
            rooms to decide.
        gives: what the answer is; None: nothing.
        status: of success.
        noted: it gives rows about people: that they were read is on record.
        secrets: fields of the answer that are given once: they are kept for nobody who asks again.
    """

    method: str
    path: str
    view: View
    needs: tuple[Permission, ...]
    gives: type[BaseModel] | None
    status: int = HTTPStatus.OK
    noted: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def takes_key(self) -> bool:
        """What is sent again with the same key is done once."""
        return self.method == "POST"

    @property
    def name(self) -> str:
        """The route's name, which is its operationId."""
        return self.view.__name__.replace("_", "-")


def add(api: NinjaAPI, route: Route, tag: str) -> None:
    """Let an API have a route."""
    summary, _, rest = (route.view.__doc__ or "").partition("\n\n")
    needs = " or ".join(f"`{one}`" for one in route.needs)
    extra: dict[str, Any] = {"x-needs": [str(one) for one in route.needs]}
    if route.takes_key:
        extra["parameters"] = [HEADER]
    api.api_operation(
        [route.method],
        route.path,
        auth=Bearer(route.needs),
        response={route.status: route.gives},
        operation_id=route.name,
        url_name=route.name,
        summary=summary.strip().rstrip("."),
        description=f"Needs {needs}.\n\n{rest}".strip(),
        tags=[tag],
        openapi_extra=extra,
    )(_answering(route))


class Bearer(HttpBearer):
    """Lets in who brings a personal token with what a route needs."""

    openapi_bearerFormat = "pwt_…"  # noqa: N815  # the name of OpenAPI

    def __init__(self, needs: tuple[Permission, ...]) -> None:
        super().__init__()
        self._needs = needs

    def authenticate(self, _: HttpRequest, token: str) -> Member:
        """Give who acts.

        Raises:
            BadToken: nobody.
            NotAllowed: they lack what the route needs.
        """
        who = bearer(token, present())
        if not any(_has(who, one) for one in self._needs):
            who.allowed(self._needs[0])
        return who


def _has(who: Member, permission: Permission) -> bool:
    there = who.organisations(permission)
    return there is None or bool(there)


def _answering(route: Route) -> Callable[..., HttpResponse]:
    @wraps(route.view)
    def answer(request: ApiRequest, **named: Any) -> HttpResponse:  # noqa: ANN401  # as ninja read them
        if "reference" in named:
            named["reference"] = case_known(request.auth, named["reference"], route.needs)

        def act() -> HttpResponse:
            told = route.view(request, **named)
            _note(request, route, named.get("reference"), told)
            return _written(told, route.status)

        if not route.takes_key:
            return act()
        return once(request, request.auth, act, partial(_still, request), route.secrets)

    return answer


def _still(request: ApiRequest, answer: Mapping[str, Any]) -> None:
    """Raise where the case or the plan that an answer is about is there for others alone by now."""
    plan = answer.get("plan", "")
    case = answer.get("reference") or request.rooms.holds.plans.case_of(plan)
    if case is not None:
        known_to(request.auth, case)


def _note(request: ApiRequest, route: Route, case: str | None, told: BaseModel | None) -> None:
    """Let the record say who read how many rows of what, before they are given."""
    if not route.noted:
        return
    detail = {"route": route.name, "rows": len(getattr(told, "items", ()))}
    entry = Entry("api.read", request.auth.name, case=case, detail=detail)
    request.rooms.ledger.note([entry], present())


def case_known(who: Member, reference: str, needs: tuple[Permission, ...]) -> str:
    """Give the reference that a case goes on by, to who reads it or has one of these permissions there.

    Raises:
        NoSuchCase: there is none; who may not know of one hears the same.
    """
    if _REFERENCE.fullmatch(reference) is None:
        raise NoSuchCase(f"{reference[:20]}: there is no such case")
    return known(who, reference, {Permission.CASE_READ, *needs})


def _written(told: BaseModel | None, status: int) -> HttpResponse:
    text = "" if told is None else told.model_dump_json()
    return HttpResponse(text, status=status, content_type=_JSON)
