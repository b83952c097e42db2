"""The ledger's tables. Rows of entries, leaves and heads are never changed; triggers refuse it."""

from django.db import models

from postwarden.ledger.entries import Packed


class KeyRow(models.Model):
    """A data key; erasing it empties `wrapped` and leaves the row."""

    kind = models.CharField(max_length=8)
    reference = models.CharField(max_length=64)
    wrapped = models.BinaryField(null=True)

    class Meta:
        """Of each case, and of each person, there is one key that is not erased."""

        db_table = "ledger_key"
        indexes = (
            models.Index(
                fields=("kind", "reference"),
                condition=models.Q(wrapped__isnull=True),
                name="ledger_key_erased",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "reference"),
                condition=models.Q(wrapped__isnull=False),
                name="ledger_one_key",
            ),
        )


class EntryRow(models.Model):
    """An entry as appended: open facts, and its sealed parts (`entries.Packed`)."""

    at = models.BigIntegerField()
    act = models.CharField(max_length=64)
    case = models.CharField(max_length=32, null=True, db_index=True)
    commitments = models.BinaryField()
    sealed = models.BinaryField()

    def packed(self) -> Packed:
        """Give the sealed parts."""
        return Packed(bytes(self.commitments), bytes(self.sealed))

    class Meta:
        """In the order of appending; the latest of an act is asked for."""

        db_table = "ledger_entry"
        indexes = (models.Index(fields=("act", "id"), name="ledger_entry_act"),)


class LeafRow(models.Model):
    """The place that the sequencer gave an entry."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(EntryRow, on_delete=models.PROTECT)
    hash = models.BinaryField()

    class Meta:
        """One leaf an entry."""

        db_table = "ledger_leaf"


class HeadRow(models.Model):
    """A signed tree head, and the perfect subtrees to go on from."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    frontier = models.BinaryField()

    class Meta:
        """One head a size."""

        db_table = "ledger_head"


class AnchoredRow(models.Model):
    """What became of writing a head to an anchor."""

    anchor = models.CharField(max_length=200)
    size = models.BigIntegerField()
    at = models.BigIntegerField()

    class Meta:
        """The newest size an anchor holds is asked for."""

        db_table = "ledger_anchored"
        constraints = (
            models.UniqueConstraint(fields=("anchor", "size"), name="ledger_anchored_once"),
        )


class OriginRow(models.Model):
    """Whose ledger this is: its name, and fingerprints of the secrets it was begun with."""

    name = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        """One row."""

        db_table = "ledger_origin"
