"""The room's exceptions.

PostwardenError
└── BackupError         nothing was made, or put back
    ├── BadBackup       the folder is no whole backup (permanent)
    ├── NotHere         what is here is in the way, or lacks for it (permanent)
    └── NoRoom          the backup cannot be made where it should be (permanent)
"""

from postwarden.vocabulary import PostwardenError


class BackupError(PostwardenError):
    """Nothing was made, or put back."""


class BadBackup(BackupError):
    """The folder is no backup, or not as it was made."""


class NotHere(BackupError):
    """Something is here already that a backup would overwrite, or its secrets are missing."""


class NoRoom(BackupError):
    """There is something of the name that the backup should have."""
