"""The ledger of an installation: everything the room can do, bound to its name and secrets."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from django.db import transaction

from postwarden.ledger.anchors import (
    Anchored,
    Asked,
    Outside,
    anchored,
    ask,
    outside,
    unnamed,
    write_newest,
)
from postwarden.ledger.appending import append
from postwarden.ledger.check import FORMAT, SIGNED, archive
from postwarden.ledger.entries import ERASED, Entry
from postwarden.ledger.errors import KeysMissing
from postwarden.ledger.heads import Head, heads
from postwarden.ledger.keys import CASE, PERSON, Keyring
from postwarden.ledger.models import OriginRow
from postwarden.ledger.noting import Notes
from postwarden.ledger.ports import Anchor
from postwarden.ledger.proving import Proof, prove
from postwarden.ledger.proving import Wanted as Provable
from postwarden.ledger.reading import EVERY, Told, Wanted, about, latest, placed, read
from postwarden.ledger.secrets import Secrets, load_secrets
from postwarden.ledger.sequencing import sequence, unsigned
from postwarden.ledger.verifying import Verification, verify
from postwarden.state.service import drop_old_writes
from postwarden.vocabulary import Moment, said


class Ledger:
    """Opened with the data directory; the database must be bound (`state.open_state`)."""

    def __init__(self, folder: str, name: str) -> None:
        """Read the secrets, or make them for a new ledger.

        Args:
            folder: the data directory.
            name: of a new ledger, such as "example.net/postwarden"; one that exists keeps its own.

        Raises:
            KeysMissing: the secrets are not those this ledger was begun with.
        """
        self._secrets = load_secrets(folder)
        self._keys = Keyring(self._secrets.wrapping)
        self.name = _origin(name, self._secrets)
        self._notes = Notes(self.append)

    def append(self, entries: Sequence[Entry], now: Moment) -> None:
        """See `appending.append`."""
        append(entries, self._keys, now)

    def note(self, entries: Sequence[Entry], now: Moment) -> None:
        """See `noting.Notes.write`: for what was only read, so that there is no change to share."""
        self._notes.write(entries, now)

    def sequence(self, now: Moment) -> int:
        """See `sequencing.sequence`."""
        return sequence(self.name, self._secrets, now)

    def unsigned(self) -> int:
        """See `sequencing.unsigned`."""
        return unsigned()

    def anchor(self, anchor: Anchor, now: Moment) -> bool:
        """See `anchors.write_newest`."""
        return write_newest(anchor, now)

    def ask(self, anchor: Anchor) -> Asked:
        """See `anchors.ask`."""
        return ask(anchor)

    def unnamed(self, anchors: Iterable[Anchor]) -> list[str]:
        """See `anchors.unnamed`."""
        return unnamed(anchors)

    def verify(self, anchored: Sequence[str]) -> Verification:
        """See `verifying.verify`."""
        return verify(self.name, self._secrets, self._keys, anchored)

    def entries(self, wanted: Wanted = EVERY) -> Iterator[Told]:
        """See `reading.read`."""
        return read(wanted, self._keys)

    def latest(self, wanted: Wanted = EVERY, before: int | None = None) -> Iterator[Told]:
        """See `reading.latest`."""
        return latest(wanted, before, self._keys)

    def about(self, person: str, act: str | None = None) -> Iterator[Told]:
        """See `reading.about`."""
        return about(person, act, self._keys)

    def placed(self, first: int, most: int) -> list[Told]:
        """See `reading.placed`."""
        return placed(first, most, self._keys)

    def heads(self, most: int) -> list[Head]:
        """See `heads.heads`."""
        return heads(most)

    def anchored(self) -> list[Anchored]:
        """See `anchors.anchored`."""
        return anchored()

    def outside(self, anchors: Sequence[Anchor]) -> Outside:
        """See `anchors.outside`."""
        return outside(anchors)

    def prove(self, wanted: Provable) -> Proof | None:
        """See `proving.prove`."""
        return prove(wanted, self._keys)

    def bundle(self, case: str, files: Mapping[str, bytes]) -> bytes:
        """Give files as a signed bundle about a case; `ledger.check` has its format."""
        manifest = {
            "format": FORMAT,
            "origin": self.name,
            "case": case,
            "key": b64encode(self._secrets.public.public_bytes_raw()).decode(),
            "files": {name: sha256(content).hexdigest() for name, content in files.items()},
        }
        told = f"{json.dumps(manifest, sort_keys=True, indent=1)}\n".encode()
        signature = b64encode(self._secrets.signing.sign(SIGNED + told)) + b"\n"
        return archive({**files, "manifest.json": told, "manifest.sig": signature})

    def erase_person(self, person: str, actor: str, why: str, now: Moment) -> int:
        """Make everything sealed for a person unreadable; give how many keys were destroyed."""
        return self._erase(PERSON, person, Entry(ERASED, actor, why), now)

    def erase_case(self, case: str, actor: str, why: str, now: Moment) -> int:
        """Make everything sealed for a case unreadable; give how many keys were destroyed."""
        return self._erase(CASE, case, Entry(ERASED, actor, why), now)

    def _erase(self, kind: str, name: str, entry: Entry, now: Moment) -> int:
        with transaction.atomic():
            numbers = self._keys.erase(kind, name)
            if numbers:
                detail = {"kind": kind, "keys": numbers}
                self.append([Entry(entry.act, entry.actor, entry.why, detail=detail)], now)
        if numbers:
            drop_old_writes()
        return len(numbers)


def _origin(name: str, secrets: Secrets) -> str:
    public = secrets.public.public_bytes_raw()
    fingerprint = sha256(b"postwarden" + secrets.wrapping + public).hexdigest()
    row, _ = OriginRow.objects.get_or_create(
        pk=1, defaults={"name": name, "fingerprint": fingerprint}
    )
    if row.fingerprint != fingerprint:
        raise KeysMissing(
            said(
                "the keys beside the database are not those this ledger was begun with; restore"
                " them from their backup"
            )
        )
    return row.name
