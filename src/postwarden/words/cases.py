"""Sentences about cases: tasks, acts of the timeline, and why something is not allowed."""

from collections.abc import Mapping

from postwarden.cases.service import Code, Refusal, State, Task, TimelineEntry, Work
from postwarden.vocabulary import Said, counted, joined, said

TASKS: Mapping[Work, Said] = {
    Work.NAME_LEAD: said("Name who is in charge"),
    Work.FIND_CAUSE: said("Find the cause, and end it"),
    Work.FIND_ACCOUNTS: said("Find the accounts concerned"),
    Work.HOLD: said("Hold the accounts concerned; their mail keeps arriving"),
    Work.EXAMINE: said("Examine the accounts held"),
    Work.REPAIR: said("Bring misdelivered mail to its owners"),
    Work.RELEASE: said("Release what is proven clean"),
    Work.STOP_SENDING: said("Stop what is still being sent"),
    Work.KEEP_MAIL: said("See that mail is accepted and kept"),
    Work.GIVE_BACK: said("Give the backlog back, little by little"),
    Work.RECONCILE: said("Prove that nothing was lost or doubled"),
    Work.COLLECT_EXAMPLES: said("Collect examples, with their headers"),
    Work.WARN: said("Warn of what others may make of it"),
    Work.ANSWER_REPORTS: said("Answer those who reported it"),
    Work.TELL_CONCERNED: said("Tell everyone concerned, once"),
    Work.ASSESS_BREACH: said("Assess whether personal data were breached"),
    Work.REPORT_AUTHORITY: said("Report to the authority, or note why not"),
    Work.SHOW_STATUS: said("Say publicly what works and what does not"),
    Work.REGISTER: said("Write the register entry"),
    Work.LEARN: said("Write down what to change, so that it does not happen again"),
}

_ACTS: Mapping[str, Said] = {
    "case.opened": said("opened the case: {title}"),
    "case.changed": said("set {told}"),
    "case.noted": said("{text}"),
    "case.closed": said("closed the case"),
    "case.reopened": said("opened the case again"),
    "case.merged": said("case {case} became part of this one"),
    "case.merged-into": said("became part of case {case}"),
    "case.split": said("a part became case {case}"),
    "case.split-from": said("came out of case {case}"),
    "case.exporting": said("began to export the case"),
    "case.exported": said("exported the case as a bundle with SHA-256 {sha256}"),
    "case.restricted": said("restricted the case to {names}"),
    "case.let-in": said("let {name} in"),
    "case.taken-out": said("took {name} out"),
    "case.unrestricted": said("lifted the restriction"),
    "case.knocked": said("asked to be let in"),
    "case.knock-refused": said("did not let {name} in"),
    "task.added": said("added task {task}: {text}"),
    "task.done": said("finished task {task}"),
    "accounts.suspected": said("suspected {accounts}"),
    "accounts.moved": Said("{n:,} account is {state} now", "{n:,} accounts are {state} now"),
    "findings.taken": said("took findings of snapshot {told}"),
    "case.examined": said("examined the accounts with {told}"),
    "report.received": said("{account} reported mail that is not theirs ({report})"),
    "repair.done": said("carried a repair out: {told}"),
    "repair.abandoned": said("gave a repair up: {told}"),
    "holds.recalled": said("{accounts} still held, for {hours} hours: examine, repair or release"),
    "persons.kept": said("looked up the people behind {accounts}"),
    "persons.forgotten": said("removed what was kept of the people behind {accounts}"),
}
_TEXT_TOLD = frozenset({"case.noted", "task.added"})

