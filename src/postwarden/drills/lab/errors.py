"""What can go wrong with a lab.

LabError
├── MissingServers   packages or rights are missing
├── UnfitFolder      the servers cannot work in this folder, or something else is in it
├── NoLab            there is no lab in this folder
├── NotReady         a server did not come up, or did not do in time what was asked of it
└── MailRefused      a server did not take a message
"""

from postwarden.vocabulary import PostwardenError


class LabError(PostwardenError):
    """The lab cannot do what was asked; the text says why and what to do."""


class MissingServers(LabError):
    """This machine, or this user, cannot run the private servers."""


class UnfitFolder(LabError):
    """No lab can be in this folder."""


class NoLab(LabError):
    """There is no lab in this folder."""


class NotReady(LabError):
    """A server did not come up, or did not do in time what was asked of it."""


class MailRefused(LabError):
    """A server did not take a message; the text has its answer."""
