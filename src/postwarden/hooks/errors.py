"""The room's exceptions.

PostwardenError
└── HookError
    ├── BadHook       what was asked for cannot be a webhook (permanent)
    ├── NoSuchHook    the person has no such webhook (permanent)
    └── NotTaken      the other program did not take what it was told (ambiguous: it is told again)
"""

from postwarden.vocabulary import PostwardenError


class HookError(PostwardenError):
    """Something of a webhook could not be done."""


class BadHook(HookError):
    """What was asked for cannot be a webhook; nothing was kept."""


class NoSuchHook(HookError):
    """The person has no such webhook."""


class NotTaken(HookError):
    """The other program did not take what it was told, or nobody knows whether it did.

    Attributes:
        gone: it says that it never will again.
    """

    def __init__(self, told: str, *, gone: bool = False) -> None:
        super().__init__(told)
        self.gone = gone
