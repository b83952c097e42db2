"""Figures and answers in words, the same in the terminal and in the report."""

from postwarden.verdicts.service import Summary, Verdict
from postwarden.words.verdicts import CANNOT_KNOW


def counted(count: int, noun: str) -> str:
    """Write "1 copy", "2 copies", "1,200 mailboxes", "2 gaps in the logs"."""
    head, gap, rest = noun.partition(" in ")
    if count == 1:
        return f"1 {noun}"
    if head.endswith("y"):
        head = f"{head[:-1]}ies"
    else:
        head += "es" if head.endswith(("x", "s")) else "s"
    return f"{count:,} {head}{gap}{rest}"


def unknown(code: str, count: int) -> tuple[str, str]:
    """Give what cannot be known as a count in words, and what is not known of each."""
    noun, what = CANNOT_KNOW[code]
    return counted(count, noun), what


def three(value: bool | None) -> str:
    """Write a three-valued fact."""
    return "not known" if value is None else ("yes" if value else "no")


def headline(summary: Summary) -> str:
    """Say the state in one line."""
    unexplained = summary.counts[Verdict.UNEXPLAINED]
    open_questions = f"; {counted(unexplained, 'copy')} unexplained" if unexplained else ""
    settled = (
        f"; {counted(summary.settled, 'copy')} put right by repairs" if summary.settled else ""
    )
    settled += _left_out(summary)
    if not summary.wrong:
        return f"No misdelivered or crossed copy found{open_questions}{settled}."
    return (
        f"{_kinds(summary)} of {counted(summary.messages, 'message')}"
        f" in {counted(len(summary.holders), 'mailbox')}; {_opened(summary)}{open_questions}{settled}."
    )


def _left_out(summary: Summary) -> str:
    messages, accounts = summary.left_out
    if not messages:
        return ""
    told = counted(messages, "message")
    return f"; {counted(accounts, 'account')} never got {told} that others of their address got"


def _kinds(summary: Summary) -> str:
    named = [(v, summary.counts[v]) for v in (Verdict.MISDELIVERED, Verdict.CROSSED)]
    return " and ".join(counted(count, f"{kind.value} copy") for kind, count in named if count)


def _opened(summary: Summary) -> str:
    opened = summary.opened
    unknown = f", {opened.unknown:,} not known" if opened.unknown else ""
    return f"{opened.yes:,} opened{unknown}"
