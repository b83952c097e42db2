"""A snapshot opened for somebody who asks: with what shells ask of it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ibis.expr.types as ir

from postwarden.configuration import Configuration
from postwarden.evidence.service import Engine, Mailboxes, Manifest, latest
from postwarden.sources.service import ProblemRecord
from postwarden.verdicts.service import Examination
from postwarden.vocabulary import PostwardenError, said
from postwarden.wiring import installation

_DAY = 86_400 * 1_000_000
_UNREAD = ("unreadable-file", "unreadable-table")


class DirectoryNotWhole(PostwardenError):
    """An address table could not be read, so that nothing can be said of anybody's mail."""


class UnknownAccount(PostwardenError):
    """An account was asked about whose mailbox is not in the snapshot."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot and the means to ask it."""

    manifest: Manifest
    engine: Engine

    def must_hold(self, accounts: Sequence[str]) -> None:
        """Raise `UnknownAccount` where an account's mailbox is not among those read."""
        missing = sorted(set(accounts) - Mailboxes(self.engine).among(accounts))
        if missing:
            raise UnknownAccount(
                said(
                    "{missing}: snapshot {name} holds no such mailbox; mend the name, or scan it",
                    missing=", ".join(missing),
                    name=self.manifest.name,
                )
            )

    def accounts(self) -> list[str]:
        """Give every account whose mailbox is in the snapshot."""
        found = self.engine.table(self.engine.tables["mailboxes"].select("account"))
        accounts: list[str] = found["account"].to_pylist()
        return accounts

    def problems(self) -> dict[str, int]:
        """Count what could not be read, by code."""
        found = self.engine.tables["problems"]
        counted = found.group_by("code").agg(count=found.count())
        return {row["code"]: row["count"] for row in self.engine.table(counted).to_pylist()}

    def named_problems(self) -> list[ProblemRecord]:
        """Give what could not be read, sorted by code and place."""
        found = self.engine.records(self.engine.tables["problems"], ProblemRecord)
        return sorted(found, key=lambda one: (one.code, one.file or "", one.line or 0, one.subject))

    def originals(self) -> tuple[str, ...]:
        """Give every original recipient that the logs name."""
        return tuple(self._counted(self._accepted()))

    def recent_originals(self, days: int) -> dict[str, int]:
        """Count the deliveries to each original recipient in the last days that the logs cover."""
        lines = self._accepted()
        last = self.engine.table(lines.aggregate(last=lines.time.max())).to_pylist()[0]["last"]
        if last is None:
            return {}
        return self._counted(lines.filter(lines.time >= last - days * _DAY))

    def _accepted(self) -> ir.Table:
        lines = self.engine.tables["deliveries"]
        return lines.filter(
            lines.server == "postfix", lines.status == "sent", lines.recipient.notnull()
        )

    def _counted(self, lines: ir.Table) -> dict[str, int]:
        original = lines.original_recipient.coalesce(lines.recipient)
        counted = lines.group_by(address=original).agg(count=lines.count())
        return {row["address"]: row["count"] for row in self.engine.table(counted).to_pylist()}

    def examination(self, configuration: Configuration) -> Examination:
        """Give an examination of the snapshot; raise `DirectoryNotWhole`."""
        self._directory_is_whole()
        return Examination(self.engine, self.manifest, installation(configuration))

    def _directory_is_whole(self) -> None:
        found = self.engine.tables["problems"]
        tables = found.filter(
            found.source == "directory", found.code.isin(_UNREAD), found.line.isnull()
        )
        for row in self.engine.table(tables.order_by("subject").limit(1)).to_pylist():
            raise DirectoryNotWhole(
                said(
                    "snapshot {name}: {subject}: {detail}; without this table right mail would look"
                    " wrong: mend it, then run `postwarden scan` again",
                    name=self.manifest.name,
                    subject=row["subject"],
                    detail=row["detail"],
                )
            )


@contextmanager
def opened(configuration: Configuration, snapshot: str | None) -> Iterator[Opened]:
    """Open the snapshot of that name, or the newest; raises `EvidenceError`."""
    root = configuration.evidence.path
    manifest = latest(root, snapshot)
    with Engine(os.path.join(root, manifest.name)) as engine:
        yield Opened(manifest, engine)
