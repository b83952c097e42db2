"""What is told, how it is signed, and when it is tried again (pure).

Standard Webhooks (https://www.standardwebhooks.com): headers, signature and schedule.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

import idna

from postwarden.vocabulary import Moment, rfc3339

_SECOND = 1_000_000
_HOUR = 3_600 * _SECOND
WAITS = (
    5 * _SECOND,
    300 * _SECOND,
    _HOUR // 2,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
)
"""Microseconds until the next try, after each that failed; after the last one it is given up."""
SECRET = "whsec_"  # noqa: S105  # how every secret begins


class Event(StrEnum):
    """What can be told of; the codes of the ledger."""

    CASE_OPENED = "case.opened"
    CASE_CHANGED = "case.changed"
    CASE_NOTED = "case.noted"
    CASE_EXAMINED = "case.examined"
    CASE_MERGED = "case.merged"
    CASE_SPLIT = "case.split"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    REPORT_RECEIVED = "report.received"
    ACCOUNTS_SUSPECTED = "accounts.suspected"
    ACCOUNTS_MOVED = "accounts.moved"
    FINDINGS_TAKEN = "findings.taken"
    PLAN_FROZEN = "plan.frozen"
    PLAN_APPROVED = "plan.approved"
    PLAN_WITHDRAWN = "plan.withdrawn"
    PLAN_BEGUN = "plan.begun"
    PLAN_RESUMED = "plan.resumed"
    PLAN_STOPPED = "plan.stopped"
    PLAN_ABANDONED = "plan.abandoned"
    PLAN_DONE = "plan.done"


def body(event: Event, entry: int, at: Moment, case: str, plan: str) -> bytes:
    """Give what is told: what happened, when, by which entry of the ledger, in which case, to which plan."""
    data: dict[str, object] = {"entry": entry, "case": case or None, "plan": plan or None}
    told = {"type": event.value, "timestamp": rfc3339(at), "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def headers(secret: str, name: str, now: Moment, told: bytes) -> Mapping[str, str]:
    """Give the headers that sign what is told.

    Args:
        secret: as it was given to the subscriber.
        name: of this message; the same whenever it is told again.
        now: when it is sent.
        told: the body.
    """
    seconds = str(now // _SECOND)
    signed = f"{name}.{seconds}.".encode() + told
    mac = hmac.digest(b64decode(secret.removeprefix(SECRET)), signed, "sha256")
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{b64encode(mac).decode()}",
    }


def wait(tries: int) -> Moment | None:
    """Give how long to wait after so many tries that failed; None: it is given up."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def line(text: str) -> str:
    """Give the words of an error, which others may have chosen, as a line that can be kept and shown."""
    return "".join(one if one.isprintable() else "?" for one in text)


def fault(url: str, *, internal: bool) -> str | None:
    """Say why nothing is sent to a URL; None where it may be."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        for label in (host or "").split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except ValueError:  # a name that is none, too
        return "write a URL such as https://desk.example.net/postwarden"
    if (
        parts.scheme not in ("https", "http")
        or not host
        or not url.isascii()
        or not url.isprintable()
    ):
        return "write a URL such as https://desk.example.net/postwarden"
    if parts.username is not None or parts.password is not None:
        return "write the URL without a name or password: the signature says who sends"
    if parts.scheme == "http" and not internal:
        return "write https://: [webhooks] internal = true allows http:// inside your network"
    return None
