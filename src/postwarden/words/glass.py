"""Sentences about break-glass: why a message is not shown, and what to do."""

from collections.abc import Mapping

from postwarden.glass.service import LEAST_WORDS, Refusal
from postwarden.relocation.service import Absence

REFUSALS: Mapping[Refusal, str] = {
    Refusal.NO_REASON: f"say why, in at least {LEAST_WORDS} characters: it stands on record",
    Refusal.NO_TIME: "choose one of the times",
    Refusal.OWN_REQUEST: "you asked for it yourself; somebody else has to agree",
    Refusal.ANSWERED: "it was answered already",
    Refusal.TOO_LATE: "nobody answered within a day; ask again if it is still needed",
    Refusal.NOT_GRANTED: "nobody agreed to it yet",
    Refusal.OTHERS: "it was granted to somebody else; ask for yourself if you have to read it",
    Refusal.EXPIRED: "its time is up; ask again if it is still needed",
    Refusal.GRANTER_GONE: "who agreed may not agree any more, or their key was revoked; ask again",
    Refusal.TIED: "whoever asked and whoever agrees go back to one person, who let one of them in by the"
    " console; somebody has to agree who was added on the command line",
    Refusal.FORGED: "it is not what was asked for and signed; run `postwarden verify`, and look who"
    " could write to the database",
}
ABSENCES: Mapping[Absence, str] = {
    Absence.GONE: "The message is in no folder of the account any more. Nothing was shown.",
    Absence.CHANGED: "Something else lies where the message lay. Nothing was shown.",
    Absence.UNREADABLE: "The message is encrypted or damaged. Nothing was shown.",
    Absence.NO_ACCOUNT: "The store knows no such account any more. Nothing was shown.",
}
