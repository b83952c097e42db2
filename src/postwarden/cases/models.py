"""The tables of this room. What a split or merge moves is moved by its link to the case."""

from django.db import models


class YearRow(models.Model):
    """The last number given in a year."""

    year = models.IntegerField(primary_key=True)
    last = models.IntegerField(default=0)

    class Meta:
        """One row a year."""

        db_table = "cases_year"


class CaseRow(models.Model):
    """What a case says of itself; times are moments."""

    reference = models.CharField(max_length=16, primary_key=True)
    kind = models.CharField(max_length=16)
    title = models.TextField()
    organisations = models.JSONField()
    opened = models.BigIntegerField()
    stage = models.CharField(max_length=8)
    severity = models.CharField(max_length=16, null=True)
    lead = models.CharField(max_length=64, null=True)
    occurred_from = models.BigIntegerField(null=True)
    occurred_to = models.BigIntegerField(null=True)
    detected = models.BigIntegerField(null=True)
    aware = models.BigIntegerField(null=True)
    reported = models.BigIntegerField(null=True)
    parties = models.JSONField()
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged"
    )
    split_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="parts"
    )
    restricted = models.BooleanField(default=False)
    tasks_named = models.IntegerField(default=0)
    reports_named = models.IntegerField(default=0)

    class Meta:
        """Named by reference."""

        db_table = "cases_case"


class InsiderRow(models.Model):
    """Somebody to whom a restricted case is there."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="insiders")
    name = models.CharField(max_length=64)

    class Meta:
        """Once a case."""

        db_table = "cases_insider"
        constraints = (models.UniqueConstraint(fields=("case", "name"), name="cases_insider_once"),)


class KnockRow(models.Model):
    """Somebody asks to be let into a restricted case."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="knocks")
    name = models.CharField(max_length=64)
    why = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        """Once a case, until it is answered."""

        db_table = "cases_knock"
        constraints = (models.UniqueConstraint(fields=("case", "name"), name="cases_knock_once"),)


class EntryRow(models.Model):
    """An entry of the timeline: dated, and never changed."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="entries")
    at = models.BigIntegerField()
    written = models.BigIntegerField()
    actor = models.CharField(max_length=64)
    act = models.CharField(max_length=64)
    account = models.TextField(blank=True)
    text = models.TextField(blank=True)
    values = models.JSONField()
    evidence = models.JSONField()

    class Meta:
        """In the order written."""

        db_table = "cases_entry"


class TaskRow(models.Model):
    """A task."""

    label = models.CharField(max_length=32, primary_key=True)
    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="tasks")
    number = models.IntegerField()
    work = models.CharField(max_length=32, null=True)
    text = models.TextField(blank=True)
    done_by = models.CharField(max_length=64, null=True)
    done_at = models.BigIntegerField(null=True)

    class Meta:
        """Named by label."""

        db_table = "cases_task"


class AccountRow(models.Model):
    """An account concerned."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="accounts")
    account = models.TextField()
    organisation = models.CharField(max_length=64)
    state = models.CharField(max_length=16)

    class Meta:
        """Once a case."""

        db_table = "cases_account"
        constraints = (
            models.UniqueConstraint(fields=("case", "account"), name="cases_account_once"),
        )
        indexes = (
            models.Index(fields=("case", "organisation", "state"), name="cases_account_counted"),
            models.Index(fields=("case", "state", "account"), name="cases_account_listed"),
            models.Index(fields=("account", "case", "organisation"), name="cases_account_known"),
        )


class StepRow(models.Model):
    """One state that an account came to."""

    account = models.ForeignKey(AccountRow, on_delete=models.PROTECT, related_name="steps")
    at = models.BigIntegerField()
    actor = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    why = models.TextField(blank=True)

    class Meta:
        """In the order they came."""

        db_table = "cases_step"


