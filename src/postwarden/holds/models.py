"""The tables of this room."""

from django.db import models


class RevisionRow(models.Model):
    """One row: the number of the last change; whoever changes holds waits for it."""

    number = models.BigIntegerField(default=0)

    class Meta:
        """Locked by each change, so that revisions are committed in order."""

        db_table = "holds_revision"


class AccountRow(models.Model):
    """An account that was ever held: whether it is, and what was done about its filters.

    `filters` is null while its filters are its own; else {"names": […], "active": NAME}: what was
    there before they were suspended, with "active" null until it is known; "unknown" is true where
    Dovecot's user database has no such account.

    `sessions_ended` is when, being held, it was last seen without live sessions, and null until then.
    """

    account = models.CharField(max_length=320, primary_key=True)
    held = models.BooleanField()
    wording = models.CharField(max_length=16)
    language = models.CharField(max_length=35)
    page = models.CharField(max_length=200, blank=True)
    revision = models.BigIntegerField(db_index=True)
    filters = models.JSONField(null=True)
    sessions_ended = models.BigIntegerField(null=True)

    class Meta:
        """Projected by revision."""

        db_table = "holds_account"


class HoldRow(models.Model):
    """A hold, open until `ended`, by the plan `ended_plan`.

    Where cases that both held an account were merged, that is the plan of the hold that goes on.
    """

    account = models.CharField(max_length=320)
    kind = models.CharField(max_length=16)
    case = models.CharField(max_length=32, db_index=True)
    wording = models.CharField(max_length=16)
    plan = models.CharField(max_length=64)
    since = models.BigIntegerField()
    ended = models.BigIntegerField(null=True)
    ended_plan = models.CharField(max_length=64, blank=True)

    class Meta:
        """A case holds an account once of each kind."""

        db_table = "holds_hold"
        indexes = (
            models.Index(fields=("account", "ended"), name="holds_hold_account"),
            models.Index(
                fields=("account", "id"),
                condition=models.Q(ended__isnull=True),
                name="holds_hold_listed",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("account", "kind", "case"),
                condition=models.Q(ended__isnull=True),
                name="holds_hold_open",
            ),
        )


class ProgressRow(models.Model):
    """How far a plan has come: acts before `place` were carried out or left out."""

    plan = models.CharField(max_length=64, primary_key=True)
    place = models.IntegerField(default=0)
    left = models.JSONField()

    class Meta:
        """One row a plan."""

        db_table = "holds_progress"
