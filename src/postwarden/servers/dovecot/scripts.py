"""The Sieve scripts of accounts (doveadm-sieve(1))."""

from collections.abc import Callable

from postwarden.relocation.service import TemporaryRouteError
from postwarden.servers.dovecot.api import Doveadm, DoveadmError, Failure

_NOBODYS = (67, 68)  # sysexits.h EX_NOUSER; doveadm: no such script
_SECONDS = 30.0


class DovecotScripts:
    """Gives the script by which an account's mail is filed."""

    def __init__(self, url: str, api_key: str, suspended: Callable[[str], str | None]) -> None:
        """Bind it.

        Args:
            url: of the doveadm HTTP API.
            api_key: of that API.
            suspended: gives the name of the script that a hold suspended; None where none did.
        """
        self._doveadm = Doveadm(url, api_key, _SECONDS)
        self._suspended = suspended

    def __call__(self, store: str, account: str) -> str | None:  # noqa: ARG002  # of the port
        """Give the active script, or the one that is active while the account is not held.

        Raises:
            TemporaryRouteError: Dovecot does not say.
        """
        name = self._suspended(account) or self._active(account)
        if not name:
            return None
        rows = self._asked("sieveGet", account, {"scriptname": name})
        return next((row.get("sieve script") for row in rows), None)

    def _active(self, account: str) -> str | None:
        rows = self._asked("sieveList", account, {})
        return next((row.get("script") for row in rows if row.get("active")), None)

    def _asked(self, command: str, account: str, more: dict[str, str]) -> list[dict[str, str]]:
        try:
            (answer,) = self._doveadm.ask([(command, {"user": account, **more})])
        except DoveadmError as error:
            raise TemporaryRouteError(str(error)) from error
        if isinstance(answer, Failure):
            if answer.code in _NOBODYS:
                return []
            raise TemporaryRouteError(f"doveadm {command} failed ({answer.kind}, {answer.code})")
        return answer
