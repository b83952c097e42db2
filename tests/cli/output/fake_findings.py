"""Made-up findings of a made-up provider, any number of them, the same each time."""

import random
from collections import Counter
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from postwarden.sources.service import GapRecord, SpanRecord
from postwarden.verdicts.service import (
    Background,
    Citation,
    Exposure,
    Finding,
    Reason,
    Summary,
    Verdict,
    summarise,
)
from postwarden.vocabulary import Moment, from_rfc3339

ZONE = ZoneInfo("Europe/Amsterdam")
START = from_rfc3339("2026-11-20T00:00:00+01:00")
MINUTE = 60 * 1_000_000
HOSTILE = "evil\x1b[31m\u202e\r\nX: <script>alert(1)</script>@example.net\x9b2J\u2028\udc80"

_NAMES = ["anna", "bob", "carla", "dirk", "eva", "finn", "gina", "hugo", "ida", "jan"]
_ROLES = ["contact", "invoices", "signup", "office", "support", "press", "jobs", "orders"]


def finding(number: int, **changes: object) -> Finding:
    """Give the misdelivered copy of that number, with some attributes changed."""
    rng = random.Random(number)
    owner, holder = rng.sample([f"{name}@example.net" for name in _NAMES], 2)
    address = f"{rng.choice(_ROLES)}@example.net"
    log = Citation("log/dovecot.log", 100 + number)
    table = Citation("directory/virtual", 3 + number % 40)
    accepted = START + 540 * MINUTE + rng.randrange(270 * MINUTE)
    opened = rng.choice([True, False, None])
    values: dict[str, object] = {
        "id": f"{rng.getrandbits(64):016x}",
        "store": "store1",
        "account": holder,
        "folder": "INBOX",
        "file": f"cur/{number}.M1P2.mx1,S=900",
        "message_id": f"<{number}@sender.test>",
        "verdict": Verdict.MISDELIVERED,
        "rightful": (owner,),
        "original_recipients": (address,),
        "queue_id": f"4F{number:08X}",
        "accepted_at": accepted,
        "delivered_at": accepted + 2_000_000,
        "has_rightful_copy": rng.choice([True, False]),
        "exposure": Exposure(opened=opened, listed=True if opened else None, downloaded=False),
        "reasons": (
            Reason("delivered-session", (("account", holder),), (log,)),
            Reason(
                "directory-leads-elsewhere",
                (("address", address), ("accounts", owner), ("holder", holder)),
                (Citation("log/mail.log", 40 + number), table),
            ),
        ),
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def unexplained(number: int) -> Finding:
    """Give a copy of which nothing is proved."""
    nothing = Reason("no-delivery-proof")
    gap = Reason("gap", (("source", "dovecot"),))
    return finding(
        number,
        verdict=Verdict.UNEXPLAINED,
        rightful=(),
        original_recipients=(),
        has_rightful_copy=None,
        reasons=(gap, nothing) if number % 16 == 4 else (nothing,),
    )


def crossed(number: int) -> Finding:
    """Give a copy that holds another message's content."""
    values = (("own", "<own@sender.test>"), ("other", "<other@sender.test>"))
    return finding(
        number,
        verdict=Verdict.CROSSED,
        rightful=(),
        has_rightful_copy=None,
        other_message="<other@sender.test>",
        reasons=(Reason("content-dkim", values, (Citation.header("DKIM-Signature"),)),),
    )


def findings(count: int) -> list[Finding]:
    """Give that many findings: mostly misdelivered, some crossed, some unexplained."""
    kinds = [finding, finding, finding, finding, unexplained, finding, crossed, finding]
    return [kinds[number % len(kinds)](number) for number in range(count)]


def right() -> Mapping[Moment, int]:
    """Give a day of rightful deliveries by the minute."""
    rng = random.Random(7)
    return Counter(START + rng.randrange(1_440) * MINUTE for _ in range(4_000))


def background(**changes: object) -> Background:
    """Give what an examination of that day knows beside the findings."""
    day = 1_440 * MINUTE
    values: dict[str, object] = {
        "provider": "Example Mail",
        "snapshot": "2026-11-21T080000Z",
        "purpose": "misdelivery of 20 November",
        "taken": START + day + 540 * MINUTE,
        "right": right(),
        "gaps": (
            GapRecord(
                *("dovecot", "mx1.example.net", START + 700 * MINUTE, START + 745 * MINUTE),
                *("rotation", "log/dovecot.log.1", 900),
            ),
        ),
        "spans": (
            SpanRecord("postfix", "mx1", "log/mail.log", START, START + day, 12_000, 11_990),
            SpanRecord("dovecot", "mx1", "log/dovecot.log", START, START + day, 9_000, 9_000),
        ),
        "problems": {"strange-lines": 10, "unreadable-folder": 1},
        "fault": (START + 540 * MINUTE, START + 810 * MINUTE),
    }
    return Background(**{**values, **changes})  # type: ignore[arg-type]


def summary(of: list[Finding], **changes: object) -> Summary:
    """Give the summary of findings before that background."""
    return summarise(of, background(**changes), ZONE)
