"""The tables of this room."""

from typing import ClassVar

from django.db import models


class PlanRow(models.Model):
    """A plan: the canonical text that its hash covers, and where it is."""

    hash = models.CharField(max_length=64, primary_key=True)
    case = models.CharField(max_length=32, db_index=True)
    text = models.TextField()
    stage = models.CharField(max_length=16)
    made = models.BigIntegerField(default=0)

    class Meta:
        """Found by hash, listed by when they were made (which `text` says, too)."""

        db_table = "custody_plan"
        indexes: ClassVar = [models.Index(fields=["made", "hash"], name="custody_plan_listed")]


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


class CaseKeyRow(models.Model):
    """The age key of a case: its private half encrypted to recipients, gone once it is destroyed.

    `naming` is the key of the names of its objects, which goes with it.
    """

    case = models.CharField(max_length=32, primary_key=True)
    public = models.CharField(max_length=128)
    recipients = models.TextField()
    wrapped = models.BinaryField(null=True)
    naming = models.BinaryField(null=True)
    made = models.BigIntegerField()
    destroyed = models.BigIntegerField(null=True)

    class Meta:
        """One a case."""

        db_table = "custody_case_key"


class ObjectRow(models.Model):
    """An object of the quarantine: announced before its file is there, ended before it is removed."""

    name = models.CharField(max_length=64, primary_key=True)
    key = models.ForeignKey(
        CaseKeyRow, on_delete=models.PROTECT, related_name="kept", db_column="case"
    )
    sha256 = models.CharField(max_length=64, default="")
    size = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(null=True)
    until = models.BigIntegerField()
    ending = models.BigIntegerField(null=True)
    how = models.CharField(max_length=16, default="")
    gone = models.BigIntegerField(null=True)

    class Meta:
        """Found by what is due."""

        db_table = "custody_object"
        indexes: ClassVar = [models.Index(fields=["gone", "until"], name="custody_object_due")]
