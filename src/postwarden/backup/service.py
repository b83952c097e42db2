"""The one door of this room."""

from postwarden.backup.errors import BackupError, BadBackup, NoRoom, NotHere
from postwarden.backup.making import make, secrets
from postwarden.backup.manifest import Manifest
from postwarden.backup.restoring import put_back

__all__ = [
    "BackupError",
    "BadBackup",
    "Manifest",
    "NoRoom",
    "NotHere",
    "make",
    "put_back",
    "secrets",
]
