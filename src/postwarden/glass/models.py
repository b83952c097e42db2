"""The table of this room; nothing of a message is in it."""

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
