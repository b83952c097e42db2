"""The room's exceptions; all are permanent until somebody mends what they name.

PostwardenError
└── PeopleError
    ├── UnknownIdentity    nobody of that name works with this installation
    ├── NameTaken          there is an identity of that name
    ├── NotAllowed         the identity's roles do not allow it
    ├── LastManager        nobody would be left who manages people
    ├── BadKey             the key or signature cannot be used
    ├── BadInvitation      the one-time link lets nobody in
    └── BadToken           the personal token lets nobody in, or cannot be made
"""

from postwarden.vocabulary import PostwardenError


class PeopleError(PostwardenError):
    """What was asked of people could not be done."""


class UnknownIdentity(PeopleError):
    """Nobody of that name works with this installation, or no longer."""


class NameTaken(PeopleError):
    """There is an identity of that name."""


class NotAllowed(PeopleError):
    """The identity's roles do not allow it."""


class LastManager(PeopleError):
    """Nobody would be left who manages people of all organisations; nothing was changed."""


class BadKey(PeopleError):
    """The key is not of a kind that is taken, or its signature is wrong."""


class BadInvitation(PeopleError):
    """The one-time link was used already, its time is up, or there never was such a link."""


class BadToken(PeopleError):
    """The personal token counts no more or never did, or one like this cannot be made."""
