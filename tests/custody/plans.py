"""A plan to test with."""

from postwarden.custody.rules import Act, Kind, Mismatch, Plan

NOW = 1_795_000_000_000_000
HOUR = 3_600_000_000
PLAN = Plan(
    case="2026-0001",
    reason="mail went astray",
    requester="anna",
    acts=(Act(Kind.HOLD, "eva@example.net"), Act(Kind.HOLD, "finn@example.net", (("x", "y"),))),
    mismatch=Mismatch.STOP,
    emergency=False,
    made=NOW,
)
