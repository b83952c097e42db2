"""Sentences about holds."""

from collections.abc import Sequence

from postwarden.holds.service import Held, Kind, LetIn, Pending, Refusal
from postwarden.vocabulary import Moment, rfc3339, said
from postwarden.words.cases import many

_LEFT = {
    Refusal.HELD_ALREADY: said("is held already"),
    Refusal.NOT_HELD: said("is not held by this case"),
    Refusal.HELD_ANEW: said("was released and held again since; plan its release anew"),
    Refusal.NO_NAME: said("is no name that an account can have"),
    Refusal.SESSIONS_OPEN: said(
        "is not proven clean: its sessions are not known to have ended; does"
        " `postwarden worker` run?"
    ),
    Refusal.NOT_CLEARED: said("is not cleared by an examination of this case"),
    Refusal.WRONG_THERE: said("holds mail that does not belong there, by what a case knows"),
    Refusal.NOT_LOGGED: said(
        "is not proven clean: the logs have a gap between --occurred-from and"
        " --occurred-to, or the case did not say both when it was examined"
    ),
    Refusal.FAULT_GOES_ON: said(
        "is not proven clean while the case does not say when it ended:"
        " `postwarden case change --occurred-to`"
    ),
    Refusal.LOOKED_BEFORE_END: said("was examined with a snapshot from before the end; scan again"),
    Refusal.LOOKED_BEFORE_HOLD: said(
        "was examined with a snapshot from before the hold; scan again"
    ),
    Refusal.LOOKED_AT_LESS: said(
        "was examined for a part of the time only; examine without --until"
    ),
    Refusal.REPORTED: said("has reported mail that is not theirs; release it by approval"),
}
_MOST = 20
_FEW = 5
_HOUR = 3_600_000_000


def left_lines(left: Sequence[tuple[str, Refusal]]) -> list[str]:
    """Give a line for each account left out, for the first ones."""
    lines: list[str] = [
        said("Left out: {account} {why}", account=account, why=_LEFT[refusal])
        for account, refusal in left[:_MOST]
    ]
    return lines + ([said("… and {n} more.", n=len(left) - _MOST)] if len(left) > _MOST else [])


def let_in_lines(let_in: LetIn) -> list[str]:
    """Say whose doors are open; nothing where no door was closed."""
    lines = []
    if let_in.open and not let_in.trouble:
        lines.append(f"{many(let_in.open)} can log in again.")
    elif let_in.open:
        lines.append(
            f"{many(let_in.open)} released, but Dovecot may refuse them from its cache still: {let_in.trouble}."
        )
        lines.append("`postwarden worker` tries again; see `postwarden holds`.")
    if let_in.held:
        lines.append(f"{many(let_in.held)} held by another case, too: refused as before.")
    return lines


def overdue_lines(held: Sequence[Held], hours: int, now: Moment) -> list[str]:
    """Say how many holds have lasted for longer than they should, and since when the oldest one."""
    late = [one for one in held if one.kind is Kind.LOGIN and now - one.since > hours * _HOUR]
    if not late:
        return []
    oldest = min(late, key=lambda one: one.since)
    told = f"{many(len(late))}, {oldest.account} since {rfc3339(oldest.since)}"
    return [f"Held for more than {hours} hours: {told}. Examine, repair or release."]


def held_lines(held: Sequence[Held]) -> list[str]:
    """Give a table of holds as lines; plain ones, for there may be a hundred thousand."""
    if not held:
        return ["Nobody is held."]
    rows = [("account", "hold", "case", "since", "plan")]
    rows += [
        (one.account, one.kind, one.case or "-", rfc3339(one.since), one.plan[:12]) for one in held
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, map(str, row), widths)).rstrip() for row in rows]


def unknown_lines(unknown: Sequence[str]) -> list[str]:
    """Name held accounts that the mail server does not know."""
    lines = [
        f"Held, but no account that Dovecot knows: {one}; is the name right?"
        for one in unknown[:_MOST]
    ]
    return lines + ([f"… and {len(unknown) - _MOST} more."] if len(unknown) > _MOST else [])


def trouble_lines(pending: Sequence[Pending]) -> list[str]:
    """Give lines that say what the worker has still to do, and what keeps it from it."""
    lines = []
    if pending:
        lines.append(f"To be done by `postwarden worker`: {len(pending)} steps.")
    troubles = sorted({f"{one.trouble}{_named(one)}" for one in pending if one.trouble})[:_MOST]
    return lines + [f"Not done yet: {trouble}" for trouble in troubles]


def _named(pending: Pending) -> str:
    more = ", …" if len(pending.accounts) > _FEW else ""
    return f" ({', '.join(pending.accounts[:_FEW])}{more})" if pending.accounts else ""
