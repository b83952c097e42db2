"""The tables of this room. What is known of a copy's bytes is their hash; the plan says which copy it is."""

from django.db import models

CLAIMS = ("under-way", "arrived", "taken", "unclear")
"""How far a delivery is that no other one of the same message may be beside."""


class CopyRow(models.Model):
    """A copy that a running plan puts right: how far it is, and what became of it.

    `content` is the hash of its canonical bytes, `sealed` that of its file in quarantine.
    """

    plan = models.CharField(max_length=64)
    place = models.IntegerField()
    case = models.CharField(max_length=32, db_index=True)
    holder = models.CharField(max_length=320)
    finding = models.CharField(max_length=64, db_index=True)
    stage = models.CharField(max_length=16)
    tries = models.IntegerField(default=0)
    outcome = models.CharField(max_length=16, blank=True)
    why = models.CharField(max_length=32, blank=True)
    content = models.CharField(max_length=64, blank=True)
    quarantined = models.CharField(max_length=64, blank=True)
    sealed = models.CharField(max_length=64, blank=True)
    ended = models.BigIntegerField(null=True)

    class Meta:
        """In the order of the plan's acts."""

        db_table = "relocation_copy"
        constraints = (
            models.UniqueConstraint(fields=("plan", "place"), name="relocation_copy_once"),
        )
        indexes = (models.Index(fields=("plan", "stage"), name="relocation_copy_stage"),)


class DeliveryRow(models.Model):
    """The delivery of a copy's message to a rightful account.

    `ticket` is where it was staged; `guid` names what arrives, and `content` is the hash it arrives with.
    `message` stands for the message among all copies of it; "" until one was read. `hint` is what it
    is likely to be the same by, before that.
    """

    copy = models.ForeignKey(CopyRow, on_delete=models.PROTECT, related_name="deliveries")
    account = models.CharField(max_length=320)
    store = models.CharField(max_length=64)
    sent = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True)
    ticket = models.JSONField(null=True)
    guid = models.TextField(blank=True, db_index=True)
    content = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=64, blank=True)
    hint = models.CharField(max_length=64, blank=True)

    class Meta:
        """Each rightful account once a copy."""

        db_table = "relocation_delivery"
        constraints = (
            models.UniqueConstraint(fields=("copy", "account"), name="relocation_delivery_once"),
            models.UniqueConstraint(
                fields=("account", "message"),
                condition=models.Q(sent__in=CLAIMS),
                name="relocation_delivery_claim",
            ),
        )
        indexes = (
            models.Index(fields=("message",), name="relocation_delivery_message"),
            models.Index(fields=("hint",), name="relocation_delivery_hint"),
        )


class CountRow(models.Model):
    """What an examination saw when a plan was frozen: ids of copies, a line each; see `accounting`.

    `left_by` counts the planned copies by the ways they are known to have left the mailbox; `residue`
    has, once the plan is done, codes of where else parts of what was removed may be.
    """

    plan = models.CharField(max_length=64, primary_key=True)
    snapshot = models.CharField(max_length=200)
    manifest = models.CharField(max_length=64)
    since = models.BigIntegerField(null=True)
    until = models.BigIntegerField(null=True)
    right = models.TextField()
    settled = models.TextField()
    planned = models.TextField()
    digest = models.CharField(max_length=64)
    left_by = models.JSONField(default=dict)
    residue = models.JSONField(default=list)

    class Meta:
        """One a plan."""

        db_table = "relocation_count"
