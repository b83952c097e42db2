"""The case as data: which command whom, what has to come of it, and what later commands need of it."""

from typing import NamedTuple

ON_CALL, OFFICER = "anna", "dora"
SOME_ARE_WRONG = 1
SOME_ARE_LEFT = 1

_PLAN = r"postwarden (?:plan )?approve (?P<plan>\w+)"


class Step(NamedTuple):
    """One command of the case.

    Attributes:
        name: what it is for, in the report; the file with what it printed is named by it.
        words: of the command, without `postwarden`; {names} stand for what is known by then.
        who: gives it; "" for commands that nobody gives in person.
        ended: the exit statuses it may end with.
        keeps: an expression whose named groups become known for later words.
        until_gone: given again until it prints nothing that begins so.
        each: given once for each of these groups of values, which are named in `words`.
        module: run instead of `postwarden`, where it is no command of it.
    """

    name: str
    words: tuple[str, ...]
    who: str = ""
    ended: tuple[int, ...] = (0,)
    keeps: str = ""
    until_gone: str = ""
    each: str = ""
    module: str = ""


NOBODY_YET = Step("who works there", ("person", "list"))
NOBODY_SAYS = "Nobody yet"

REPORTED = (
    Step("who is on call", ("person", "add", ON_CALL, "--role", "postmaster"), ON_CALL),
    Step("who approves", ("person", "add", OFFICER, "--role", "officer"), ON_CALL),
    Step("the approver's key", ("person", "enrol", OFFICER, "--key", "{key}"), OFFICER),
    Step(
        "the case is opened",
        ("case", "open", "misdelivery", "Mail in the wrong mailbox", "--lead", ON_CALL),
        ON_CALL,
        keeps=r"(?P<case>\d{4}-\d{4})",
    ),
    Step(
        "customers report",
        ("case", "report", "{case}", "{account}", "--message-id", "{message_id}"),
        ON_CALL,
        each="reports",
    ),
    Step(
        "when it was",
        ("case", "change", "{case}", "--occurred-from", "{began}", "--occurred-to", "{ended}"),
        ON_CALL,
    ),
)
FOUND = (
    Step("first scan", ("scan", "--purpose", "case {case}")),
    Step("first findings", ("case", "findings", "{case}"), ON_CALL),
    Step("who may be concerned", ("case", "accounts", "{case}", "{concerned}"), ON_CALL),
)
HELD = (
    Step(
        "accounts are held",
        ("hold", "--case", "{case}", "--reason", "alias map one line off"),
        ON_CALL,
        keeps=_PLAN,
    ),
    Step("the hold is approved", ("approve", "{plan}", "--key", "{key}"), OFFICER),
    Step("their sessions end", ("holds", "--case", "{case}"), ON_CALL, until_gone="To be done by"),
    Step("who is held", ("holds", "--case", "{case}", "--json"), ON_CALL),
)
EXAMINED = (
    Step("scan after the hold", ("scan", "--purpose", "case {case}, after the hold")),
    Step(
        "examined",
        ("examine", "--case", "{case}", "--format", "jsonl"),
        ON_CALL,
        (SOME_ARE_WRONG,),
    ),
    Step("the clean are released", ("release", "--case", "{case}", "--proven"), ON_CALL),
    Step("who waits for repair", ("holds", "--case", "{case}", "--json"), ON_CALL),
)
REPAIRED = (
    Step(
        "the repair is planned",
        ("plan", "repair", "--case", "{case}", "--answered", "--reason", "alias map one line off"),
        ON_CALL,
        keeps=_PLAN,
    ),
    Step("the plan is read", ("plan", "show", "{plan}"), OFFICER),
    Step("the repair is approved", ("plan", "approve", "{plan}", "--key", "{key}"), OFFICER),
    Step("the repair", ("plan", "run", "{plan}"), ON_CALL, (0, SOME_ARE_LEFT)),
    Step("scan after the repair", ("scan", "--purpose", "case {case}, after the repair")),
    Step(
        "examined again",
        ("examine", "--case", "{case}", "--format", "jsonl"),
        ON_CALL,
        (0, SOME_ARE_WRONG),
    ),
    Step("the repaired are released", ("release", "--case", "{case}", "--proven"), ON_CALL),
    Step(
        "the rest, who reported or deleted mail",
        ("release", "--case", "{case}", "--reason", "repaired, and asked"),
        ON_CALL,
        keeps=_PLAN,
    ),
    Step("their release is approved", ("approve", "{plan}", "--key", "{key}"), OFFICER),
)
CLOSED = (
    Step("who is held in the end", ("holds", "--case", "{case}", "--json"), ON_CALL),
    Step("the case as it is", ("case", "show", "{case}", "--json"), ON_CALL),
    Step("the bundle", ("case", "export", "{case}", "{bundle}"), ON_CALL),
    Step("the bundle is checked offline", ("{bundle}",), module="postwarden.ledger.check"),
    Step("the record is verified", ("verify",)),
)
UNTIL_HELD = (*REPORTED, *FOUND, *HELD)
AFTER_HELD = (*EXAMINED, *REPAIRED, *CLOSED)