_REFUSALS: Mapping[Code, Said] = {
    Code.NOT_OPEN: said("the case is not open; `postwarden case reopen` opens a closed one"),
    Code.NOT_CLOSED: said("the case is not closed"),
    Code.EMPTY: said("write something: a title, name or text is empty"),
    Code.NOTHING_NEW: said("the case says so already; nothing was changed"),
    Code.FUTURE: said("a time is still to come; name one that is past"),
    Code.TIMES: said("the times are out of order: {first} must not be after {second}"),
    Code.NO_TASK: said("{about}: is no task of this case; `postwarden case task REF` lists them"),
    Code.TASK_DONE: said("{about}: was done already"),
    Code.TASKS_LEFT: said("{about}: is still to be done; finish it first"),
    Code.NO_ACCOUNT: said(
        "{about}: is no account of this case; `postwarden case accounts` adds it"
    ),
    Code.NOT_FROM_THERE: said("{first}: is {second}, and cannot become {third} from there"),
    Code.ACCOUNTS_LEFT: said("{about}: is neither released nor excluded yet"),
    Code.SAME_CASE: said("both are the same case"),
    Code.NO_ORGANISATION: said("{about}: is no organisation of postwarden.toml"),
    Code.NOTHING_CHOSEN: said("name what it is about: at least one account, report or finding"),
    Code.OLDER_EVIDENCE: said(
        "the case was examined with a newer snapshot than {about}; use that one, or scan again"
    ),
    Code.STILL_HELD: said("{about}: is still held by the case; release it first"),
    Code.SOMEBODY_HERE: said(
        "{about}: is what the ledger calls somebody who works here, no account"
    ),
    Code.RESTRICTED: said("{about}: is restricted; lift the restriction first"),
    Code.NOT_RESTRICTED: said("the case is not restricted"),
    Code.INSIDE_ALREADY: said("{about}: is let in already"),
    Code.NOT_INSIDE: said("{about}: is not let in"),
    Code.LAST_INSIDER: said(
        "{about}: is the last one who could let anybody in; let somebody else in first, or lift the restriction"
    ),
    Code.NO_REASON: said("say why: it stands on record"),
    Code.OWN_REQUEST: said("nobody lets themselves in; somebody else has to agree"),
    Code.TIED: said(
        "whoever asked and whoever agrees go back to one person, who let one of them in by the console;"
        " somebody else has to agree"
    ),
    Code.NO_REQUEST: said("nobody asks for that any more; it was answered"),
    Code.NOT_PART: said("{about}: is no report or finding of this case"),
}

STATES: Mapping[State, Said] = {
    State.SUSPECTED: said("suspected"),
    State.HELD: said("held"),
    State.EXAMINED: said("examined"),
    State.CLEARED: said("cleared"),
    State.TO_REPAIR: said("to be repaired"),
    State.REPAIRED: said("repaired"),
    State.RELEASED: said("released"),
    State.EXCLUDED: said("excluded"),
}

_FACTS: Mapping[str, Said] = {
    "title": said("title"),
    "severity": said("severity"),
    "lead": said("lead"),
    "organisations": said("organisations"),
    "party": said("party"),
    "occurred_from": said("occurred from"),
    "occurred_to": said("occurred to"),
    "detected": said("detected"),
    "aware": said("aware"),
    "reported": said("reported"),
    "misdelivered": said("misdelivered"),
    "crossed": said("crossed"),
    "unexplained": said("unexplained"),
    "rightful": said("rightful"),
    "own": said("own"),
    "plan": said("plan"),
    "relocated": said("relocated"),
    "removed": said("removed"),
    "delivered": said("delivered"),
    "needs-person": said("needs-person"),
    "count": said("count"),
}
"""What a case's facts are called where the timeline tells of them."""


def task(one: Task) -> str:
    """Say what is to be done."""
    return TASKS[one.work] if one.work is not None else one.text


def many(count: int) -> str:
    """Write "1 account", "1,200 accounts"."""
    return counted("{n:,} account", "{n:,} accounts", count)


def refusal(why: Refusal) -> str:
    """Say why something is not allowed, and what to do."""
    first, second, third = [*why.about.split(" "), "", "", ""][:3]
    named = {"first": _named(first), "second": _state(second), "third": _state(third)}
    return _REFUSALS[why.code].about(about=why.about, **named)


def deed(entry: TimelineEntry) -> str:
    """Say what was done."""
    told = joined(", ", (_fact(name, value) for name, value in entry.values.items()))
    count = entry.values.get("count", 0)
    words = {
        "account": entry.account,
        "text": entry.text,
        "told": told,
        "accounts": many(count),
        "n": count,
    }
    values = {**entry.values, "state": _state(entry.values.get("state"))}
    told_act = _ACTS[entry.act].about(**{**values, **words})
    if entry.text and entry.act not in _TEXT_TOLD:
        return said("{sentence}: {why}", sentence=told_act, why=entry.text)
    return told_act


def _fact(name: str, value: object) -> str:
    if name == "snapshot":
        return str(value)
    return joined(" ", (_named(name), _value(value)))


def _named(fact: str) -> str:
    """Say what a fact is called; a state is one, too, where accounts are counted by it."""
    return _FACTS.get(fact) or _state(fact)


def _state(code: object) -> str:
    """Say an account's state; other words stay as they are."""
    told = str(code)
    return STATES[State(told)] if told in set(State) else told


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(str(one) for one in value.values())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
