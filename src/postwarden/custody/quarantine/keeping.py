"""Putting copies into quarantine, and proving that they lie there whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

from django.db import connection, transaction
from pyrage import encrypt

from postwarden.custody.models import ObjectRow
from postwarden.custody.quarantine.case_keys import PublicKey, locked
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.values import Kept, Stored, name_of, packed
from postwarden.durable.service import Together, together
from postwarden.vocabulary import Moment

_ROWS = 500  # named in one statement
# In SQL, not through models: they take a third of the time that everything else does together.
_ANNOUNCE = (
    'INSERT INTO custody_object (name, "case", until, sha256, size, how)'
    " VALUES (%s, %s, %s, '', 0, '')"
)
_STORED = "UPDATE custody_object SET sha256 = %s, size = %s, stored = %s WHERE name = %s"


def put(
    files: Files, case: str, key: PublicKey, items: Sequence[Kept], now: Moment, until: Moment
) -> list[Stored]:
    """See `service.Quarantine.put`."""
    plain = [packed(one) for one in items]
    names = [name_of(one, key.naming) for one in plain]
    held = dict(zip(names, plain, strict=True))
    announced = _announce(case, list(held), until)
    found = {name: one for name, one in announced.items() if files.whole(case, one)}
    missing = {name: held[name] for name in held if name not in found}
    if missing:
        with together() as batch:
            made = _encrypted(batch, files, case, key, missing)
            batch.written()
            found |= _publish(batch, files, case, made, now)
    return [found[name] for name in names]


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


def _encrypted(
    batch: Together, files: Files, case: str, key: PublicKey, missing: Mapping[str, bytes]
) -> dict[str, Stored]:
    """Encrypt and begin to write objects; one is encrypted while others go to the disk."""
    files.make_folders(case, missing.keys())
    made = {}
    for name, plain in missing.items():
        data = encrypt(plain, [key.public])
        batch.add(files.place(case, name), data)
        made[name] = Stored(name, sha256(data).hexdigest(), len(data))
    return made


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