class ReportRow(models.Model):
    """What a customer told: of which account, and what is known of the mail."""

    label = models.CharField(max_length=32, primary_key=True)
    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="reports")
    account = models.TextField()
    organisation = models.CharField(max_length=64)
    received = models.BigIntegerField()
    actor = models.CharField(max_length=64)
    message_id = models.TextField(null=True)
    date = models.BigIntegerField(null=True)
    sender = models.TextField(null=True)

    class Meta:
        """Named by label."""

        db_table = "cases_report"


class FindingRow(models.Model):
    """A finding as last seen; `present` until an examination no longer has it."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="findings")
    finding = models.CharField(max_length=64)
    account = models.TextField()
    organisation = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16)
    present = models.BooleanField()
    facts = models.JSONField()

    class Meta:
        """Once a case."""

        db_table = "cases_finding"
        constraints = (
            models.UniqueConstraint(fields=("case", "finding"), name="cases_finding_once"),
        )
        indexes = (
            models.Index(
                fields=("case", "verdict", "organisation"),
                condition=models.Q(present=True),
                name="cases_finding_counted",
            ),
            models.Index(
                fields=("case", "account", "finding"),
                condition=models.Q(present=True),
                name="cases_finding_listed",
            ),
            models.Index(
                fields=("account", "case", "verdict"),
                condition=models.Q(present=True),
                name="cases_finding_known",
            ),
        )


class NamedRow(models.Model):
    """An account that a finding's mail was meant for, or an address that it was sent to."""

    finding = models.ForeignKey(FindingRow, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=320)

    class Meta:
        """Found by name."""

        db_table = "cases_named"
        constraints = (
            models.UniqueConstraint(fields=("name", "finding"), name="cases_named_once"),
        )


class FindingStepRow(models.Model):
    """What an examination said of a finding that was new, other, gone or back."""

    finding = models.ForeignKey(FindingRow, on_delete=models.PROTECT, related_name="steps")
    at = models.BigIntegerField()
    snapshot = models.CharField(max_length=200)
    what = models.CharField(max_length=16)
    verdict = models.CharField(max_length=16)

    class Meta:
        """In the order they came."""

        db_table = "cases_finding_step"


class LookRow(models.Model):
    """What an examination looked at in one account, and what it saw."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="looks")
    at = models.BigIntegerField()
    actor = models.CharField(max_length=64)
    account = models.TextField()
    snapshot = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    taken = models.BigIntegerField()
    since = models.BigIntegerField(null=True)
    until = models.BigIntegerField(null=True)
    copies = models.IntegerField()
    wrong = models.IntegerField()
    unexplained = models.IntegerField()
    unread = models.IntegerField()
    logged_from = models.BigIntegerField(null=True)
    logged_to = models.BigIntegerField(null=True)
    repaired = models.IntegerField(default=0)

    class Meta:
        """In the order they came."""

        db_table = "cases_look"
        indexes = (models.Index(fields=("case", "account"), name="cases_look_account"),)


class PersonRow(models.Model):
    """The person behind an account, for as long as the case needs to know."""

    case = models.ForeignKey(CaseRow, on_delete=models.PROTECT, related_name="persons")
    account = models.TextField()
    person = models.TextField(blank=True)
    name = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    channel = models.TextField(blank=True)

    class Meta:
        """Once a case."""

        db_table = "cases_person"
        constraints = (
            models.UniqueConstraint(fields=("case", "account"), name="cases_person_once"),
        )


class CallbackRow(models.Model):
    """Somebody to call back; once that was done, `how` and `why` are empty."""

    account = models.TextField()
    organisation = models.CharField(max_length=64)
    how = models.TextField(blank=True)
    why = models.TextField(blank=True)
    promised_by = models.CharField(max_length=64)
    promised_at = models.BigIntegerField()
    done_by = models.CharField(max_length=64, null=True)
    done_at = models.BigIntegerField(null=True)

    class Meta:
        """Found by what waits."""

        db_table = "cases_callback"
        indexes = (
            models.Index(fields=("organisation", "promised_at"), name="cases_callback_waiting"),
        )
