"""Putting copies into quarantine, and proving that they lie there whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

from django.db import transaction
from pyrage import encrypt

from postwarden.custody.models import ObjectRow
from postwarden.custody.quarantine.case_keys import PublicKey, locked
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.values import Kept, Stored, name_of, packed
from postwarden.durable.service import Together, together
from postwarden.vocabulary import Moment

_ROWS = 500  # named in one statement


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
            _publish(batch, case, made, now, until)
        found |= made
    return [found[name] for name in names]


def _announce(case: str, names: Sequence[str], until: Moment) -> Mapping[str, Stored]:
    """Say which objects there will be, so that no file is unknown; give those stored already.

    From now on retention leaves them alone, also those that were about to be removed.
    """
    stored = dict[str, Stored]()
    with transaction.atomic():
        PublicKey(locked(case))
        for some in chunks(names):
            rows = ObjectRow.objects.filter(pk__in=some)
            rows.filter(gone__isnull=False).update(sha256="", size=0, stored=None, gone=None)
            rows.update(ending=None, how="", until=until)
            known = {row.name: row for row in rows}
            ObjectRow.objects.bulk_create(
                ObjectRow(name=name, key_id=case, until=until) for name in some if name not in known
            )
            stored |= {
                name: Stored(name, row.sha256, row.size)
                for name, row in known.items()
                if row.stored is not None
            }
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
    batch: Together, case: str, made: Mapping[str, Stored], now: Moment, until: Moment
) -> None:
    """Give objects their names in one transaction with what the state says of them.

    The key's row keeps others out meanwhile, so that file and row are of the same writer; it must be
    there still: what is encrypted to a key that was destroyed is lost.
    """
    with transaction.atomic():
        PublicKey(locked(case))
        ObjectRow.objects.bulk_create(
            (
                ObjectRow(
                    name=one.name,
                    key_id=case,
                    sha256=one.sha256,
                    size=one.size,
                    stored=now,
                    until=until,
                )
                for one in made.values()
            ),
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["sha256", "size", "stored"],
        )
        batch.publish()


def chunks(names: Collection[str]) -> Iterator[Sequence[str]]:
    """Give names in lots that one statement can name."""
    ordered = list(names)
    for start in range(0, len(ordered), _ROWS):
        yield ordered[start : start + _ROWS]
