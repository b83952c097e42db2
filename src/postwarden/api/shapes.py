"""What answers and requests consist of: the same names as in bundles, times as RFC 3339 in UTC."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
)
from pydantic import PlainSerializer as Written
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema

from postwarden.cases.service import Confidence, Kind, Severity, Stage, State, Work
from postwarden.vocabulary import Moment, from_rfc3339, rfc3339

_TIME = WithJsonSchema({"type": "string", "format": "date-time"})
_EARLIEST, _LATEST = from_rfc3339("1970-01-01T00:00:00Z"), from_rfc3339("9999-12-31T00:00:00Z")


def _read(value: object) -> Moment:
    if not isinstance(value, str):
        raise ValueError("a time is text such as 2026-11-20T00:00:00+01:00")  # noqa: TRY004  # pydantic's
    moment = from_rfc3339(value)
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("the time is before 1970, or beyond the calendar")
    return moment


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("text has no NUL")
    if any("\ud800" <= one <= "\udfff" for one in value):
        raise ValueError("text has no lone surrogates")
    return value


class _InPlace:
    """Lets codes stand where they are used: rooms give different enumerations the same name."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(handler.resolve_ref_schema(handler(core)))


IN_PLACE = _InPlace()
Time = Annotated[Moment, Written(rfc3339, return_type=str), _TIME]
"""A time in an answer."""
GivenTime = Annotated[Moment, BeforeValidator(_read), _TIME]
"""A time in a request."""
Line = Annotated[str, AfterValidator(_text), Field(max_length=500)]
"""A line of text in a request."""
Words = Annotated[str, AfterValidator(_text), Field(max_length=10_000)]
"""Text in a request."""
Name = Annotated[str, AfterValidator(_text), Field(min_length=1, max_length=320)]
"""The name of an account or of somebody in a request."""


class Shape(BaseModel):
    """Made from a room's frozen value."""

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """The body of a request; what is not known is refused, for it may have been meant."""

    model_config = ConfigDict(extra="forbid")


class CaseTimes(Shape):
    """When it happened, was detected, when the organisation was aware, and reported it."""

    occurred_from: Time | None
    occurred_to: Time | None
    detected: Time | None
    aware: Time | None
    reported: Time | None


class Responsible(Shape):
    """A third party responsible: for what cause, and how sure that is."""

    name: str
    cause: str
    confidence: Annotated[Confidence, IN_PLACE]


class CaseTask(Shape):
    """Something to do; `work` names it where it is of a template."""

    task: str = Field(validation_alias="label")
    work: Annotated[Work, IN_PLACE] | None
    text: str
    done_by: str | None
    done_at: Time | None


class CaseShape(Shape):
    """A case as it says of itself."""

    reference: str
    kind: Annotated[Kind, IN_PLACE]
    title: str
    stage: Annotated[Stage, IN_PLACE]
    organisations: tuple[str, ...]
    severity: Annotated[Severity, IN_PLACE] | None
    lead: str | None
    opened: Time
    times: CaseTimes
    responsible: tuple[Responsible, ...] = Field(validation_alias="parties")
    tasks: tuple[CaseTask, ...]
    merged_into: str | None
    split_from: str | None


class CaseWhole(CaseShape):
    """A case with how much there is in it, as far as you may read of it."""

    accounts: dict[Annotated[State, IN_PLACE], int]
    findings: dict[str, int]
    reports: int
    entries: int


class AccountShape(Shape):
    """An account concerned; `wrong` counts its findings that are there still."""

    account: str
    organisation: str
    state: Annotated[State, IN_PLACE]
    since: Time | None
    wrong: int


class FindingShape(Shape):
    """A finding as last seen; `facts` are those of an examination."""

    finding: str
    account: str
    organisation: str
    verdict: str
    facts: dict[str, Any]


class EntryShape(Shape):
    """A dated entry of the timeline: when it happened, when it was written, who, what, by what evidence."""

    at: Time
    written: Time
    actor: str
    act: str
    account: str
    text: str
    values: dict[str, Any]
    evidence: tuple[str, ...]
