"""Sentences about a drill: the same in the terminal and in its report."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from postwarden.cli.output.figures import counted
from postwarden.drills.misdelivery.service import Act, Facts, Fault, Kind, Lack

KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.PLAIN: "Delivered by the wrong map, and left alone",
        Kind.PARKED: "Accepted by the wrong map, delivered after it was mended",
        Kind.SECOND_HAND: "Sent on by a holder's Sieve redirect",
        Kind.MOVED: "Moved to another folder",
        Kind.COPIED: "Copied to another folder by the holder: these are the copies",
        Kind.OPENED: "Opened by IMAP",
        Kind.DOWNLOADED: "Downloaded by POP3",
        Kind.DELETED: "Deleted by the holder before anybody was held",
    }
)
ACTS: Mapping[Act, str] = MappingProxyType(
    {
        Act.OPENED: "opened them",
        Act.DOWNLOADED: "downloaded them",
        Act.MOVED: "moved them",
        Act.COPIED: "copied them",
        Act.REDIRECTED: "sent them on",
        Act.ANSWERED: "answered them",
    }
)
FAULTS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.LOST: "a message that was meant for this account was there, and is gone",
        Fault.DOUBLE: "there is one copy too many",
        Fault.ALTERED: "a holder's own copy is not as it was",
        Fault.STILL_THERE: "the wrong copy still lies there",
        Fault.NOT_DELIVERED: "it did not reach this account, for which it was meant",
        Fault.OTHER_BYTES: "what reached this account has other bytes",
        Fault.OTHER_DATE: "what reached this account has another date of arrival",
        Fault.NOT_UNREAD: "what reached this account is read or has flags",
    }
)
LACKS: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.DELETED: "everybody who got it wrongly deleted it before being held",
        Lack.NO_COPY: "they were left out, and nobody of their address has it any more",
    }
)


def closing_lines(facts: Facts) -> list[str]:
    """Say in a few lines how the drill went."""
    found, accounts, ending = facts.findings, facts.accounts, facts.ending
    lines = [
        headline(facts),
        (
            f"{counted(accounts.held, 'account')} held, {accounts.proven:,} released by proof"
            f" ({len(accounts.proven_wrongly):,} of them wrongly), {accounts.released:,} in the end."
        ),
        (
            f"Of {counted(ending.misplaced, 'wrong copy')} in mailboxes {ending.removed:,} are removed;"
            f" of {counted(ending.lacked, 'message')} that somebody lacked {ending.delivered:,} arrived."
        ),
    ]
    if found.missed:
        lines.append(f"Missed: {counted(len(found.missed), 'copy')}.")
    lines += [
        f"{one.denied:,} times it was said that holders had not {ACTS[one.act]}, and they had."
        for one in found.told
        if one.denied
    ]
    lines += [
        f"Lacked for good: {counted(count, 'message')}, for {LACKS[lack]}."
        for lack, count in ending.beyond.items()
        if count
    ]
    return lines + fault_lines(facts)


def headline(facts: Facts) -> str:
    """Say in a line what was found, and what came of it."""
    found, wrong = facts.findings, len(facts.ending.wrong)
    accused = counted(len(found.accused), "copy") if found.accused else "none"
    ended = (
        f"in the end {counted(wrong, 'copy')} not as it should be"
        if wrong
        else "in the end every message that was still there is where it belongs"
    )
    return (
        f"Of {counted(found.true, 'wrong copy')} {found.found:,} were found,"
        f" {accused} accused wrongly; {ended}."
    )


def fault_lines(facts: Facts) -> list[str]:
    """Count what is not as it should be in the end."""
    counts = Counter(one.fault for one in facts.ending.wrong)
    return [
        f"Not as it should be, {counts[fault]:,} times: {words}."
        for fault, words in FAULTS.items()
        if counts[fault]
    ]
