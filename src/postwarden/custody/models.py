"""The tables of this room."""

from django.db import models


class PlanRow(models.Model):
    """A plan: the canonical text that its hash covers, and where it is."""

    hash = models.CharField(max_length=64, primary_key=True)
    case = models.CharField(max_length=32, db_index=True)
    text = models.TextField()
    stage = models.CharField(max_length=16)

    class Meta:
        """Found by hash."""

        db_table = "custody_plan"


class ApprovalRow(models.Model):
    """A signed approval, as it can be checked again."""

    plan = models.ForeignKey(PlanRow, on_delete=models.PROTECT, related_name="approvals")
    approver = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    count = models.IntegerField()
    expires = models.BigIntegerField()
    at = models.BigIntegerField()
    signature = models.TextField()

    class Meta:
        """In the order given."""

        db_table = "custody_approval"
