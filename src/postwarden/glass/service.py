"""The one door of this room."""

from postwarden.glass.desk import GlassDesk, Wish
from postwarden.glass.errors import GlassError, NoSuchRequest, Refused
from postwarden.glass.ports import Reader
from postwarden.glass.rules import CHOICES, LEAST_WORDS, Answer, Asked, Glass, Refusal, consent
from postwarden.glass.text import LeftOut, Shown

__all__ = [
    "CHOICES",
    "LEAST_WORDS",
    "Answer",
    "Asked",
    "Glass",
    "GlassDesk",
    "GlassError",
    "LeftOut",
    "NoSuchRequest",
    "Reader",
    "Refusal",
    "Refused",
    "Shown",
    "Wish",
    "consent",
]
