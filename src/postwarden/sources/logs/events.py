"""Dovecot's exported events (doc.dovecot.org, "Event Exporter", "List of Events"; from 2.3.10 on).

Opened means: a body was shown to a reader. Dovecot tells by `reason_code` (2.3.18 and later) and by
the command: a FETCH of body text and a POP3 RETR show a body; LMTP, APPEND, COPY, SEARCH, SORT,
header fetches, TOP and PREVIEW's excerpt do not. What doveadm and dsync read is not the holder's
reading. Of logins, only a master user's is told: by default no line of the log names the master.
"""

import json
from collections.abc import Iterator
from typing import Any

from postwarden.sources.logs.fetches import shown, uids
from postwarden.sources.logs.fields import address
from postwarden.sources.logs.sessions import Sessions
from postwarden.sources.records import AccessRecord
from postwarden.vocabulary import Moment, VocabularyError, from_rfc3339

_WHAT = {
    "mail_expunged": "expunged",
    "mail_copied": "copied",
    "mail_saved": "appended",
}
_LARGEST = 2**53


class EventReader:
    """Takes exported events.

    Args:
        sessions: who acts in which session, from the log that has the logins.

    Attributes:
        records: what has become known since the caller last took it; the caller empties it.
    """

    def __init__(self, sessions: Sessions | None = None) -> None:
        self._sessions = Sessions() if sessions is None else sessions
        self._file = ""
        self.records: list[AccessRecord] = []

    def begin(self, file: str) -> None:
        """Say which file the next events are from."""
        self._file = file

    def take(
        self, moment: Moment | None, host: str, text: str, line: int
    ) -> tuple[str, Moment, bool] | None:
        """Take one event.

        Args:
            moment: of the log line around it, if there is one; the event's end_time goes before.
            host: that wrote it; "" for the event's own `hostname`.
            text: the JSON object.
            line: its number in the file.

        Returns:
            Host, moment and whether it was understood; None when it is no event or has no time.
        """
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(event, dict):
            return None
        when = _moment(event.get("end_time")) or moment
        if when is None:
            return None
        host = host or _text(event.get("hostname")).lower()
        fields = event.get("fields")
        if not isinstance(fields, dict):
            fields = event
        name, user = _text(event.get("event")), _text(fields.get("user"))
        before = len(self.records)
        if user:
            for what, uid in _facts(name, fields):
                self.records.append(self._record(when, host, user, what, uid, fields, line))
        understood = len(self.records) > before or name.startswith(("mail_", "imap_", "pop3_"))
        return host, when, understood

    def _record(
        self,
        when: Moment,
        host: str,
        user: str,
        what: str,
        uid: int | None,
        fields: dict[str, Any],
        line: int,
    ) -> AccessRecord:
        session = _text(fields.get("session")) or None
        visitor = self._sessions.visitor(session)
        protocol = _protocol(fields)
        own = protocol if protocol in ("doveadm", "dsync") else None
        master = _text(fields.get("master_user"))
        return AccessRecord(
            time=when,
            host=host,
            account=address(user),
            actor=own or (address(master) if master else visitor.actor),
            session=session,
            protocol=protocol,
            address=_text(fields.get("remote_ip")) or visitor.address,
            what=what,
            folder=_text(fields.get("mailbox")) or None,
            source_folder=None,
            uid=uid,
            message_id=_text(fields.get("message_id")) or None,
            size=None,
            bodies=None,
            headers=None,
            messages=None,
            file=self._file,
            line=line,
        )


def _facts(name: str, fields: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    uid = fields.get("uid")
    number = uid if isinstance(uid, int) and 0 < uid < _LARGEST else None
    if name == "mail_opened":
        for what in _opening(fields):
            yield what, number
    elif name == "imap_command_finished":
        command = _text(fields.get("cmd_name")).upper()
        arguments = _text(fields.get("cmd_args"))
        what_shown = shown(arguments) if command in ("FETCH", "UID FETCH") else None
        if what_shown is not None and _text(fields.get("tagged_reply_state")) in ("OK", ""):
            for one in uids(arguments) if command == "UID FETCH" else [None]:
                yield what_shown, one
    elif name == "auth_request_finished":
        if _text(fields.get("master_user")) and _text(fields.get("session")):
            yield "login", None
    elif name in _WHAT and _protocol(fields) not in ("lmtp", "lda"):
        yield _WHAT[name], number


def _opening(fields: dict[str, Any]) -> tuple[str, ...]:
    reasons = _reasons(fields)
    if "pop3:cmd_retr" in reasons:
        return ("opened", "downloaded")
    if "imap:fetch_body" in reasons:
        return ("opened",)
    if not reasons & {"imap:cmd_fetch", "imap:cmd_uid_fetch"}:
        return ()
    lighter = {
        "imap:fetch_header",
        "imap:fetch_header_fields",
        "imap:fetch_bodystructure",
        "mail:snippet",
        "mail:header_fields",
    }
    return ("listed",) if reasons & lighter else ("opened",)


def _protocol(fields: dict[str, Any]) -> str:
    said = _text(fields.get("protocol")) or _text(fields.get("service"))
    if said:
        return said
    for reason in sorted(_reasons(fields)):
        service, _, command = reason.partition(":")
        if service == "doveadm" and command in ("cmd_sync", "cmd_backup", "cmd_dsync-server"):
            return "dsync"
        if service in ("pop3", "imap", "lmtp", "lda", "doveadm"):
            return service
    return "imap"


def _reasons(fields: dict[str, Any]) -> set[str]:
    said = fields.get("reason_code")
    reasons = said if isinstance(said, list) else [said]
    return {reason for reason in reasons if isinstance(reason, str)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> Moment | None:
    if isinstance(value, str):
        try:
            return from_rfc3339(value)
        except VocabularyError:
            return None
    if isinstance(value, int | float) and 0 < value < 1e11:
        return int(value * 1_000_000)
    return None
