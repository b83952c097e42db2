"""The table of this room."""

from django.db import models


class ErrandRow(models.Model):
    """One errand: who asked for it, how far it is, and what came of it.

    What exactly was asked is in its effect, and forgotten with that. `slot` is what only one may go on of;
    null once it is at its end. `trouble` is a sentence as JSON has it.
    """

    kind = models.CharField(max_length=16)
    case = models.CharField(max_length=32, blank=True)
    slot = models.CharField(max_length=64, null=True, unique=True)
    asked_by = models.CharField(max_length=64)
    asked_at = models.BigIntegerField()
    about = models.JSONField(default=dict)
    stage = models.CharField(max_length=16)
    step = models.CharField(max_length=64, blank=True)
    step_at = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    told_at = models.BigIntegerField(null=True)
    ended_at = models.BigIntegerField(null=True)
    outcome = models.JSONField(default=dict)
    trouble = models.JSONField(null=True)

    class Meta:
        """Listed by kind and case, the latest first."""

        db_table = "errands_errand"
        indexes = (models.Index(fields=("kind", "case", "id"), name="errands_listed"),)
