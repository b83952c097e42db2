"""The one door of this room."""

from postwarden.glass.desk import GlassDesk, Wish
from postwarden.glass.errors import GlassError, NoSuchRequest, Refused
from postwarden.glass.fetching import Fetcher
from postwarden.glass.ports import Reader
from postwarden.glass.readings import KEPT, WAITS, Reading, Readings, Stage
from postwarden.glass.rules import CHOICES, LEAST_WORDS, Answer, Asked, Glass, Refusal, consent
from postwarden.glass.text import LeftOut, Shown

__all__ = [
    "CHOICES",
    "KEPT",
    "LEAST_WORDS",
    "WAITS",
    "Answer",
    "Asked",
    "Fetcher",
    "Glass",
    "GlassDesk",
    "GlassError",
    "LeftOut",
    "NoSuchRequest",
    "Reader",
    "Reading",
    "Readings",
    "Refusal",
    "Refused",
    "Shown",
    "Stage",
    "Wish",
    "consent",
]
