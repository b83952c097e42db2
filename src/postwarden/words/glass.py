"""Sentences about break-glass: why a message is not shown, and what to do."""

from collections.abc import Mapping

from postwarden.glass.service import LEAST_WORDS, Refusal
from postwarden.relocation.service import Absence
from postwarden.vocabulary import Said, said

REFUSALS: Mapping[Refusal, Said] = {
    Refusal.NO_REASON: said(
        "say why, in at least {n} characters: it stands on record", n=LEAST_WORDS
    ),
    Refusal.NO_TIME: said("choose one of the times"),
    Refusal.OWN_REQUEST: said("you asked for it yourself; somebody else has to agree"),
    Refusal.ANSWERED: said("it was answered already"),
    Refusal.TOO_LATE: said("nobody answered within a day; ask again if it is still needed"),
    Refusal.NOT_GRANTED: said("nobody agreed to it yet"),
    Refusal.OTHERS: said(
        "it was granted to somebody else; ask for yourself if you have to read it"
    ),
    Refusal.EXPIRED: said("its time is up; ask again if it is still needed"),
    Refusal.GRANTER_GONE: said(
        "who agreed may not agree any more, or their key was revoked; ask again"
    ),
    Refusal.TIED: said(
        "whoever asked and whoever agrees go back to one person, who let one of them in by the"
        " console; somebody has to agree who was added on the command line"
    ),
    Refusal.NOTHING_WAITS: said(
        "no message waits to be shown: it was shown already, or waited for too long; read it again"
        " while its time lasts"
    ),
    Refusal.ELSEWHERE: said(
        "the worker sealed it for the browser that asked last, and this is not it; read it again from here"
    ),
    Refusal.FORGED: said(
        "it is not what was asked for and signed; run `postwarden verify`, and look who"
        " could write to the database"
    ),
}
ABSENCES: Mapping[Absence, Said] = {
    Absence.GONE: said("The message is in no folder of the account any more. Nothing was shown."),
    Absence.CHANGED: said("Something else lies where the message lay. Nothing was shown."),
    Absence.UNREADABLE: said("The message is encrypted or damaged. Nothing was shown."),
    Absence.NO_ACCOUNT: said("The store knows no such account any more. Nothing was shown."),
}
