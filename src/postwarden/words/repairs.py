"""Sentences about repairs."""

from collections import Counter
from collections.abc import Iterator, Sequence

from postwarden.custody.service import Act, Kind, Stage
from postwarden.relocation.service import (
    BY_LMTP,
    Goal,
    Outcome,
    Progress,
    Repair,
    Restored,
    Stuck,
    Why,
    repair_of,
)
from postwarden.vocabulary import said
from postwarden.words.plans import stopped

_WHY = {
    Why.PRESERVED: said("its holder's mail is under legal preservation"),
    Why.ANSWERED: said("its holder has answered it; `plan repair --answered` takes it away, too"),
    Why.ENCRYPTED: said("it is encrypted to its holder's key, and of no use to anybody else"),
    Why.OVER_QUOTA: said("an account that it is meant for is full"),
    Why.UNEXPLAINED: said("the evidence does not prove whose it is"),
    Why.CROSSED: said("its content belongs to another message"),
    Why.NOBODY: said("nobody here is the one it was meant for"),
    Why.NO_MAILBOX: said("an account that it is meant for has no mailbox"),
    Why.SEVERAL_MAILBOXES: (
        said(
            "an account that it is meant for has mailboxes in several stores, and nothing says which one is read"
        )
    ),
    Why.NO_ROUTE: said("no way to a store is configured: see [[relocation.backends]]"),
    Why.NOT_STORED: said("it is no longer stored; the logs alone tell of it"),
    Why.HOLDERS_TOO: said(
        "its holder is among those the message was meant for, and has no other copy"
    ),
    Why.UNDECIDED: said("an earlier plan waits for a person about it"),
    Why.UNREADABLE: said("it cannot be read"),
    Why.SOURCE_GONE: (
        said(
            "it is gone from the mailbox, and not everybody it is meant for has it: look whether its holder"
            " deleted it, and in lazy_expunge folders and backups"
        )
    ),
    Why.SOURCE_CHANGED: said(
        "something else lies where it was: look at the folder before anything is done"
    ),
    Why.NOT_KNOWN_ARRIVED: (
        said(
            "it is not known whether it arrived whole at everybody it is meant for: look in their mailboxes;"
            " it still lies in the wrong one"
        )
    ),
    Why.NOT_KEPT: (
        said(
            "quarantine has it no longer, or not as it was kept: see `postwarden quarantine list` and"
            " `postwarden verify`"
        )
    ),
    Why.NOT_CARRIED: said("its bytes cannot be delivered unchanged by the way to the account"),
    Why.SETTLED: said("another plan has put it where it belongs"),
    Why.TOUCHED: (
        said(
            "its holder has used it since the plan was made, or the other one is gone, or taken by another plan"
        )
    ),
    Why.ABANDONED: said("its plan was given up before it was its turn"),
    Why.KEEPS_FAILING: said(
        "every try failed, and nobody knows how: see the log of the mail server"
    ),
}
_NOT_BACK = {
    Why.SETTLED: "another plan has put it back",
    Why.NO_MAILBOX: "its holder has no mailbox; plan it again once there is one",
    Why.NOT_KNOWN_ARRIVED: (
        "it is not known whether it came back: look in the mailbox, then say with `plan decide` how it is"
    ),
}
_OUTCOMES = {
    Outcome.RELOCATED: "put where they belong",
    Outcome.REMOVED: "removed; whom they are meant for has, or had, their own",
    Outcome.DELIVERED: "right where they are; who was left out has theirs now",
    Outcome.LEFT: "left as they are",
    Outcome.HOLDER_DELETED: "deleted by their holders meanwhile",
    Outcome.HOLDER_CHANGED: "changed by their holders meanwhile",
    Outcome.NEEDS_PERSON: "need a person: look, then say with `plan decide` how it is",
    Outcome.DECIDED: "decided by a person",
}
_LEFT_BY = {
    "downloaded": "in mail programs that downloaded them",
    "forwarded": "with those whom a holder or a filter sent them on to",
    "answered": "quoted in answers of their holders",
    "copied": "in other folders that their holders copied them to",
}
_RESIDUE = {
    "index-cache": "header fields in Dovecot's index caches, until it writes them anew",
    "full-text-index": "words in the holders' full-text index, until it is built anew: doveadm fts rescan",
    "quota-file": "maildirsize counts them until Dovecot computes it anew: doveadm quota recalc",
    "lazy-expunge": "whole, where Dovecot uses lazy_expunge: name it in [[relocation.backends]]",
    "alternate-storage": "in alternate storage, until doveadm purge has run there, too",
    "saved-attachments": "attachments in single-instance storage, while anybody else has the same",
    "replicas": "on replicas, until these have synchronised; then in their caches, and until doveadm purge",
}
_ALWAYS = ("backups and snapshots of the stores, until these expire",)
_WAYS = {"maildir": said("Maildir files"), "dovecot": said("Dovecot")}
_STAGES = {
    Stage.DONE: "The plan is done.",
    Stage.RUNNING: "The plan goes on: the worker carries it out.",
    Stage.ABANDONED: "The plan was given up; nobody goes on with it.",
}


def copies(count: int) -> str:
    """Write "1 copy", "1,200 copies"."""
    return "1 copy" if count == 1 else f"{count:,} copies"


def not_back_lines(restored: Restored) -> Iterator[str]:
    """Name the copies that were not put back, with why."""
    for one in restored.not_back:
        why = _NOT_BACK.get(one.why) or _WHY[one.why]
        yield f"{one.outcome}: {one.finding}: {why}"


def why_told(why: Why) -> str:
    """Say why a copy is left, or waits for a person."""
    return _WHY[why]


