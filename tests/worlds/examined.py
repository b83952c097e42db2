"""Scan and examine a provider tree as the command line does."""

from dataclasses import dataclass, replace
from pathlib import Path

from postwarden.configuration import load
from postwarden.evidence.service import Engine, Scope, latest, take
from postwarden.sources.service import GapRecord, ProblemRecord
from postwarden.verdicts.service import Examination, Finding, Question
from postwarden.vocabulary import from_rfc3339
from postwarden.wiring import installation, sources

NEXT_DAY = from_rfc3339("2026-11-21T12:00:00Z")
EVERYTHING = Question(everything=True)


@dataclass(frozen=True)
class Examined:
    """What an examination gave, and what the snapshot says of its sources."""

    findings: tuple[Finding, ...]
    problems: tuple[ProblemRecord, ...]
    gaps: tuple[GapRecord, ...]


def scanned(tree: Path) -> Path:
    """Take a snapshot of a tree in this process; give its folder."""
    configuration = load(str(tree / "postwarden.toml"))
    settings = replace(configuration.evidence, processes=1)
    manifest = take(settings, Scope(), sources(configuration), NEXT_DAY, lambda _: None)
    return Path(settings.path) / manifest.name


def examined(tree: Path, question: Question = EVERYTHING) -> Examined:
    """Scan a tree and examine it."""
    folder = scanned(tree)
    configuration = load(str(tree / "postwarden.toml"))
    manifest = latest(str(folder.parent))
    with Engine(str(folder), memory="1GB", threads=1) as engine:
        examination = Examination(engine, manifest, installation(configuration))
        findings = tuple(examination.findings(question))
        problems = tuple(engine.records(engine.tables["problems"], ProblemRecord))
        return Examined(findings, problems, examination.coverage.gaps)
