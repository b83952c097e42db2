"""The manifest: what a snapshot is for, what it holds, and the hash of every part.

It is written last, as a whole: a folder with a manifest is a finished snapshot.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass

from postwarden.evidence.errors import BrokenSnapshot
from postwarden.evidence.settings import Scope
from postwarden.vocabulary import Moment, said

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: its name below the snapshot, rows, and SHA-256 in hex."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until before when the directory of this index was intended; None is open."""

    valid_from: Moment | None
    valid_to: Moment | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """See the module.

    Attributes:
        name: of the snapshot, its folder's name.
        taken: when the scan began; `finished` when it ended.
        expires: when retention removes it.
        directories: validity of each directory, by index.
        content_hash: whether bodies were hashed.
        merged: names of the snapshots it was merged from.
    """

    name: str
    provider: str
    purpose: str
    scope: Scope
    taken: Moment
    finished: Moment
    expires: Moment
    content_hash: bool
    directories: tuple[Validity, ...]
    parts: tuple[Part, ...]
    merged: tuple[str, ...] = ()

    @property
    def rows(self) -> Counter[str]:
        """How many rows each table has."""
        rows: Counter[str] = Counter()
        for part in self.parts:
            rows[part.name.partition("/")[0]] += part.rows
        return rows

    def to_json(self) -> str:
        """Write it; equal manifests give equal text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> "Manifest":
        """Read it; raise `BrokenSnapshot` when it is not a manifest of this format."""
        try:
            document = json.loads(text)
            if document.pop("format") != FORMAT:
                raise BrokenSnapshot(
                    said("{where}: was written by another version; scan again", where=where)
                )
            document["scope"] = Scope(
                tuple(document["scope"]["accounts"]), document["scope"]["since"]
            )
            document["directories"] = tuple(Validity(**one) for one in document["directories"])
            document["parts"] = tuple(Part(**one) for one in document["parts"])
            document["merged"] = tuple(document["merged"])
            return cls(**document)
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenSnapshot(
                said("{where}: is damaged ({error}); scan again", where=where, error=error)
            ) from error
