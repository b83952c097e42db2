"""The ledger: searched, and checked."""

from ninja import Query
from pydantic import BaseModel, Field

from postwarden.api.gate import ApiRequest, Route, case_known
from postwarden.api.paging import Listing, cursor_of, key_of, number_of
from postwarden.api.shapes import GivenTime, Line, Shape, Time
from postwarden.cases import service as cases
from postwarden.cases.service import Search
from postwarden.ledger.service import Told
from postwarden.people.service import Permission
from postwarden.vouching import check_ledger


class LedgerEntry(BaseModel):
    """An entry: null is not known, or was erased; `detail` has further facts."""

    entry: int | None
    at: Time
    act: str
    case: str | None
    actor: str | None
    why: str | None
    person: str | None
    plan: str | None
    detail: dict[str, object]
    erased: bool
    changed: bool


class LedgerAsked(BaseModel):
    """Which entries are wanted."""

    cursor: str = Field("", max_length=1_000, description="`next` of the page before.")
    case: Line | None = Field(None, description="Only of this case and those merged into it.")
    actor: Line = Field("", description="Only what this person did.")
    act: Line = Field("", description="Only entries of this code, such as hold.placed.")
    since: GivenTime | None = Field(None, description="From this time on.")
    until: GivenTime | None = Field(None, description="Before this time.")


def list_entries(request: ApiRequest, asked: Query[LedgerAsked]) -> Listing[LedgerEntry]:
    """Search the ledger, latest first: 50 entries a page, and no more than 5,000 are looked at for one.

    A page may be empty and have a next one: then none of those that were looked at fits.
    """
    case = ""
    if asked.case is not None:
        case = case_known(request.auth, asked.case, (Permission.CASE_READ,))
    before = number_of(key_of(asked.cursor, request.auth))
    search = Search(case, asked.actor, asked.act, asked.since, asked.until, before)
    page = cases.entries(request.rooms.desk, request.auth, search)
    after = "" if page.after is None else str(page.after)
    return Listing(items=[_shape(one) for one in page.rows], next=cursor_of(after, request.auth))


class FaultShape(Shape):
    """Something that is not as it was written: the code of what, and the entries it can lie at."""

    code: str
    first: int
    last: int


class Verified(BaseModel):
    """What was checked: `sound` says that nothing was found to be changed, `away` whom nobody could ask.

    `tail` counts the entries that nothing outside vouches for yet.
    """

    sound: bool
    entries: int
    erased: int
    covered: int
    tail: int
    faults: list[FaultShape]
    lost: dict[str, int]
    away: list[str]


def verify_ledger(request: ApiRequest) -> Verified:
    """Check the whole ledger against its signed heads, those kept outside included; it may take minutes.

    One is checked at a time: 503 says when to ask again. One of more than 500,000 entries is checked by
    `postwarden verify` alone. That it was checked is on record.
    """
    found, outside, sound = check_ledger(request.rooms, request.auth.name)
    return Verified(
        sound=sound,
        entries=found.entries,
        erased=found.erased,
        covered=found.covered,
        tail=found.tail,
        faults=[FaultShape.model_validate(one) for one in found.faults],
        lost={name: len(sizes) for name, sizes in outside.lost.items()},
        away=outside.away,
    )


def _shape(one: Told) -> LedgerEntry:
    facts = one.facts
    return LedgerEntry(
        entry=one.place,
        at=one.at,
        act=one.act,
        case=one.case or None,
        actor=facts.get("actor"),
        why=facts.get("why"),
        person=facts.get("person"),
        plan=facts.get("plan"),
        detail=facts.get("detail", {}),
        erased=one.erased,
        changed=one.changed,
    )


_READS = (Permission.LEDGER_READ,)
ROUTES = (
    Route("GET", "/ledger", list_entries, _READS, Listing[LedgerEntry], noted=True),
    Route("GET", "/ledger/verification", verify_ledger, _READS, Verified),
)
