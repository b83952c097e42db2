"""Who acts in a Dovecot session, remembered from its login line on, within bounds."""

from typing import NamedTuple

from postwarden.sources.logs.fields import address
from postwarden.sources.logs.mail_log import Login
from postwarden.vocabulary import Moment

UNNAMED_MASTER = "*"
"""The actor of a master-user login whose name the log does not give."""

_CAP = 100_000
_PAIRED = 5_000_000


class Visitor(NamedTuple):
    """The login that acts, where it is not the account's own, and the remote address."""

    actor: str | None
    address: str | None


_UNKNOWN = Visitor(None, None)


class Sessions:
    """Sessions by their id.

    Dovecot's default login line does not show a master user; `auth: Master user logging in as …`,
    written with auth_verbose, is then paired with the login of that user that follows.
    """

    def __init__(self) -> None:
        self._visitors: dict[str, Visitor] = {}
        self._masters: dict[str, Moment] = {}

    def master_announced(self, user: str, moment: Moment) -> None:
        """Note that a master user is about to log in as this user."""
        if len(self._masters) >= _CAP:
            self._masters.clear()
        self._masters[address(user)] = moment

    def enter(self, said: Login, moment: Moment) -> Visitor:
        """Note a login and give who acts in it."""
        account = address(said.user)
        announced = self._masters.pop(account, None)
        actor = _other(said.actor, account)
        if actor is None and announced is not None and 0 <= moment - announced <= _PAIRED:
            actor = UNNAMED_MASTER
        visitor = Visitor(actor, said.address)
        if said.session:
            if len(self._visitors) >= _CAP:
                del self._visitors[next(iter(self._visitors))]
            self._visitors[said.session] = visitor
        return visitor

    def visitor(self, session: str | None) -> Visitor:
        """Give who acts in a session; nothing known gives nothing."""
        return self._visitors.get(session, _UNKNOWN) if session else _UNKNOWN

    def leave(self, session: str | None) -> Visitor:
        """End a session and give who acted in it.

        Sessions of others than the holder stay known: their events may be read only afterwards.
        """
        visitor = self.visitor(session)
        if session and visitor.actor is None:
            self._visitors.pop(session, None)
        return visitor


def _other(name: str | None, account: str) -> str | None:
    """Give a login name that is another than the account's, in whatever form it was typed."""
    if not name:
        return None
    front, _, master = name.partition("*")
    login = address(master or front)
    same = login == account or login == account.partition("@")[0]
    return None if same else login
