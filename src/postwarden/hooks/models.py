"""The tables of this room."""

from django.db import models


class HookRow(models.Model):
    """A subscription; its secret is kept as it was given, for it signs. `first` is the first entry told of.

    `token` is the number of the token that subscribed: it is told of no more than that may know of, and no
    longer than that counts.
    """

    owner = models.CharField(max_length=64, db_index=True)
    url = models.TextField()
    events = models.JSONField()
    secret = models.CharField(max_length=64)
    first = models.BigIntegerField()
    token = models.BigIntegerField(null=True)
    made = models.BigIntegerField()
    ended = models.BigIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        """One that ended stays for what it was told."""

        db_table = "hooks_hook"


class DeliveryRow(models.Model):
    """One event that one subscriber is told of: waits, was taken, or was given up."""

    hook = models.ForeignKey(HookRow, on_delete=models.CASCADE, related_name="deliveries")
    entry = models.BigIntegerField()
    event = models.CharField(max_length=64)
    at = models.BigIntegerField()
    case = models.CharField(max_length=32, blank=True)
    plan = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16)
    tries = models.IntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)
    ended = models.BigIntegerField(null=True)

    class Meta:
        """An event once a subscriber."""

        db_table = "hooks_delivery"
        constraints = (models.UniqueConstraint(fields=("hook", "entry"), name="hooks_told_once"),)


class PlaceRow(models.Model):
    """Up to where the ledger was followed."""

    next = models.BigIntegerField(default=0)

    class Meta:
        """One row."""

        db_table = "hooks_place"
