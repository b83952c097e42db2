"""Questions and acts of the route, with the errors of relocation.

A question that gets no answer changed nothing, and may be asked again. An act that gets none may have
been done, or may be done yet: that is ambiguous, also where a command of it merely failed, as Dovecot
2.3 fails commands that it has carried out (over quota, it panics after the copy is stored).
"""

import time
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
    doubtful,
    folders,
    is_pattern,
    stored,
)

NO_USER = 67  # sysexits.h EX_NOUSER
NOT_FOUND = 68  # doveadm: no such folder
EXISTS = 65  # EX_DATAERR: such a folder is there, or there can be none
NO_NAME = 64  # EX_USAGE: no folder can have such a name
_AT_ONCE = 100  # commands in a request
_KNOWN_SECONDS = 60.0  # that an account counts as known


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
        self._homes: dict[str, tuple[float, str]] = {}
        self._commands: frozenset[str] | None = None

    def look(self, commands: Sequence[Asked]) -> list[Answer]:
        """Ask what changes nothing, or nothing but staging; raise as questions do."""
        try:
            return self._ask(commands)
        except DoveadmUnanswered as error:
            raise TemporaryRouteError(f"{self._name}: {error}") from error

    def act(self, commands: Sequence[Asked], expected: Collection[int] = ()) -> list[Answer]:
        """Ask for what changes accounts; no command may fail, unless with an expected code.

        Raises:
            AmbiguousRouteError: no answer, or a command failed; others may have been carried out.
            TemporaryRouteError: nothing was asked, as there is no connection.
        """
        try:
            answers = self._ask(commands)
        except DoveadmUnanswered as error:
            raise AmbiguousRouteError(f"{self._name}: {error}") from error
        for (name, _), answer in zip(commands, answers, strict=True):
            if isinstance(answer, Failure) and answer.code not in expected:
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
            self._commands = self._doveadm.commands()
        except DoveadmRefused as error:
            raise PermanentRouteError(f"{self._name}: {error}") from error
        except DoveadmError as error:
            raise TemporaryRouteError(f"{self._name}: {error}") from error
        return self._commands

    def has(self, command: str) -> bool:
        """Tell whether this Dovecot has a command, by what it said last: an unknown one breaks its answer."""
        known = self.commands() if self._commands is None else self._commands
        return command in known

    def homes(self, accounts: Iterable[str]) -> Mapping[str, str]:
        """Give what is said of the mail location of those accounts that the user database knows.

        To be asked before any `copy`: one from an account that is not there crashes doveadm, and so
        would one from an account that was removed within the minute that answers are kept. No answer
        comes then, and nothing was changed.
        """
        since = time.monotonic() - _KNOWN_SECONDS
        known = {name: one for name, one in list(self._homes.items()) if one[0] > since}
        names = [one for one in dict.fromkeys(accounts) if not is_pattern(one)]
        unknown = [name for name in names if name not in known]
        answers = self.told([_user(name) for name in unknown], {NO_USER})
        for name, answer in zip(unknown, answers, strict=True):
            if not isinstance(answer, Failure):
                said = " ".join(value for row in answer for value in row.values())
                known[name] = (time.monotonic(), said)
        self._homes = known
        return {name: known[name][1] for name in names if name in known}

    def stored(self, queries: Sequence[Query]) -> list[list[Stored]]:
        """Give the messages that each query finds; an account that is not there has none."""
        answers = self.told([fetched(one) for one in queries], {NO_USER})
        try:
            found = [stored(answer) for answer in answers]
        except ValueError as error:
            raise TemporaryRouteError(f"{self._name}: doveadm fetch: {error}") from error
        return self._without_virtual(queries, found)

    def _without_virtual(
        self, queries: Sequence[Query], found: list[list[Stored]]
    ) -> list[list[Stored]]:
        """Leave out what virtual folders show: it is stored once."""
        asked = list(
            dict.fromkeys(
                (query.account, folder)
                for query, some in zip(queries, found, strict=True)
                for folder in doubtful(some)
            )
        )
        real = {
            (account, one.name): one.guid
            for (account, _), some in zip(asked, self.folders(asked), strict=True)
            for one in some
        }
        return [
            [
                one
                for one in some
                if real.get((query.account, one.folder), one.folder_guid) == one.folder_guid
            ]
            for query, some in zip(queries, found, strict=True)
        ]

    def folders(self, wanted: Sequence[tuple[str, str]]) -> list[list[Folder]]:
        """Give the folders that match each account and mask."""
        return self.read_folders(self.told([status(*one) for one in wanted], {NO_USER, NOT_FOUND}))

    def read_folders(self, answers: Sequence[Answer]) -> list[list[Folder]]:
        """Read answers to `status`."""
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


def _user(name: str) -> Asked:
    return "user", {"userMask": [name], "field": "mail"}


def fetched(query: Query) -> Asked:
    """Write the command that asks for messages."""
    return "fetch", {"user": query.account, "field": list(FIELDS), "query": list(query.words)}


def status(account: str, mask: str) -> Asked:
    """Write the command that asks for folders."""
    fields = ["guid", "uidvalidity", "uidnext"]
    return "mailboxStatus", {"user": account, "field": fields, "mailboxMask": [mask]}


def _failed(name: str, failure: Failure) -> str:
    return f"doveadm {name} failed ({failure.kind}, {failure.code})"
