"""Sentences about cases: tasks, acts of the timeline, and why something is not allowed."""

from collections.abc import Mapping

from postwarden.cases.service import Code, Refusal, State, Task, TimelineEntry, Work

TASKS: Mapping[Work, str] = {
    Work.NAME_LEAD: "Name who is in charge",
    Work.FIND_CAUSE: "Find the cause, and end it",
    Work.FIND_ACCOUNTS: "Find the accounts concerned",
    Work.HOLD: "Hold the accounts concerned; their mail keeps arriving",
    Work.EXAMINE: "Examine the accounts held",
    Work.REPAIR: "Bring misdelivered mail to its owners",
    Work.RELEASE: "Release what is proven clean",
    Work.STOP_SENDING: "Stop what is still being sent",
    Work.KEEP_MAIL: "See that mail is accepted and kept",
    Work.GIVE_BACK: "Give the backlog back, little by little",
    Work.RECONCILE: "Prove that nothing was lost or doubled",
    Work.COLLECT_EXAMPLES: "Collect examples, with their headers",
    Work.WARN: "Warn of what others may make of it",
    Work.ANSWER_REPORTS: "Answer those who reported it",
    Work.TELL_CONCERNED: "Tell everyone concerned, once",
    Work.ASSESS_BREACH: "Assess whether personal data were breached",
    Work.REPORT_AUTHORITY: "Report to the authority, or note why not",
    Work.SHOW_STATUS: "Say publicly what works and what does not",
    Work.REGISTER: "Write the register entry",
    Work.LEARN: "Write down what to change, so that it does not happen again",
}

_ACTS: Mapping[str, str] = {
    "case.opened": "opened the case: {title}",
    "case.changed": "set {told}",
    "case.noted": "{text}",
    "case.closed": "closed the case",
    "case.reopened": "opened the case again",
    "case.merged": "case {case} became part of this one",
    "case.merged-into": "became part of case {case}",
    "case.split": "a part became case {case}",
    "case.split-from": "came out of case {case}",
    "case.exporting": "began to export the case",
    "case.exported": "exported the case as a bundle with SHA-256 {sha256}",
    "task.added": "added task {task}: {text}",
    "task.done": "finished task {task}",
    "accounts.suspected": "suspected {accounts}",
    "accounts.moved": "{accounts} {are} {state} now",
    "findings.taken": "took findings of snapshot {told}",
    "case.examined": "examined the accounts with {told}",
    "report.received": "{account} reported mail that is not theirs ({report})",
    "repair.done": "carried a repair out: {told}",
    "repair.abandoned": "gave a repair up: {told}",
    "holds.recalled": "{accounts} still held, for {hours} hours: examine, repair or release",
    "persons.kept": "looked up the people behind {accounts}",
    "persons.forgotten": "removed what was kept of the people behind {accounts}",
}
_TEXT_TOLD = frozenset({"case.noted", "task.added"})

_REFUSALS: Mapping[Code, str] = {
    Code.NOT_OPEN: "the case is not open; `postwarden case reopen` opens a closed one",
    Code.NOT_CLOSED: "the case is not closed",
    Code.EMPTY: "write something: a title, name or text is empty",
    Code.NOTHING_NEW: "the case says so already; nothing was changed",
    Code.FUTURE: "a time is still to come; name one that is past",
    Code.TIMES: "the times are out of order: {first} must not be after {second}",
    Code.NO_TASK: "{about}: is no task of this case; `postwarden case task REF` lists them",
    Code.TASK_DONE: "{about}: was done already",
    Code.TASKS_LEFT: "{about}: is still to be done; finish it first",
    Code.NO_ACCOUNT: "{about}: is no account of this case; `postwarden case accounts` adds it",
    Code.NOT_FROM_THERE: "{first}: is {second}, and cannot become {third} from there",
    Code.ACCOUNTS_LEFT: "{about}: is neither released nor excluded yet",
    Code.SAME_CASE: "both are the same case",
    Code.NO_ORGANISATION: "{about}: is no organisation of postwarden.toml",
    Code.NOTHING_CHOSEN: "name what it is about: at least one account, report or finding",
    Code.OLDER_EVIDENCE: "the case was examined with a newer snapshot than {about}; use that one, or"
    " scan again",
    Code.STILL_HELD: "{about}: is still held by the case; release it first",
    Code.NOT_PART: "{about}: is no report or finding of this case",
}

STATES: Mapping[State, str] = {
    State.SUSPECTED: "suspected",
    State.HELD: "held",
    State.EXAMINED: "examined",
    State.CLEARED: "cleared",
    State.TO_REPAIR: "to be repaired",
    State.REPAIRED: "repaired",
    State.RELEASED: "released",
    State.EXCLUDED: "excluded",
}


def task(one: Task) -> str:
    """Say what is to be done."""
    return TASKS[one.work] if one.work is not None else one.text


def many(count: int) -> str:
    """Write "1 account", "1,200 accounts"."""
    return "1 account" if count == 1 else f"{count:,} accounts"


def refusal(why: Refusal) -> str:
    """Say why something is not allowed, and what to do."""
    first, second, third = [*why.about.replace("_", " ").split(" "), "", "", ""][:3]
    if why.code is Code.TIMES:
        first, second = why.about.split(" ")
    return _REFUSALS[why.code].format(about=why.about, first=first, second=second, third=third)


def deed(entry: TimelineEntry) -> str:
    """Say what was done."""
    told = ", ".join(_fact(name, value) for name, value in entry.values.items())
    count = entry.values.get("count", 0)
    words = {
        "account": entry.account,
        "text": entry.text,
        "told": told,
        "accounts": many(count),
        "are": "is" if count == 1 else "are",
    }
    values = {**entry.values, "state": _state(entry.values.get("state"))}
    sentence = _ACTS[entry.act].format(**{**values, **words})
    why = f": {entry.text}" if entry.text and entry.act not in _TEXT_TOLD else ""
    return sentence + why


def _fact(name: str, value: object) -> str:
    if name == "snapshot":
        return str(value)
    return f"{_state(name).replace('_', ' ')} {_value(value)}"


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