def way_told(repair: Repair, store: str) -> str:
    """Say by which way something is done in a store; "" where the plan names none."""
    kind, _, name = dict(repair.ways).get(store, "").partition(" ")
    if kind not in _WAYS:
        return ""
    return (
        said("by {way} {name}", way=_WAYS[kind], name=name)
        if name
        else said("by {way}", way=_WAYS[kind])
    )


def arrival_told(repair: Repair, goal: Goal) -> str:
    """Say where a message arrives at one it is meant for."""
    return _way(goal, repair.folder)


def repair_lines(act: Act) -> Iterator[str]:
    """Say what a plan does with one copy, and below it whom it goes to."""
    if act.kind is Kind.RESTORE:
        yield said(
            "+ put {finding} back to {account}, from quarantine",
            finding=dict(act.details)["finding"],
            account=act.subject,
        )
        return
    one = repair_of(act)
    where = f"{one.copy.account} {one.copy.folder}"
    named = f"{one.message or 'no Message-ID'} ({one.copy.id})"
    if one.why is not None:
        yield f"= leave {named} with {where}: {_WHY[one.why]}"
        return
    ways = {store: _by(way) for store, way in one.ways}
    by = ways.get(one.store, "")
    if one.stays:
        yield f"= keep {named} with {where}, and give those theirs who were left out{by}"
    elif one.twin is not None:
        yield f"- remove {named} from {where}, into quarantine{by}"
        yield f"    = the server delivered it twice; {one.twin.id} stays"
    else:
        yield f"- remove {named} from {where}, into quarantine{by}"
    for goal in one.goals:
        yield f"    + deliver to {goal.account} {_way(goal, one.folder)}{ways.get(goal.store, '')}"
    yield from (f"    = {account} has, or had, its own" for account in one.kept)
    if one.clean:
        yield "    without what its trace says of the wrong mailbox"


def _by(way: str) -> str:
    """Write ", by Dovecot NAME"; nothing of LMTP, which has a sentence of its own."""
    kind, _, name = way.partition(" ")
    if kind not in _WAYS:
        return ""
    return f", by {_WAYS[kind]}{name and f' {name}'}"


def _way(goal: Goal, folder: str) -> str:
    if goal.store == BY_LMTP:
        return said("by LMTP, which adds header fields and gives it another date")
    return folder or said("where its filter files it")


def planned_lines(repairs: Sequence[Repair]) -> Iterator[str]:
    """Say what a new plan will do, counted."""
    done = [one for one in repairs if one.why is None]
    taken = [one for one in done if not one.stays]
    double = sum(one.twin is not None for one in taken)
    twice = f", {double:,} of them delivered twice by the server" if double else ""
    deliveries = sum(len(one.goals) for one in done)
    left_out = sum(len(one.goals) for one in done if one.stays)
    others = f", {left_out:,} of them from right copies, which stay" if left_out else ""
    yield f"To be removed, into quarantine: {copies(len(taken))}{twice}."
    yield f"To be delivered to those they are meant for: {deliveries:,}{others}."
    for why, count in Counter(one.why for one in repairs if one.why is not None).items():
        yield f"Left: {copies(count)}, for {_WHY[why]}."


def outcome_lines(progress: Progress) -> Iterator[str]:
    """Say what became of all copies that were looked at, each counted once, and the sum."""
    yield f"{copies(progress.right)} right before."
    if progress.settled:
        yield f"{copies(progress.settled)} put right by earlier repairs."
    for outcome, sentence in _OUTCOMES.items():
        if count := progress.outcomes.get(outcome, 0):
            yield f"{copies(count)} {sentence}."
    if left := progress.copies - progress.done:
        yield f"{copies(left)} still to be done."
    yield f"Together {copies(progress.all)}: every one that was looked at."
    if progress.stage is Stage.DONE:
        yield from _residue_lines(progress)
    if progress.stage is Stage.STOPPED:
        yield stopped(progress.stopped, "postwarden plan run")
    elif progress.stage in _STAGES:
        yield _STAGES[progress.stage]


def abandoned_lines(progress: Progress, stuck: Sequence[Stuck]) -> Iterator[str]:
    """Say what became of the copies of an abandoned plan, and name those that need a person."""
    left = sum(one.why is Why.ABANDONED for one in stuck)
    yield f"Abandoned: {copies(left)} left as they were, and free for another plan."
    others = progress.done - left
    if others:
        yield f"{copies(others)} had come to an end, or were brought to one: see `postwarden plan show`."
    if waiting := progress.copies - progress.done:
        yield f"{copies(waiting)} under way still: {progress.trouble or 'somebody else has them'}."
        yield "`postwarden worker` goes on with them; or run this again."
    yield from stuck_lines([one for one in stuck if one.outcome is Outcome.NEEDS_PERSON])


def _residue_lines(progress: Progress) -> Iterator[str]:
    """Name where copies, or parts of them, may be that no repair reaches."""
    yield "Where copies may remain:"
    yield from (f"  {_LEFT_BY[way]}: {copies(many)}" for way, many in progress.left_by.items())
    yield from (f"  {_RESIDUE.get(code, code)}" for code in (*progress.residue, *_ALWAYS))


def stuck_lines(stuck: Sequence[Stuck]) -> Iterator[str]:
    """Name the copies that wait for a person, with what to look at, and those that were left."""
    for one in stuck:
        owners = f", meant for {', '.join(one.owners)}" if one.owners else ""
        why = f": {_WHY[one.why]}" if one.why is not None else ""
        yield f"{one.outcome}: {one.finding} with {one.holder}{owners}{why}"
