"""How much of an account's mail a snapshot holds, and how much of it could not be read."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

from postwarden.evidence.engine import Engine
from postwarden.sources.service import ProblemRecord

_UNREAD = ("encrypted", "unreadable", "oversized-header", "binary")
_HIDING = ("unreadable-folder", "unreadable-account", "unreadable", "symlink")
_STORES = ("maildir", "doveadm")


class Stored(NamedTuple):
    """Copies of one account in a snapshot, and what of its mail was not read: copies and folders."""

    copies: int
    unread: int


def stored(engine: Engine, accounts: Collection[str]) -> Mapping[str, Stored]:
    """Tell how much of these accounts' mail was read.

    What could not be read counts for every account that it may belong to: a mailbox's path has the
    account's local part in it, and a trouble that names no path may be anybody's.
    """
    copies = engine.tables["copies"].semi_join(engine.named("account", sorted(accounts)), "account")
    counted = copies.group_by("account", "state").agg(count=copies.count())
    found: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for row in engine.table(counted).to_pylist():
        found[row["account"]] += row["count"]
        if row["state"] in _UNREAD:
            unread[row["account"]] += row["count"]
    problems = engine.tables["problems"]
    hiding = problems.filter(problems.source.isin(_STORES), problems.code.isin(_HIDING))
    for problem in engine.records(hiding, ProblemRecord):
        unread.update(account for account in accounts if _may_concern(problem, account))
    return {account: Stored(found[account], unread[account]) for account in accounts}


def _may_concern(problem: ProblemRecord, account: str) -> bool:
    if problem.code == "unreadable-account":
        return problem.subject == account
    local = account.rpartition("@")[0] or account
    return "/" not in problem.subject or local in problem.subject.lower()
