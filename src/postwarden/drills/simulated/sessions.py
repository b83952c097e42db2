"""IMAP and POP3 sessions: what people and their programs do with stored mail, and what is logged.

The formats are those of imap-login, the logout counters, the mail_log plugin and exported events of
Dovecot 2.3.19 with `auth_user=<%{auth_user}>` in login_log_format_elements.
"""

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from postwarden.drills.simulated.clock import local
from postwarden.drills.simulated.dovecot import Dovecot, logged_id, shown
from postwarden.drills.simulated.events import export
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import DOVECOT, Line
from postwarden.drills.simulated.maildir import INBOX, Copy
from postwarden.drills.simulated.site import Site

Fields = dict[str, object]


class Session:
    """One login to a mailbox; use it as a context manager.

    `actor` is the master user who acts in the account's place, if any.
    """

    protocol = "imap"

    def __init__(
        self, site: Site, dovecot: Dovecot, account: str, actor: str | None = None
    ) -> None:
        self._site = site
        self.account = account
        self.actor = actor
        self._id = dovecot.session_id()[:16]
        self._pid = dovecot.new_pid()
        self._ip = f"203.0.113.{site.dice.randint(1, 250)}"
        self._bodies = self._headers = self._expunged = self._out = self._tag = 0
        self.login: Line | None = None

    def __enter__(self) -> Self:
        logged = (
            f"user=<{self.account}>, method=PLAIN, rip={self._ip}, lip=192.0.2.25, "
            f"mpid={self._pid}, TLS, session=<{self._id}>, "
            f"auth_user=<{self.actor or self.account}>"
        )
        self.login = self._site.logs.write(DOVECOT, f"{self.protocol}-login", f"Login: {logged}")
        self._event(
            "auth_request_finished",
            {
                "duration": 67,
                "success": "yes",
                "policy_result": "ok",
                "mechanism": "PLAIN",
                "service": self.protocol,
                "session": self._id,
                "remote_ip": self._ip,
                "original_user": self.actor or self.account,
                "user": self.account,
                "translated_user": self.account,
            }
            | ({"login_user": "", "master_user": self.actor} if self.actor else {}),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._say(f"Disconnected: Logged out {self._counters()}")

    def _counters(self) -> str:
        return (
            f"in={self._tag * 25} out={self._out + 500} deleted={self._expunged} "
            f"expunged={self._expunged} trashed=0 hdr_count={self._headers} "
            f"hdr_bytes={self._headers * 700} body_count={self._bodies} body_bytes={self._out}"
        )

    def _say(self, text: str) -> Line:
        return self._site.logs.write(
            DOVECOT, f"{self.protocol}({self.account})<{self._pid}><{self._id}>", text
        )

    def _event(self, name: str, fields: Fields) -> Line:
        return export(self._site, name, fields)

    def _base(self) -> Fields:
        return {
            "user": self.account,
            "local_ip": "192.0.2.25",
            "local_port": 993,
            "remote_ip": self._ip,
            "remote_port": 50774,
            "session": self._id,
            "duration": 35,
        }

    def _change(self, what: str, copy: Copy, folder: str = "", uid: int = 0) -> Line:
        return self._say(
            f"{what}: box={folder or copy.folder}, uid={uid or copy.uid}, "
            f"msgid={logged_id(copy.letter)}, size={len(copy.content)}, from={shown(copy.letter)}"
        )


class Imap(Session):
    """An IMAP session (RFC 9051)."""

    def select(self, folder: str = INBOX) -> list[Copy]:
        """Open a folder; give what it holds."""
        copies = self._site.store.of(self.account, folder)
        for copy in copies:
            copy.seen_by_server = True
        self._command("SELECT", folder, folder, [])
        return copies

    def list(self, copies: Sequence[Copy]) -> None:
        """Show a list of messages: flags and envelopes."""
        reasons = ["imap:cmd_uid_fetch", "imap:fetch_header_fields", "mail:header_fields"]
        for copy in copies:
            if self._site.dice.random() < 0.5:
                self._opened(copy, reasons)
            copy.done.append(("listed", []))
        folder = copies[0].folder if copies else INBOX
        uids = ",".join(str(copy.uid) for copy in copies) or "1:*"
        line = self._command(
            "UID FETCH", f"{uids} (UID FLAGS ENVELOPE)", folder, ["imap:fetch_header_fields"]
        )
        for copy in copies:
            copy.done[-1][1].append(line)
        self._headers += len(copies)

    def read(self, copy: Copy) -> None:
        """Open a message, which marks it read."""
        opened = self._opened(copy, ["imap:cmd_uid_fetch", "imap:fetch_body"])
        self._command("UID FETCH", f"{copy.uid} (BODY[])", copy.folder, ["imap:fetch_body"])
        copy.done.append(("opened", [opened]))
        if "S" not in copy.flags:
            copy.flags.add("S")
            self._change("flag_change", copy)
        self._bodies += 1
        self._out += len(copy.content)

    def copy(self, copy: Copy, folder: str) -> Copy:
        """Copy a message to another folder of the account: a hard link of the same name."""
        uid = self._site.store.next_uid(self.account, folder)
        line = self._change(f"copy from {copy.folder}", copy, folder, uid)
        self._command("UID COPY", f"{copy.uid} {folder}", copy.folder, ["imap:cmd_uid_copy"])
        copy.done.append(("copied", [line]))
        return self._linked(copy, folder, uid, line)

    def copy_shared(self, copy: Copy, source: str, folder: str) -> Copy:
        """Copy a message out of another account's mailbox, shared as `source`, to an own folder."""
        uid = self._site.store.next_uid(self.account, folder)
        line = self._change(f"copy from {source}", copy, folder, uid)
        self._command("UID COPY", f"{copy.uid} {folder}", source, ["imap:cmd_uid_copy"])
        return self._linked(copy, folder, uid, line)

    def _linked(self, copy: Copy, folder: str, uid: int, line: Line) -> Copy:
        linked = replace(copy, home=self.account, folder=folder, uid=uid, put_by="holder")
        linked.flags, linked.done = set(copy.flags), []
        linked.source, linked.put_lines, linked.seen_by_server = copy, [line], True
        linked.arrival = copy.arrival if copy.home == self.account else None
        if self._site.store.taken(self.account, folder, copy.name):
            linked.name = self._site.store.file_name(
                self._site.clock.tick(700), self._pid, copy.content
            )
        return self._site.store.add(linked)

    def move(self, copy: Copy, folder: str) -> None:
        """Move a message to another folder of the account; the file keeps its name."""
        uid = self._site.store.next_uid(self.account, folder)
        line = self._change(f"copy from {copy.folder}", copy, folder, uid)
        gone = self._change("expunge", copy)
        self._command("UID MOVE", f"{copy.uid} {folder}", copy.folder, ["imap:cmd_uid_move"])
        copy.done.append(("moved", [line, gone]))
        copy.folder, copy.uid = folder, uid

    def answered(self, copy: Copy) -> None:
        """Note that a message was answered."""
        copy.flags.add("R")
        self._change("flag_change", copy)
        line = self._command(
            "UID STORE", f"{copy.uid} +FLAGS (\\Answered)", copy.folder, ["imap:cmd_uid_store"]
        )
        copy.done.append(("answered", [line]))

    def forwarded(self, copy: Copy) -> None:
        """Note that a message was forwarded."""
        copy.flags.add("a")
        self._change("flag_change", copy)
        line = self._command(
            "UID STORE", f"{copy.uid} +FLAGS ($Forwarded)", copy.folder, ["imap:cmd_uid_store"]
        )
        copy.done.append(("forwarded", [line]))

    def expunge(self, copy: Copy) -> None:
        """Delete a message for good."""
        self._change("delete", copy)
        line = self._change("expunge", copy)
        self._command("EXPUNGE", "", copy.folder, ["imap:cmd_expunge"])
        copy.done.append(("expunged", [line]))
        copy.gone = True
        self._expunged += 1

    def append(
        self,
        folder: str,
        letter: Letter,
        *,
        content: bytes | None = None,
        date: int | None = None,
        source: Copy | None = None,
    ) -> Copy:
        """Put a message into a folder, as programs do with sent, imported and dragged mail."""
        site = self._site
        content = letter.raw if content is None else content
        name = site.store.file_name(site.clock.tick(700), self._pid, content)
        uid = site.store.next_uid(self.account, folder)
        copy = Copy(
            home=self.account,
            folder=folder,
            name=name,
            content=content,
            letter=letter,
            put_by="operator" if self.actor else "holder",
            uid=uid,
            internal_date=site.clock.now if date is None else date,
            inode=site.store.new_inode(),
            flags={"S"},
            source=source,
            seen_by_server=True,
        )
        copy.put_lines.append(self._change("save", copy))
        if self.actor and self.login:
            copy.put_lines.append(self.login)
        stamp = "" if date is None else f'"{local(date):%d-%b-%Y %H:%M:%S %z}" '
        self._command("APPEND", _append_args(folder, stamp, content), folder, ["imap:cmd_append"])
        return site.store.add(copy)

    def _opened(self, copy: Copy, reasons: Sequence[str]) -> Line:
        return self._event(
            "mail_opened",
            self._base()
            | {
                "cmd_name": "UID FETCH",
                "reason_code": list(reasons),
                "mailbox": copy.folder,
                "reason": "prefetch",
                "seq": copy.uid,
                "uid": copy.uid,
                "mail_age_days": 0,
            },
        )

    def _command(self, name: str, args: str, folder: str, reasons: Sequence[str]) -> Line:
        self._tag += 1
        code = f"imap:cmd_{name.lower().replace(' ', '_')}"
        return self._event(
            "imap_command_finished",
            self._base()
            | {
                "cmd_tag": f"A{self._tag}",
                "cmd_name": name,
                "cmd_input_name": name,
                "cmd_args": args,
                "cmd_human_args": args,
                "tagged_reply_state": "OK",
                "tagged_reply": f"OK {name} completed.",
                "running_usecs": 325,
                "lock_wait_usecs": 4,
                "bytes_in": len(args),
                "bytes_out": 65,
                "reason_code": list(dict.fromkeys([code, *reasons])),
                "mailbox": folder,
            },
        )


class Dsync(Imap):
    """A dsync run for one account: it saves like a session, but logs in nowhere."""

    protocol = "dsync-server"

    def __init__(self, site: Site, dovecot: Dovecot, account: str) -> None:
        super().__init__(site, dovecot, account, "dsync")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return

    def _command(self, name: str, args: str, folder: str, reasons: Sequence[str]) -> Line:  # noqa: ARG002 (dsync knows no commands)
        fields = {
            "reason_code": ["doveadm:cmd_sync"],
            "duration": 9,
            "reason": "prefetch",
            "user": self.account,
            "session": f"{self._id}:2",
            "mailbox": folder,
            "seq": 1,
            "uid": 1,
            "mail_age_days": 0,
        }
        return self._event("mail_opened", fields)


def _append_args(folder: str, stamp: str, content: bytes) -> str:
    size = len(content) + content.count(b"\n")
    return f"{folder} (\\Seen) {stamp}<{size} byte literal>"


class Pop3(Session):
    """A POP3 session (RFC 1939)."""

    protocol = "pop3"

    def __init__(self, site: Site, dovecot: Dovecot, account: str) -> None:
        super().__init__(site, dovecot, account)
        self._retrieved = self._size = self._deleted = self._all = 0

    def download(self, *, delete: bool) -> None:
        """Retrieve all of INBOX, perhaps removing it from the server."""
        copies = self._site.store.of(self.account, INBOX)
        for place, copy in enumerate(copies, 1):
            line = self._event(
                "mail_opened",
                {
                    "reason_code": ["pop3:cmd_retr"],
                    "duration": 27,
                    "user": self.account,
                    "session": self._id,
                    "mailbox": INBOX,
                    "reason": "access",
                    "seq": place,
                    "uid": copy.uid,
                    "mail_age_days": 0,
                },
            )
            copy.done.append(("downloaded", [line]))
            copy.seen_by_server = True
            copy.flags.add("S")
            self._retrieved += 1
            self._size += len(copy.content) + copy.content.count(b"\n")
        self._all = len(copies)
        for copy in copies if delete else []:
            copy.done.append(("expunged", [self._change("expunge", copy)]))
            copy.gone = True
            self._deleted += 1

    def _counters(self) -> str:
        return (
            f"top=0/0, retr={self._retrieved}/{self._size}, "
            f"del={self._deleted}/{self._all}, size={self._size}"
        )
