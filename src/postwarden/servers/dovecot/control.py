"""What holds do on one or more Dovecots."""

from collections.abc import Callable, Collection, Mapping, Sequence

from postwarden.holds.service import ControlError, Scripts
from postwarden.holds.settings import DovecotSettings
from postwarden.servers.dovecot.api import Answer, Asked, Doveadm, DoveadmError, Failure
from postwarden.vocabulary import normal

_NOBODY_ON = 68  # kick: no session matches
_NO_USER = 67  # sysexits.h EX_NOUSER
_NO_SCRIPT = 68  # sieveActivate: no such script
_PATTERN = frozenset("*?\\")
_USERS_AT_ONCE = 200  # in one request


class ControlDoveadm(Doveadm):
    """An API whose failures are those of holds."""

    def ask(self, commands: Sequence[Asked]) -> list[Answer]:
        """As `Doveadm.ask`, but raise `ControlError`."""
        try:
            return super().ask(commands)
        except DoveadmError as error:
            raise ControlError(str(error)) from error


class DovecotControl:
    """Implements `MailControl`: sessions and caches on all of them, scripts on the first one."""

    def __init__(self, dovecots: Sequence[DovecotSettings], seconds: float = 20.0) -> None:
        """Bind it.

        Args:
            dovecots: at least one.
            seconds: that a single answer may take.
        """
        self._all = [ControlDoveadm(one.url, one.api_key, seconds) for one in dovecots]

    def forget(self, accounts: Collection[str]) -> None:
        """Let no login of these accounts be answered from the cache of auth_cache_size."""

        def flush(doveadm: Doveadm) -> None:
            for some in _portions(accounts):
                _told(doveadm.ask([("authCacheFlush", {"user": some})]))

        self._on_each(flush)

    def sessions(self) -> Mapping[str, int]:
        """Count the live sessions by account, of all protocols that `doveadm who` shows."""
        found: dict[str, int] = {}

        def count(doveadm: Doveadm) -> None:
            (rows,) = _told(doveadm.ask([("who", {})]))
            for row in rows:
                account = normal(_field(row, "username"))
                found[account] = found.get(account, 0) + _count(row.get("connections", ""))

        try:
            self._on_each(count)
        except ControlError as error:
            raise ControlError(str(error), found) from error
        return found

    def end(self, accounts: Collection[str]) -> None:
        """Send these accounts' sessions away (doveadm-kick(1)), without -f: not those of shared ones."""

        def kick(doveadm: Doveadm) -> None:
            nameless = self.nameless(accounts)
            for some in _portions([one for one in accounts if one not in nameless]):
                kicks = [("kick", {"mask": [account]}) for account in some]
                _some_must(doveadm.ask(kicks), _NOBODY_ON)

        self._on_each(kick)

    def nameless(self, accounts: Collection[str]) -> frozenset[str]:
        """Give those accounts whose name kick would take for a pattern of others' names, too."""
        return frozenset(one for one in accounts if _PATTERN & set(one))

    def _on_each(self, act: Callable[[Doveadm], None]) -> None:
        """Act on every Dovecot, also where another one fails; then raise the first failure."""
        troubles = []
        for doveadm in self._all:
            try:
                act(doveadm)
            except ControlError as error:
                troubles.append(error)
        if troubles:
            raise troubles[0]

    def scripts(self, accounts: Collection[str]) -> Mapping[str, Scripts | None]:
        """Give the Sieve scripts of those accounts that the user database knows."""
        found: dict[str, Scripts | None] = {}
        for some in _portions(accounts):
            answers = self._all[0].ask([("sieveList", {"user": account}) for account in some])
            for account, answer in zip(some, _some_must(answers, _NO_USER), strict=True):
                if not isinstance(answer, Failure):
                    found[account] = _scripts(answer)
                elif answer.code != _NO_USER:
                    found[account] = None
        return found

    def deactivate(self, accounts: Collection[str]) -> None:
        """Leave these accounts without an active script (doveadm-sieve(1))."""
        for some in _portions(accounts):
            asked = [("sieveDeactivate", {"user": account}) for account in some]
            _some_must(self._all[0].ask(asked), _NO_USER)

    def activate(self, scripts: Mapping[str, str]) -> None:
        """Make a script the active one, by account."""
        for some in _portions(scripts):
            asked = [
                ("sieveActivate", {"user": account, "scriptname": scripts[account]})
                for account in some
            ]
            _some_must(self._all[0].ask(asked), _NO_USER, _NO_SCRIPT)


def _some_must(answers: Sequence[Answer], *expected: int) -> Sequence[Answer]:
    """Raise where every command failed as none should: one account's trouble is not the server's."""
    failed = [one for one in answers if isinstance(one, Failure) and one.code not in expected]
    if failed and len(failed) == len(answers):
        raise ControlError(f"doveadm failed ({failed[0].kind}, {failed[0].code})")
    return answers


def _told(answers: Sequence[Answer]) -> list[list[dict[str, str]]]:
    """Raise where any command failed: these are about no single account."""
    for answer in answers:
        if isinstance(answer, Failure):
            raise ControlError(f"doveadm failed ({answer.kind}, {answer.code})")
    return [answer for answer in answers if not isinstance(answer, Failure)]


def _scripts(rows: Sequence[Mapping[str, str]]) -> Scripts:
    active = [_field(row, "script") for row in rows if row.get("active")]
    return Scripts(frozenset(_field(row, "script") for row in rows), next(iter(active), None))


def _field(row: Mapping[str, str], name: str) -> str:
    if name not in row:
        raise ControlError(f"doveadm's answer cannot be understood: a row has no {name}")
    return row[name]


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 1


def _portions(accounts: Collection[str]) -> list[list[str]]:
    names = list(accounts)
    return [names[at : at + _USERS_AT_ONCE] for at in range(0, len(names), _USERS_AT_ONCE)]
