"""Holds as they are kept: rows read as frozen values, and written with their record."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection
from django.db.models import Q, QuerySet

from postwarden.holds.models import AccountRow, HoldRow, RevisionRow
from postwarden.holds.projection import Change
from postwarden.holds.rules import Hold, Holds, Kind, Wording, is_held, is_name, wording
from postwarden.holds.sentences import sentence, tag
from postwarden.people.settings import Organisations
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, normal

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Held:
    """An open hold as it is shown."""

    account: str
    kind: Kind
    case: str
    wording: Wording
    plan: str
    since: Moment


_NEWEST = Prepared(lambda: RevisionRow.objects.values_list("number", flat=True)[:1])


class Told:
    """Gives the projection what the state says."""

    def newest(self) -> int:
        """Give the number of the last change."""
        return _NEWEST.first() or 0

    def since(self, revision: int) -> tuple[int, Sequence[Change]]:
        """Give what changed after a revision."""
        newest = self.newest()  # before the rows: what is committed meanwhile is read again
        rows = list(AccountRow.objects.filter(revision__gt=revision).order_by("revision"))
        reached = max([newest, *(row.revision for row in rows)])
        return reached, [Change(row.account, _told(row)) for row in rows]


def reasons(accounts: Collection[str]) -> dict[str, str | None]:
    """Give what the holders of accounts are told that were ever held; None where they are not now."""
    return {
        row.account: _told(row)
        for some in chunks(accounts)
        for row in AccountRow.objects.filter(account__in=some)
    }


def _told(row: AccountRow) -> str | None:
    return sentence(Wording(row.wording), row.language, row.page) if row.held else None


def locked_revision() -> int:
    """Give the number of the change that this transaction makes; whoever else changes holds waits."""
    RevisionRow.objects.bulk_create([RevisionRow(pk=1)], ignore_conflicts=True)
    rows = RevisionRow.objects.filter(pk=1)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    number = rows.get().number + 1
    RevisionRow.objects.filter(pk=1).update(number=number)
    return number


def open_holds(accounts: Collection[str]) -> Mapping[str, Holds]:
    """Give the open holds of these accounts; of those that have none, none."""
    found: dict[str, set[Hold]] = defaultdict(set)
    for some in chunks(accounts):
        for row in open_rows().filter(account__in=some):
            found[row.account].add(as_hold(row))
    return {account: frozenset(found.get(account, ())) for account in accounts}


def held_since(case: str, accounts: Collection[str]) -> dict[str, Moment]:
    """Give since when a case keeps everybody out of these accounts, live sessions included.

    Nothing of those it does not hold, nor of those whose sessions are not known to have ended.
    """
    found: dict[str, Moment] = {}
    for some in chunks(accounts):
        rows = AccountRow.objects.filter(account__in=some)
        ended = {row.account: row.sessions_ended for row in rows if row.sessions_ended is not None}
        for row in open_rows().filter(account__in=ended, case=case, kind=Kind.LOGIN):
            found[row.account] = max(row.since, ended[row.account])
    return found


def first_held(accounts: Collection[str]) -> dict[str, Moment]:
    """Give since when the oldest open hold keeps logins off accounts."""
    found: dict[str, Moment] = {}
    for some in chunks(accounts):
        rows = open_rows().filter(account__in=some, kind=Kind.LOGIN).order_by("-since")
        found |= dict(rows.values_list("account", "since"))
    return found


def cases_of(plan: str, accounts: Collection[str]) -> dict[str, str]:
    """Give the case that each account's hold belongs to now which a plan placed or ended; "" for none."""
    rows = HoldRow.objects.filter(Q(plan=plan) | Q(ended_plan=plan)).order_by("pk")
    return {
        account: case
        for some in chunks(accounts)
        for account, case in rows.filter(account__in=some).values_list("account", "case")
    }


def preserved(accounts: Collection[str]) -> frozenset[str]:
    """Give those accounts whose stored mail must stay as it is, for a legal reason."""
    names = sorted(filter(is_name, {normal(one) for one in accounts}))
    rows = open_rows().filter(kind=Kind.PRESERVATION)
    return frozenset(
        account
        for some in chunks(names)
        for account in rows.filter(account__in=some).values_list("account", flat=True)
    )


def preserves(cases: Collection[str]) -> bool:
    """Tell whether any of these cases has somebody's stored mail stay as it is."""
    return open_rows().filter(kind=Kind.PRESERVATION, case__in=cases).exists()


def open_rows() -> QuerySet[HoldRow]:
    """Give the rows of holds that have not ended."""
    return HoldRow.objects.filter(ended__isnull=True)


def shown(rows: QuerySet[HoldRow]) -> list[Held]:
    """Give holds as they are shown, by account."""
    return [as_held(row) for row in rows.order_by("account", "pk")]


def as_held(row: HoldRow) -> Held:
    """Give a hold as it is shown."""
    return Held(row.account, Kind(row.kind), row.case, Wording(row.wording), row.plan, row.since)


def locked_accounts(accounts: Collection[str]) -> list[AccountRow]:
    """Give what is kept of accounts, until the transaction ends alone; in one order whoever asks."""
    rows = AccountRow.objects.order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return [row for some in chunks(sorted(accounts)) for row in rows.filter(account__in=some)]


def write_accounts(
    holds: Mapping[str, Holds],
    revision: int,
    organisations: Organisations,
    languages: Mapping[str, str],
) -> list[str]:
    """Write which accounts are held; give those for which that changed.

    Args:
        holds: what each account has now.
        revision: of this change.
        organisations: whose page an account's holder is told of, and whose language else.
        languages: of the holders, by account, where known.
    """
    before = {row.account: row for row in locked_accounts(holds)}
    rows, changed = [], []
    for account, having in holds.items():
        held, told = is_held(having), wording(having)
        old = before.get(account)
        if (old is None and not held) or (old and (old.held, old.wording) == (held, told)):
            continue
        owner = organisations.of(account)
        rows.append(
            AccountRow(
                account=account,
                held=held,
                wording=told,
                language=tag(languages.get(account) or "") or next(map(tag, owner.languages), ""),
                page=owner.page[:200],
                revision=revision,
            )
        )
        if old is None or old.held != held:
            changed.append(account)
    AccountRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["held", "wording", "language", "page", "revision"],
    )
    for some in chunks(changed):
        AccountRow.objects.filter(account__in=some).update(sessions_ended=None)
    return changed


def chunks(accounts: Collection[str]) -> Iterator[list[str]]:
    """Give names in lists that fit one statement."""
    rest = iter(accounts)
    while some := list(islice(rest, CHUNK)):
        yield some


def as_hold(row: HoldRow) -> Hold:
    """Give what the rules know of a hold."""
    return Hold(Kind(row.kind), row.case, Wording(row.wording), row.plan)
