"""The table of this shell: what was answered to requests that name themselves."""

from django.db import models


class AnswerRow(models.Model):
    """The answer to a request that changed something; `request` is the SHA-256 of what was asked, hex."""

    who = models.CharField(max_length=64)
    token = models.BigIntegerField(default=0)
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)
    status = models.IntegerField()
    text = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        """Each key of somebody once; forgotten by age."""

        db_table = "api_answer"
        constraints = (
            models.UniqueConstraint(fields=("who", "token", "key"), name="api_answer_once"),
        )
        indexes = (models.Index(fields=("at",), name="api_answer_at"),)
