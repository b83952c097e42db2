"""Mail gone astray on a real Postfix and Dovecot, made up from its first to its last byte."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cli.conftest import ask
from postwarden.drills.lab.service import Lab
from postwarden.drills.misdelivery.incident import Report, play
from postwarden.drills.misdelivery.stock import Letter, read
from postwarden.vocabulary import Moment

SEED = 1
MESSAGES = 60
PEOPLE = (("anna", "postmaster", "Anna Visser"), ("dora", "officer", "Dora Bakker"))
SUBJECTS = ("Your appointment", "Minutes of Tuesday", "Invoice", "Application", "Class 4b", "Keys")


class Stray(NamedTuple):
    """What somebody knows who was told of it: when it was, who noticed, whom the map concerns."""

    began: Moment
    ended: Moment
    reports: tuple[Report, ...]
    concerned: tuple[str, ...]


def letters(count: int) -> list[Letter]:
    """Write messages of nobody to nobody."""
    return [read(f"letter{one}", _letter(one)) for one in range(count)]


def happened(lab: Lab, messages: int = MESSAGES) -> Stray:
    """Let the alias map be one line off for a moment."""
    told = play(lab, letters(messages), SEED, lambda line: None)
    return Stray(told.began, told.ended, told.reports, told.concerned)


def staffed(configuration: Path) -> Mapping[str, str]:
    """Let two people work there, neither of whom let the other in by the console.

    In this process, for speed; so not while a browser runs, whose loop Django takes for its own.

    Returns:
        By name, the path of a link that lets them in.
    """

    def give(*words: str) -> str:
        told = ask(*words, "-c", configuration)
        assert told.status == 0, told.err
        return told.out

    for name, role, full in PEOPLE:
        give("person", "add", name, "--role", role, "--full-name", full, "--as", "anna")
    links = {name: give("person", "invite", name, "--as", "anna") for name, _role, _full in PEOPLE}
    return {name: told.rpartition(": ")[2].strip() for name, told in links.items()}


def _letter(number: int) -> bytes:
    subject = SUBJECTS[number % len(SUBJECTS)]
    return (
        f"From: Office {number % 7} <office{number % 7}@sender.example>\n"
        f"Date: Mon, 2 Nov 2026 09:{number % 60:02}:00 +0100\n"
        f"Subject: {subject}\n"
        f"Message-ID: <{number:04}.office@sender.example>\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "\n"
        f"Good morning,\n\nthis is number {number}.\n"
    ).encode()
