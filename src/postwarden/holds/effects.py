"""The effects that a change of holds has on what is live: decided with it, carried out by the worker."""

from collections.abc import Sequence

from postwarden.state import outbox
from postwarden.vocabulary import Moment

PLAN = "holds.plan"
SESSIONS = "holds.sessions"
FILTERS = "holds.filters"
WEBMAIL = "holds.webmail"
REMINDER = "holds.reminder"
SETTLES = (
    "settles"  # in the payload of sessions that are looked at when no login is under way any more
)
LEFT = "left"  # in the payload of what is tried again for those accounts alone for which it failed
EFFECTS = (PLAN, SESSIONS, WEBMAIL, FILTERS)
_SECOND = 1_000_000
LATE_LOGINS = 10 * _SECOND  # a login under way when the hold was committed shows up within this
OWN_TURN = 5 * _SECOND  # the command carries its plan out itself; the worker where it was killed


def due_plan(hashed: str, at: Moment) -> None:
    """Let the worker carry a running plan out from then on, unless whoever began it has."""
    outbox.put(PLAN, hashed, {}, at)


def due_reminder(plan: str, at: Moment) -> None:
    """Let a plan's holds be recalled, should any of them last until then."""
    outbox.put(REMINDER, plan, {}, at)


def due_effects(plan: str, accounts: Sequence[str], now: Moment) -> None:
    """Let sessions and filters of these accounts become as their holds have it."""
    if accounts:
        due_sessions(plan, accounts, now)
        payload = {"accounts": list(accounts)}
        outbox.put(WEBMAIL, plan, payload, now)
        outbox.put(FILTERS, plan, payload, now)


def due_sessions(plan: str, accounts: Sequence[str], now: Moment) -> None:
    """Let sessions of these accounts be ended; when the last ones have, it is kept since when."""
    payload = {"accounts": list(accounts)}
    outbox.put(SESSIONS, plan, payload, now)
    outbox.put(SESSIONS, plan, {**payload, SETTLES: True}, now + LATE_LOGINS)
