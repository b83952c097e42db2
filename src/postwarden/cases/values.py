"""What a case consists of (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from postwarden.vocabulary import Moment


class Kind(StrEnum):
    """What happened."""

    MISDELIVERY = "misdelivery"
    OUTAGE = "outage"
    MISDISPATCH = "misdispatch"
    IMPERSONATION = "impersonation"


class Stage(StrEnum):
    """Where a case is; a merged one has become part of another."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Severity(StrEnum):
    """How grave it is, in ENISA's words (Recommendations for assessing severity, section 3)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very-high"


class Confidence(StrEnum):
    """How sure it is that a third party is responsible."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


class State(StrEnum):
    """What is with an account concerned.

    An examined one was looked at, and does not say by itself whether it is clean: a person decides. One
    to be repaired holds what does not belong there, a cleared one nothing of the kind.
    """

    SUSPECTED = "suspected"
    HELD = "held"
    EXAMINED = "examined"
    CLEARED = "cleared"
    TO_REPAIR = "to-be-repaired"
    REPAIRED = "repaired"
    RELEASED = "released"
    EXCLUDED = "excluded"


class Work(StrEnum):
    """Tasks of the templates; shells have the sentences."""

    NAME_LEAD = "name-lead"
    FIND_CAUSE = "find-cause"
    FIND_ACCOUNTS = "find-accounts"
    HOLD = "hold"
    EXAMINE = "examine"
    REPAIR = "repair"
    RELEASE = "release"
    STOP_SENDING = "stop-sending"
    KEEP_MAIL = "keep-mail"
    GIVE_BACK = "give-back"
    RECONCILE = "reconcile"
    COLLECT_EXAMPLES = "collect-examples"
    WARN = "warn"
    ANSWER_REPORTS = "answer-reports"
    TELL_CONCERNED = "tell-concerned"
    ASSESS_BREACH = "assess-breach"
    REPORT_AUTHORITY = "report-authority"
    SHOW_STATUS = "show-status"
    REGISTER = "register"
    LEARN = "learn"


class Party(NamedTuple):
    """A third party responsible: for what cause, and how sure that is."""

    name: str
    cause: str
    confidence: Confidence


class Times(NamedTuple):
    """When it happened, was detected, when the organisation was aware, and reported it."""

    occurred_from: Moment | None = None
    occurred_to: Moment | None = None
    detected: Moment | None = None
    aware: Moment | None = None
    reported: Moment | None = None


UNTIMED = Times()


class Task(NamedTuple):
    """Something to do: of a template (`work`), or in somebody's words.

    `label` names it for ever, such as "2026-0001/T3", also in another case.
    """

    label: str
    work: Work | None
    text: str
    done_by: str | None = None
    done_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case.

    Attributes:
        reference: such as "2026-0001".
        kind: what happened.
        title: a line that names it for people.
        organisations: whose customers are concerned, by short name, sorted.
        opened: when it was.
        stage: where it is.
        severity: None until assessed.
        lead: name of the identity in charge.
        times: the four times.
        parties: third parties responsible.
        tasks: in the order they came.
        merged_into: reference of the case it became part of.
        split_from: reference of the case it came out of.
        accounts: the accounts concerned: all of them, or those that an event is about.
    """

    reference: str
    kind: Kind
    title: str
    organisations: tuple[str, ...]
    opened: Moment
    stage: Stage = Stage.OPEN
    severity: Severity | None = None
    lead: str | None = None
    times: Times = UNTIMED
    parties: tuple[Party, ...] = ()
    tasks: tuple[Task, ...] = ()
    merged_into: str | None = None
    split_from: str | None = None
    accounts: Mapping[str, State] = field(default_factory=dict)


TEMPLATES: Mapping[Kind, tuple[Work, ...]] = {
    Kind.MISDELIVERY: (
        Work.NAME_LEAD,
        Work.FIND_CAUSE,
        Work.FIND_ACCOUNTS,
        Work.HOLD,
        Work.EXAMINE,
        Work.REPAIR,
        Work.RELEASE,
        Work.ASSESS_BREACH,
        Work.REPORT_AUTHORITY,
        Work.TELL_CONCERNED,
        Work.REGISTER,
        Work.LEARN,
    ),
    Kind.OUTAGE: (
        Work.NAME_LEAD,
        Work.KEEP_MAIL,
        Work.SHOW_STATUS,
        Work.FIND_CAUSE,
        Work.WARN,
        Work.GIVE_BACK,
        Work.RECONCILE,
        Work.ASSESS_BREACH,
        Work.REPORT_AUTHORITY,
        Work.TELL_CONCERNED,
        Work.REGISTER,
        Work.LEARN,
    ),
    Kind.MISDISPATCH: (
        Work.NAME_LEAD,
        Work.STOP_SENDING,
        Work.FIND_CAUSE,
        Work.FIND_ACCOUNTS,
        Work.ANSWER_REPORTS,
        Work.ASSESS_BREACH,
        Work.REPORT_AUTHORITY,
        Work.TELL_CONCERNED,
        Work.REGISTER,
        Work.LEARN,
    ),
    Kind.IMPERSONATION: (
        Work.NAME_LEAD,
        Work.COLLECT_EXAMPLES,
        Work.FIND_CAUSE,
        Work.WARN,
        Work.ANSWER_REPORTS,
        Work.ASSESS_BREACH,
        Work.REPORT_AUTHORITY,
        Work.REGISTER,
        Work.LEARN,
    ),
}
"""What there is to do in a case of each kind."""
