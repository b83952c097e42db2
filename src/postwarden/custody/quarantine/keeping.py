"""Putting copies into quarantine, and proving that they lie there whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from django.db import connection, transaction

from postwarden.custody.models import ObjectRow
from postwarden.custody.quarantine.case_keys import PublicKey, locked
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.sealing import Sealer
from postwarden.custody.quarantine.values import Kept, Stored, name_of, packed
from postwarden.durable.service import Together
from postwarden.vocabulary import Moment

_ROWS = 500  # named in one statement
# In SQL, not through models: they take a third of the time that everything else does together.
_ANNOUNCE = (
    'INSERT INTO custody_object (name, "case", until, sha256, size, how)'
    " VALUES (%s, %s, %s, '', 0, '')"
)
_STORED = "UPDATE custody_object SET sha256 = %s, size = %s, stored = %s WHERE name = %s"


class Putting:
    """Copies on their way into quarantine; see `service.Quarantine.putting`."""

    def __init__(
        self, files: Files, case: str, key: PublicKey, items: Sequence[Kept], until: Moment
    ) -> None:
        self._files, self._case, self._key = files, case, key
        plain = [packed(one) for one in items]
        self._names = [name_of(one, key.naming) for one in plain]
        held = dict(zip(self._names, plain, strict=True))
        announced = _announce(case, list(held), until)
        self._found = {name: one for name, one in announced.items() if files.whole(case, one)}
        self._missing = {name: held[name] for name in held if name not in self._found}
        self._sealed: dict[str, Stored] = {}

    def seal(self, batch: Together, sealer: Sealer) -> None:
        """Encrypt and write what is not there yet; touches no state. Raises as `Sealer.seal`."""
        if not self._missing:
            return
        self._files.make_folders(self._case, self._missing.keys())
        places = {name: self._files.place(self._case, name) for name in self._missing}
        items = [(batch.beside(places[name]), plain) for name, plain in self._missing.items()]
        sealed = sealer.seal(str(self._key.public), items)
        self._sealed = {
            name: Stored(name, *one) for name, one in zip(self._missing, sealed, strict=True)
        }

    def publish(self, batch: Together, now: Moment) -> list[Stored]:
        """Give what was sealed its names, and say so in the state; give all objects, in order."""
        if self._sealed:
            self._found |= _publish(batch, self._files, self._case, self._sealed, now)
        return [self._found[name] for name in self._names]


def _announce(case: str, names: Sequence[str], until: Moment) -> Mapping[str, Stored]:
    """Say which objects there will be, so that no file is unknown; give those stored already.

    From now on retention leaves them alone, also those that were about to be removed.
    """
    known = set[str]()
    with transaction.atomic():
        PublicKey(locked(case))
        stored = _stored(names)
        for some in _chunks(names):
            rows = ObjectRow.objects.filter(pk__in=some)
            rows.filter(gone__isnull=False).update(sha256="", size=0, stored=None, gone=None)
            rows.update(ending=None, how="", until=until)
            known.update(rows.values_list("name", flat=True))
        new = [(name, case, until) for name in names if name not in known]
        with connection.cursor() as cursor:
            cursor.executemany(_ANNOUNCE, new)
    return stored


def _publish(
    batch: Together, files: Files, case: str, made: dict[str, Stored], now: Moment
) -> dict[str, Stored]:
    """Give objects their names in one transaction with what the state says of them; give these.

    The key's row keeps others out meanwhile, and what another one put since and lies there whole is left
    to them, so that all are told the same. The key must be there still: what is encrypted to one that
    was destroyed is lost.
    """
    with transaction.atomic():
        PublicKey(locked(case))
        theirs = {name: one for name, one in _stored(made).items() if files.whole(case, one)}
        ours = [one for name, one in made.items() if name not in theirs]
        with connection.cursor() as cursor:
            cursor.executemany(_STORED, [(one.sha256, one.size, now, one.name) for one in ours])
        batch.publish([files.place(case, one.name) for one in ours])
    return made | theirs


def _stored(names: Collection[str]) -> dict[str, Stored]:
    """Give the objects among names that are stored, as the state has them."""
    stored = {}
    for some in _chunks(names):
        rows = ObjectRow.objects.filter(pk__in=some, stored__isnull=False, gone=None)
        for name, hashed, size in rows.values_list("name", "sha256", "size"):
            stored[name] = Stored(name, hashed, size)
    return stored


def _chunks(names: Collection[str]) -> Iterator[Sequence[str]]:
    """Give names in lots that one statement can name."""
    ordered = list(names)
    for start in range(0, len(ordered), _ROWS):
        yield ordered[start : start + _ROWS]
