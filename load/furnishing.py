"""A provider's state of any size: one large case, its holds, plans, and people who ask.

Made by the rooms' own acts where these are fast enough; the rows of holds and of the snapshot are written as
the rooms keep them. Everything is a function of its number, so that equal sizes give equal states.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string  # type: ignore[attr-defined]  # no public name

from bench.snapshot import DOMAINS
from load.sizes import Size
from postwarden import wiring
from postwarden.cases import service as cases
from postwarden.configuration import Configuration, load
from postwarden.custody.service import Act, Kind, Mismatch, Plan
from postwarden.holds.models import AccountRow, HoldRow
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    Member,
    Permission,
    Role,
    add,
    make_token,
    member,
)
from postwarden.veiled import veil
from postwarden.verdicts.service import Finding, Reason, Verdict

NAME = "anna"
_WAITING = 3
"""Plans that wait for somebody; the others were withdrawn."""
_DAY = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Furnished:
    """What can be asked about, and by what.

    Attributes:
        case: reference of the large case.
        accounts: some that are concerned.
        veiled: the same, as they stand in addresses.
        plans: hashes.
        session: key of a session of somebody who signed in with two factors.
        csrf: what the session's forms carry.
        token: of the API.
    """

    case: str
    accounts: tuple[str, ...]
    veiled: tuple[str, ...]
    plans: tuple[str, ...]
    session: str
    csrf: str
    token: str


def furnish(file: Path, size: Size) -> Furnished:
    """Fill an empty state that is open."""
    configuration = load(str(file))
    desk, now = wiring.hold_desk(configuration), _now()
    record = wiring.recorder(desk.desk.ledger)
    add(
        NAME,
        "Anna Example",
        [Grant(role, EVERYWHERE) for role in (Role.POSTMASTER, Role.AUDITOR)],
        NAME,
        record,
        now,
    )
    who = member(NAME)
    opening = cases.Opening(cases.Kind.MISDELIVERY, "mail went astray", ("home",))
    case = cases.open_case(desk.desk, who, opening, now=now).reference
    accounts = _findings(configuration, who, case, size)
    _holds(case, size)
    plans = tuple(
        desk.plans.freeze(_plan(case, number, size.acts), now + number).hash
        for number in range(size.plans)
    )
    for hashed in plans[_WAITING:]:
        desk.plans.withdraw(hashed, NAME, "asked twice", now + size.plans)
    token = make_token(NAME, "load", [*Permission], now + _DAY, record, now)
    veiled = tuple(map(veil, accounts))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its autovacuum does by itself within a minute
    return Furnished(case, accounts, veiled, plans, _session(), _get_new_csrf_string(), token)


def account(number: int) -> str:
    """Give the name of an account, as the snapshot has it."""
    return f"user{number}@d{number % DOMAINS}.example"


def _findings(configuration: Configuration, who: Member, case: str, size: Size) -> tuple[str, ...]:
    desk = wiring.case_desk(configuration)
    step = max(size.accounts // size.findings, 2)
    found = tuple(_finding(number, number * step) for number in range(size.findings))
    boxes = frozenset(one.account for one in found)
    cases.take_findings(desk, who, case, cases.Taken("s1", boxes, found), now=_now())
    return tuple(one.account for one in found[:: max(len(found) // 500, 1)])


def _finding(number: int, holder: int) -> Finding:
    at = _now() - 3 * _DAY + number
    return Finding(
        id=f"f{number:08}",
        store="store1",
        account=account(holder),
        folder="INBOX",
        file=f"cur/{number}.M1P1.store1,S=2000",
        message_id=f"<{number}@shop.test>",
        verdict=Verdict.MISDELIVERED,
        rightful=(account(holder + 1),),
        original_recipients=(account(holder + 1),),
        queue_id=f"4X{number}",
        accepted_at=at,
        delivered_at=at,
        reasons=(Reason("directory-leads-elsewhere"),),
    )


def _holds(case: str, size: Size) -> None:
    step = max(size.accounts // size.findings, 2)
    names = [account(number * step) for number in range(size.held)]
    now, told = _now(), {"wording": "examination", "language": "en"}
    AccountRow.objects.bulk_create(
        (AccountRow(account=one, held=True, page="", revision=1, **told) for one in names),
        batch_size=500,
    )
    HoldRow.objects.bulk_create(
        (
            HoldRow(
                account=one,
                kind="login",
                case=case,
                wording="examination",
                plan="0" * 64,
                since=now,
            )
            for one in names
        ),
        batch_size=500,
    )


def _plan(case: str, number: int, acts: int) -> Plan:
    held = tuple(_acts(number, acts))
    return Plan(case, f"plan {number}", NAME, held, Mismatch.STOP, False, _now() + number)


def _acts(number: int, count: int) -> Iterator[Act]:
    for place in range(count):
        yield Act(Kind.HOLD, account(number * count + place), (("kind", "login"),))


def _session() -> str:
    """Sign somebody in as the console does, with a second factor set up."""
    user = get_user_model().objects.get_by_natural_key(NAME)
    user.set_unusable_password()
    user.save()
    Authenticator.objects.create(user=user, type="totp", data={"secret": ""})
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["began"] = session["seen"] = time.time()
    session.save()
    return str(session.session_key)


def _now() -> int:
    return time.time_ns() // 1_000
