"""The outbox: effects that were decided, and are carried out by workers; and the workers' signs of life."""

from django.db import models


class EffectRow(models.Model):
    """One effect. It is done, or due at a time; who carries it out holds it until the lease ends."""

    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=320)
    payload = models.JSONField()
    due = models.BigIntegerField(null=True)
    token = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        """Asked for by what is due; `due` is null once it is done."""

        db_table = "state_effect"
        indexes = (models.Index(fields=("due",), name="state_effect_due"),)


class SignRow(models.Model):
    """When what goes on by itself last said that it does."""

    process = models.CharField(max_length=16, primary_key=True)
    at = models.BigIntegerField()

    class Meta:
        """Found by name."""

        db_table = "state_sign"
