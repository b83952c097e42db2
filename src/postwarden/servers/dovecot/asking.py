"""Questions and acts of the route, with the errors of relocation.

A question that gets no answer changed nothing, and may be asked again. An act that gets none may have
been done, or may be done yet: that is ambiguous, also where a command of it merely failed, as Dovecot
2.3 fails commands that it has carried out (over quota, it panics after the copy is stored).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from postwarden.relocation.service import (
    AmbiguousRouteError,
    PermanentRouteError,
    TemporaryRouteError,
)
from postwarden.servers.dovecot.api import (
    Answer,
    Asked,
    Doveadm,
    DoveadmError,
    DoveadmRefused,
    DoveadmUnanswered,
    DoveadmUnreachable,
    Failure,
)
from postwarden.servers.dovecot.stored import (
    FIELDS,
    Folder,
    Stored,
    folders,
    is_pattern,
    stored,
)

NO_USER = 67  # sysexits.h EX_NOUSER
NOT_FOUND = 68  # doveadm: no such folder
EXISTS = 65  # EX_DATAERR: such a folder is there
_AT_ONCE = 100  # commands in a request


class Query(NamedTuple):
    """Messages of one account to ask for."""

    account: str
    words: Sequence[str]


class Asking:
    """What the parts of the route have in common: one Dovecot, asked."""

    def __init__(self, doveadm: Doveadm, name: str) -> None:
        """Bind it; `name` is the backend's, for sentences."""
        self._doveadm = doveadm
        self._name = name

    def look(self, commands: Sequence[Asked]) -> list[Answer]:
        """Ask what changes nothing, or nothing but staging; raise as questions do."""
        try:
            return self._ask(commands)
        except DoveadmUnanswered as error:
            raise TemporaryRouteError(f"{self._name}: {error}") from error

    def act(self, commands: Sequence[Asked]) -> list[Answer]:
        """Ask for what changes accounts.

        Raises:
            AmbiguousRouteError: no answer, or a command failed; others may have been carried out.
            TemporaryRouteError: nothing was asked, as there is no connection.
        """
        try:
            answers = self._ask(commands)
        except DoveadmUnanswered as error:
            raise AmbiguousRouteError(f"{self._name}: {error}") from error
        for (name, _), answer in zip(commands, answers, strict=True):
            if isinstance(answer, Failure):
                raise AmbiguousRouteError(f"{self._name}: {_failed(name, answer)}")
        return answers

    def _ask(self, commands: Sequence[Asked]) -> list[Answer]:
        answers: list[Answer] = []
        try:
            for at in range(0, len(commands), _AT_ONCE):
                answers += self._doveadm.ask(commands[at : at + _AT_ONCE])
        except DoveadmUnreachable as error:
            if answers:
                raise DoveadmUnanswered(str(error)) from error
            raise TemporaryRouteError(f"{self._name}: {error}") from error
        except DoveadmRefused as error:
            raise PermanentRouteError(f"{self._name}: {error}") from error
        return answers

    def commands(self) -> frozenset[str]:
        """Give the names of the commands that this Dovecot has."""
        try:
            return self._doveadm.commands()
        except DoveadmRefused as error:
            raise PermanentRouteError(f"{self._name}: {error}") from error
        except DoveadmError as error:
            raise TemporaryRouteError(f"{self._name}: {error}") from error

    def homes(self, accounts: Iterable[str]) -> Mapping[str, str]:
        """Give what is said of the mail location of those accounts that the user database knows.

        To be asked before any `copy` or `move`: one from an account that is not there crashes doveadm.
        """
        names = [one for one in dict.fromkeys(accounts) if not is_pattern(one)]
        found = {}
        answers = self.look([("user", {"userMask": [name], "field": "mail"}) for name in names])
        for name, answer in zip(names, answers, strict=True):
            if not isinstance(answer, Failure):
                found[name] = " ".join(value for row in answer for value in row.values())
            elif answer.code != NO_USER:
                raise TemporaryRouteError(f"{self._name}: {_failed('user', answer)}")
        return found

    def stored(self, queries: Sequence[Query]) -> list[list[Stored]]:
        """Give the messages that each query finds; an account that is not there has none."""
        asked = [
            ("fetch", {"user": one.account, "field": list(FIELDS), "query": list(one.words)})
            for one in queries
        ]
        answers = self.told(asked, {NO_USER})
        try:
            return [stored(answer) for answer in answers]
        except ValueError as error:
            raise TemporaryRouteError(f"{self._name}: doveadm fetch: {error}") from error

    def folders(self, asked: Sequence[tuple[str, str]]) -> list[list[Folder]]:
        """Give the folders that match each account and mask."""
        fields = ["guid", "uidvalidity", "uidnext"]
        answers = self.told(
            [
                ("mailboxStatus", {"user": account, "field": fields, "mailboxMask": [mask]})
                for account, mask in asked
            ],
            {NO_USER, NOT_FOUND},
        )
        try:
            return [folders(answer) for answer in answers]
        except ValueError as error:
            raise TemporaryRouteError(f"{self._name}: doveadm mailbox status: {error}") from error

    def told(self, commands: Sequence[Asked], expected: Collection[int] = ()) -> list[Answer]:
        """As `look`, but no command may fail, unless with an expected code."""
        answers = self.look(commands)
        for (name, _), answer in zip(commands, answers, strict=True):
            if isinstance(answer, Failure) and answer.code not in expected:
                raise TemporaryRouteError(f"{self._name}: {_failed(name, answer)}")
        return answers


def _failed(name: str, failure: Failure) -> str:
    return f"doveadm {name} failed ({failure.kind}, {failure.code})"
