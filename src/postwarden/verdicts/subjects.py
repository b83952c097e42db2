"""Subjects of judgement: a copy that is stored, or one that the logs say was stored and is gone."""

import hashlib
import re
from dataclasses import dataclass

from postwarden.sources.service import CopyRecord, DeliveryRecord, Hop, parse_trace
from postwarden.verdicts.deliveries import base_name
from postwarden.vocabulary import Moment

_NAMED = re.compile(r"(\d{9,10})\.(?:M(\d{1,6})(?=P))?")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged; exactly one of `copy` and `line` is there.

    Attributes:
        holder: the account in whose mailbox it lies or lay.
        hops: its trace, newest first; empty when gone.
    """

    holder: str
    copy: CopyRecord | None = None
    line: DeliveryRecord | None = None
    hops: tuple[Hop, ...] = ()

    @classmethod
    def stored(cls, copy: CopyRecord) -> "Subject":
        """Judge a stored copy."""
        return cls(copy.account, copy=copy, hops=tuple(parse_trace(copy.trace)))

    @classmethod
    def logged(cls, line: DeliveryRecord, account: str) -> "Subject":
        """Judge a copy that only its delivery line is left of."""
        return cls(account, line=line)

    @property
    def known(self) -> CopyRecord | DeliveryRecord:
        """The record there is; both kinds name `message_id`, `queue_id`, `folder` and `uid`."""
        found = self.copy or self.line
        assert found is not None  # by construction
        return found

    @property
    def session_id(self) -> str | None:
        """The LMTP transaction that delivered it ("ID" or "ID:T2"), as copies and logs name it."""
        if self.copy is not None:
            return self.copy.lmtp_id
        return self.line.session_id if self.line else None

    @property
    def message_id(self) -> str | None:
        """Its Message-ID, with angle brackets."""
        return self.known.message_id

    @property
    def storage_name(self) -> str | None:
        """The Maildir file name without fields and flags."""
        if self.copy is not None:
            return base_name(self.copy.file)
        return base_name(self.line.storage_id) if self.line and self.line.storage_id else None

    @property
    def queue_ids(self) -> tuple[str, ...]:
        """Every queue id that its trace or line names."""
        named = [hop.queue_id for hop in self.hops]
        named.append(self.line.queue_id if self.line else None)
        return tuple(name for name in named if name)

    @property
    def came_at(self) -> Moment | None:
        """When it came, as far as the copy itself or its line says."""
        if self.copy is not None:
            return self.copy.received_at or self.copy.internal_date
        return self.line.time if self.line else None

    @property
    def named_at(self) -> Moment | None:
        """When the stored file got its name (maildir(5): it begins with the seconds), if it says so."""
        match = _NAMED.match(self.storage_name or "")
        return int(match[1]) * 1_000_000 + int(match[2] or 0) if match else None

    @property
    def id(self) -> str:
        """A short name that stays the same from snapshot to snapshot; `explain` takes it."""
        if self.copy is not None:
            return copy_id(self.copy.store, self.holder, self.copy.folder, self.copy.file)
        line = self.line
        assert line is not None  # by construction
        parts = ["gone", line.host, self.holder, line.session_id or line.queue_id or ""]
        return _short(*parts, line.message_id or "", str(line.time))


def copy_id(store: str, account: str, folder: str, file: str) -> str:
    """Give the id of a stored copy; flags and a move from new/ to cur/ do not change it."""
    return _short("copy", store, account, folder, base_name(file))


def _short(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
