"""The bytes of messages in other accounts: copied into a reading folder, and fetched from there.

A hold closes an account's logins, and doveadm's JSON has no 8-bit bytes; `doveadm copy` keeps both out
of the way. A GUID is no identity, but two copies with different GUIDs are told apart in the folder.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from postwarden.relocation.service import TemporaryRouteError
from postwarden.servers.dovecot.api import Asked, Failure
from postwarden.servers.dovecot.asking import NOT_FOUND, Asking
from postwarden.servers.dovecot.imap import Held, Letter, Mail
from postwarden.servers.dovecot.staging import Staging
from postwarden.servers.dovecot.stored import uid_set, with_guids

_PROBE = Letter(b"Subject: Is there room?\r\n\r\n", 0)
_BYTES_AT_ONCE = 8 * 1024 * 1024


class Pick(NamedTuple):
    """A message to read.

    Attributes:
        id: the caller's.
        uid: in the folder; None where it is not known.
        since: the least UID that it may have.
    """

    id: str
    account: str
    folder: str
    guid: str
    uid: int | None = None
    since: int = 1


class Copier:
    """Reads messages; nothing of their accounts changes."""

    def __init__(self, asking: Asking, staging: Staging) -> None:
        self._asking = asking
        self._staging = staging

    def bytes_of(self, picks: Sequence[Pick]) -> Iterator[tuple[Pick, Mail | None]]:
        """Read messages of accounts that are known to be there; None for one that is not found.

        `Mail.uid` is of no use: it is that of the reading folder.

        Raises:
            TemporaryRouteError: Dovecot, or its staging account, fails.
        """
        for layer in layers(picks):
            yield from self._read(layer)

    def _read(self, picks: Sequence[Pick]) -> Iterator[tuple[Pick, Mail | None]]:
        with self._staging.reading_folder() as name:
            self._copy(picks, name)
            with self._staging.session() as session:
                by_guid = {one.guid: one for one in reversed(session.held(name))}
            yield from ((pick, None) for pick in picks if pick.guid not in by_guid)
            there = [(pick, by_guid[pick.guid]) for pick in picks if pick.guid in by_guid]
            for some in _portions(there):
                mails = self._fetched(name, [one.uid for _, one in some])
                yield from ((pick, mails.get(one.uid)) for pick, one in some)

    def _fetched(self, name: str, uids: Sequence[int]) -> dict[int, Mail]:
        """Fetch at once, or, where Dovecot cannot read one of them, one by one."""
        try:
            with self._staging.session() as session:
                return {mail.uid: mail for mail in session.fetch(name, uid_set(uids))}
        except TemporaryRouteError:
            found: dict[int, Mail] = {}
        for uid in uids:
            try:
                with self._staging.session() as session:
                    found |= {mail.uid: mail for mail in session.fetch(name, str(uid))}
            except TemporaryRouteError:
                with self._staging.session() as session:
                    session.held(name)  # raises where it is the server that fails
        return found

    def _copy(self, picks: Sequence[Pick], name: str) -> None:
        by_folder: dict[tuple[str, str], list[Pick]] = {}
        for pick in picks:
            by_folder.setdefault((pick.account, pick.folder), []).append(pick)
        asked = [_copied(some, self._staging.account, name) for some in by_folder.values()]
        answers = self._asking.look(asked)
        if any(isinstance(one, Failure) and one.code != NOT_FOUND for one in answers):
            # Raises where it is staging that takes nothing; else the copies are at fault.
            with self._staging.session() as session:
                session.append(name, [_PROBE])


def layers(picks: Sequence[Pick]) -> list[list[Pick]]:
    """Part picks so that no GUID comes twice in a part."""
    found: list[list[Pick]] = []
    depth: dict[str, int] = {}
    for pick in picks:
        at = depth[pick.guid] = depth.get(pick.guid, -1) + 1
        if at == len(found):
            found.append([])
        found[at].append(pick)
    return found


def _copied(picks: Sequence[Pick], into: str, name: str) -> Asked:
    first = picks[0]
    uids = [pick.uid for pick in picks if pick.uid is not None]
    known = len(uids) == len(picks)
    among = uid_set(uids) if known else f"{min(pick.since for pick in picks)}:*"
    words = ["mailbox", first.folder, "uid", among, *with_guids(pick.guid for pick in picks)]
    return "copy", {
        "user": into,
        "destinationMailbox": name,
        "sourceType": "user",
        "sourceUser": first.account,
        "query": words,
    }


def _portions(
    there: Sequence[tuple[Pick, Held]],
) -> Iterator[list[tuple[Pick, Held]]]:
    portion: list[tuple[Pick, Held]] = []
    size = 0
    for one in there:
        if portion and size + one[1].size > _BYTES_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += one[1].size
    if portion:
        yield portion
