"""Sentences about what the doctor tried and found."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from postwarden.cli.output.hostile import visible
from postwarden.holds.doctor.service import Finding, Level, Outcome, Stage, Step, told

STAGES = {
    Stage.BEFORE: "Not held",
    Stage.HELD: "Held, login cache warm",
    Stage.HELD_COLD: "Held, login cache flushed",
    Stage.RELEASED: "Released",
    Stage.SILENT: "Held, policy server silent, cache warm",
    Stage.SILENT_COLD: "Held, policy server silent, cache flushed",
    Stage.AFTER: "Released, at the end",
}
OUTCOMES = {
    Outcome.LET_IN: "let in",
    Outcome.REFUSED_WITH_REASON: "refused, with the reason",
    Outcome.MAIL_HELD: "its mail waits in the hold queue",
    Outcome.SESSION_ENDED: "ended",
    Outcome.MAIL_STORED: "mail for the account was stored",
    Outcome.CACHE_FLUSHED: "flushed",
    Outcome.GOT_IN: "GOT IN",
    Outcome.MAIL_PASSED: "ITS MAIL WENT OUT",
    Outcome.SESSION_OPEN: "STILL OPEN",
    Outcome.MAIL_REFUSED: "MAIL FOR THE ACCOUNT WAS REFUSED",
    Outcome.MAIL_LOST: "MAIL FOR THE ACCOUNT WAS TAKEN AND IS NOT STORED",
    Outcome.CACHE_KEPT: "CANNOT BE FLUSHED",
    Outcome.KEPT_OUT: "STILL KEPT OUT",
    Outcome.REFUSED_OTHERWISE: "refused, without the reason",
    Outcome.LOGIN_FAILS: "cannot prove: the login fails",
    Outcome.NO_ANSWER: "cannot prove: no answer",
    Outcome.MAIL_UNSEEN: "cannot prove: its mail was taken and is not to be seen",
    Outcome.LEFT_BEHIND: "cannot be removed; the next run tries again",
}
_HEADINGS = {
    Level.FAULT: "Not as it must be:",
    Level.UNPROVEN: "Not proven:",
    Level.WARNING: "Not covered by this proof:",
}
_STYLES = {
    Level.PROVEN: "green",
    Level.FAULT: "bold red",
    Level.UNPROVEN: "yellow",
    Level.WARNING: "yellow",
}
_LONGEST = 160


def step_line(step: Step) -> str:
    """Say what was just done."""
    return visible(f"{STAGES[step.stage]}: {step.where}")


def step_table(steps: Sequence[Step]) -> Table:
    """Give a table of what was tried, in order; what servers said stands where all was not well."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = None
    for step in steps:
        outcome = OUTCOMES[step.outcome]
        if step.level is not Level.PROVEN and step.said:
            outcome += f": {step.said[:_LONGEST]}"
        if step.stage is not before:
            before = step.stage
            table.add_row(f"{STAGES[before]}:")
        table.add_row(f"  {visible(step.where)}", visible(outcome), style=_STYLES[step.level])
    return table


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Give what was found in the settings, the worst first, each with what to do."""
    for level, heading in _HEADINGS.items():
        those = [one for one in findings if one.level is level]
        if those:
            yield ""
            yield heading
        for one in those:
            sentence, remedy = told(one)
            yield visible(f"- {sentence} {remedy}")


def last_line(level: Level, steps: Sequence[Step], findings: Sequence[Finding]) -> str:
    """Say what it comes to."""
    if level is Level.PROVEN:
        return f"\nProven: {len(steps)} steps, and held meant held in each."
    levels = [step.level for step in steps] + [finding.level for finding in findings]
    count = levels.count(level)
    if level is Level.FAULT:
        return f"\nNot held: {count} of what was tried or found is not as it must be."
    return f"\nNot proven: {count} of what was tried or found proves nothing."
