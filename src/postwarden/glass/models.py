"""The tables of this room; of a message there is nothing in them but what is sealed on its way to its reader."""

from django.db import models


class GlassRow(models.Model):
    """A request: the text that its hash covers, and the answer to it."""

    hash = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    organisation = models.CharField(max_length=64)
    asked_at = models.BigIntegerField()
    answered_by = models.CharField(max_length=64, default="")
    answered_at = models.BigIntegerField(null=True)
    granted = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=64, default="")
    signature = models.TextField(default="")

    class Meta:
        """Found by hash, listed by time."""

        db_table = "glass_request"
        indexes = (models.Index(fields=("asked_at",), name="glass_asked"),)


class GlassReadingRow(models.Model):
    """A reading that goes on: who seals for whom, and what came of it; removed as it is shown, or soon after."""

    request = models.CharField(max_length=64, primary_key=True)
    public = models.CharField(max_length=100)
    asked_at = models.BigIntegerField()
    until = models.BigIntegerField()
    stage = models.CharField(max_length=16)
    absence = models.CharField(max_length=16, blank=True)
    trouble = models.JSONField(null=True)
    sealed = models.BinaryField(null=True)

    class Meta:
        """Found by the request."""

        db_table = "glass_reading"
