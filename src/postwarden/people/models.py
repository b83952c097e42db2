"""The tables of this room."""

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Identity(AbstractBaseUser):
    """Someone who works with Postwarden; one that left stays, inactive, for the record."""

    name = models.CharField(max_length=64, unique=True)
    full_name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    zone = models.CharField(max_length=64, default="", blank=True)
    language = models.CharField(max_length=16, default="", blank=True)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        """Called by their name."""

        db_table = "people_identity"


class RoleRow(models.Model):
    """A role of an identity, for one organisation or ("") for all of them."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="roles")
    organisation = models.CharField(max_length=64, blank=True)
    role = models.CharField(max_length=16)

    class Meta:
        """Each role once."""

        db_table = "people_role"
        constraints = (
            models.UniqueConstraint(
                fields=("identity", "organisation", "role"), name="people_role_once"
            ),
        )


class KeyRow(models.Model):
    """A personal key, in the form of `signatures.public_key`."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="keys")
    public = models.TextField()
    fingerprint = models.CharField(max_length=64, unique=True)
    enrolled_at = models.BigIntegerField()
    revoked_at = models.BigIntegerField(null=True)

    class Meta:
        """A key belongs to one identity for ever."""

        db_table = "people_key"


class InvitationRow(models.Model):
    """The one link that lets an identity in once; its secret is kept as SHA-256, hex."""

    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="invitation")
    secret = models.CharField(max_length=64)
    expires = models.BigIntegerField()

    class Meta:
        """Each identity has at most one."""

        db_table = "people_invitation"


class TieRow(models.Model):
    """Somebody let an identity in by the console: added it, or asked for its one-time link."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="ties")
    by = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """It stays so for ever."""

        db_table = "people_tie"
        constraints = (models.UniqueConstraint(fields=("identity", "by"), name="people_tie_once"),)


class TokenRow(models.Model):
    """A personal token; kept of it is SHA-256, hex. `scope` lists permissions."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=64)
    secret = models.CharField(max_length=64, unique=True)
    scope = models.JSONField()
    made = models.BigIntegerField()
    expires = models.BigIntegerField()
    revoked = models.BigIntegerField(null=True)
    used = models.BigIntegerField(null=True)

    class Meta:
        """Of one label an identity has one that was not revoked."""

        db_table = "people_token"
        constraints = (
            models.UniqueConstraint(
                fields=("identity", "label"),
                condition=models.Q(revoked__isnull=True),
                name="people_token_once",
            ),
        )
