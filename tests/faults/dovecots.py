"""A small model of a Dovecot: accounts, their folders and messages, by doveadm's API and by IMAP.

It does what Dovecot 2.3.19 was seen to do with the commands of a repair, and no more: a message keeps its
GUID where it is copied or moved, a move is a copy and an expunge, quota does not keep `doveadm move` out,
and a copy between two storages makes 0x80 of NUL. `real.py` has the same doors in front of a real one.
"""

import calendar
import fnmatch
import re
import secrets
import threading
import time
from dataclasses import dataclass, field

NO_USER, NOT_FOUND, EXISTS = 67, 68, 65
STAGING, PASSWORD = "staging@example.test", "lab"  # of servers that live for a test
_ABLE = b"IMAP4rev1 LITERAL+ MULTIAPPEND NAMESPACE UIDPLUS UNSELECT LIST-STATUS"
_LETTER = re.compile(rb'(?:^APPEND "([^"]+)")? \(([^)]*)\) "([^"]+)" $')
_WHEN = "%d-%b-%Y %H:%M:%S"


class Crashed(Exception):
    """The process that served a request is gone, and the connection with it."""


class Failed(Exception):
    """A command ends with a code of sysexits.h."""


@dataclass(frozen=True)
class Message:
    """A stored message; `date` is in seconds."""

    uid: int
    guid: str
    content: bytes
    date: int
    flags: tuple = ()


@dataclass
class Folder:
    """A folder, its messages by UID."""

    guid: str = field(default_factory=lambda: secrets.token_hex(16))
    validity: int = 1_700_000_000
    uidnext: int = 1
    messages: dict = field(default_factory=dict)

    def add(self, content, date, flags=(), guid=None):
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        message = Message(uid, guid or secrets.token_hex(16), content, date, tuple(flags))
        self.messages[uid] = message
        return message

    def among(self, said):
        """Give the UIDs of a sequence set, of those that are there; "N:*" always has the last one."""
        last = max(self.messages, default=0)
        wanted = set()
        for part in said.split(","):
            first, _, end = part.partition(":")
            most = last if end == "*" else int(end or first)
            wanted |= set(range(min(int(first), most), max(int(first), most) + 1))
        return [uid for uid in sorted(self.messages) if uid in wanted]


class Dovecot:
    """The model; one request at a time is served, but for those that `busy` says are at work."""

    def __init__(self):
        self.lock = threading.RLock()
        self.accounts = {}
        self.limits = {}  # bytes, by account
        self.generation, self.busy = 4711, set()
        self.add(STAGING)

    def add(self, *accounts):
        for account in accounts:
            self.accounts[account] = {"INBOX": Folder()}

    # doveadm

    def commands(self):
        return [{"command": name[1:]} for name in dir(self) if name in _COMMANDS]

    def answer(self, request):
        """Answer the commands of a request, as JSON has it; raises `Crashed`."""
        with self.lock:
            return [self._one(name, given, tag) for name, given, tag in request]

    def _one(self, name, given, tag):
        try:
            return ["doveadmResponse", getattr(self, f"_{name}")(given), tag]
        except Failed as failed:
            return ["error", {"type": "exitCode", "exitCode": failed.args[0]}, tag]

    def folders(self, account):
        if account not in self.accounts:
            raise Failed(NO_USER)
        return self.accounts[account]

    def _user(self, given):
        (account,) = given["userMask"]
        self.folders(account)
        return {account: {"mail": "mdbox:~/mdbox"}}

    def _quotaGet(self, given):  # noqa: N802  # Dovecot's name
        used = sum(
            len(one.content)
            for folder in self.folders(given["user"]).values()
            for one in folder.messages.values()
        )
        most = self.limits.get(given["user"], 1 << 30)
        return [
            {"root": "User quota", "type": "STORAGE", "value": str(-(-used // 1024)),
             "limit": str(most // 1024), "percent": "0"},
            {"root": "User quota", "type": "MESSAGE", "value": "1", "limit": "-", "percent": "0"},
        ]  # fmt: skip

    def _processStatus(self, _given):  # noqa: N802  # Dovecot's name
        pids = {1: 1} | dict.fromkeys(self.busy, 1)  # 1 serves this very request
        return [
            {
                "name": "log",
                "pid": str(self.generation),
                "available_count": "9",
                "total_count": "0",
            },
            *(
                {
                    "name": "doveadm",
                    "pid": str(100 + pid),
                    "available_count": "0",
                    "total_count": "1",
                }
                for pid in pids
            ),
        ]

    def _mailboxStatus(self, given):  # noqa: N802  # Dovecot's name
        (name,) = given["mailboxMask"]
        folder = self._folder(given["user"], name)
        return [
            {
                "mailbox": name,
                "guid": folder.guid,
                "uidvalidity": str(folder.validity),
                "uidnext": str(folder.uidnext),
            }
        ]

    def _folder(self, account, name):
        if name not in self.folders(account):
            raise Failed(NOT_FOUND)
        return self.accounts[account][name]

    def _mailboxCreate(self, given):  # noqa: N802  # Dovecot's name
        (name,) = given["mailbox"]
        if name in self.folders(given["user"]):
            raise Failed(EXISTS)
        self.accounts[given["user"]][name] = Folder()
        return []

    def _fetch(self, given):
        return [
            {
                "mailbox": name,
                "mailbox-guid": folder.guid,
                "uid": str(one.uid),
                "guid": one.guid,
                "size.virtual": str(len(one.content)),
                "date.received.unixtime": str(one.date),
                "text": one.content.decode("utf-8", "replace").replace("\r\n", "\n"),
            }
            for name, folder, one in self.found(given["user"], given["query"])
        ]

    def found(self, account, words):
        """Give what a query of the route finds: folder, UIDs and GUIDs, all of which must fit."""
        words, guids = list(words), None
        if "(" in words:
            start, end = words.index("("), words.index(")")
            guids = set(words[start + 1 : end]) - {"OR", "guid"}
            del words[start : end + 1]
        asked = dict(zip(words[::2], words[1::2], strict=True))
        for name, folder in list(self.folders(account).items()):
            here = (asked.get("mailbox", name), asked.get("mailbox-guid", folder.guid))
            if here != (name, folder.guid):
                continue
            for uid in folder.among(asked.get("uid", "1:*")):
                one = folder.messages[uid]
                if guids is None or one.guid in guids:
                    yield name, folder, one

    def _copy(self, given):
        return self.copied(given, [])

    def _move(self, given):
        expunged = []
        self.copied(given, expunged)
        for folder, one in expunged:
            folder.messages.pop(one.uid, None)
        return []

    def copied(self, given, seen):
        """Copy what a query finds; note what it was in `seen`."""
        target = self._folder(given["user"], given["destinationMailbox"])
        if given["sourceUser"] not in self.accounts:
            raise Crashed
        words = given["query"]
        if words[0] == "mailbox":
            self._folder(given["sourceUser"], words[1])
        for _, folder, one in list(self.found(given["sourceUser"], words)):
            seen.append((folder, one))
            target.add(one.content.replace(b"\0", b"\x80"), one.date, one.flags, one.guid)
        return []

    def _expunge(self, given):
        for _, folder, one in list(self.found(given["user"], given["query"])):
            del folder.messages[one.uid]
        return []

    def _purge(self, given):
        self.folders(given["user"])
        return []

    def session(self):
        """Give a session of IMAP."""
        return Session(self)


_COMMANDS = frozenset(
    f"_{name}"
    for name in (
        *("user", "quotaGet", "processStatus", "mailboxStatus", "mailboxCreate"),
        *("fetch", "copy", "move", "expunge", "purge"),
    )
)


class Session:
    """A session of IMAP: commands in, answers out; a command is its lines and literals in turn."""

    greeting = b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n"

    def __init__(self, dovecot):
        self._dovecot, self._selected = dovecot, None

    def answer(self, parts):
        """Answer a command, whose first line begins with its tag."""
        tag, _, first = parts[0].partition(b" ")
        words = [first, *parts[1:]]
        name = b"_" + b"_".join(first.split()[: 2 if first.startswith(b"UID ") else 1])
        with self._dovecot.lock:
            told, status = getattr(self, name.decode())(words), b"OK done."
            if isinstance(told, bytes):
                told, status = [], told
        return b"".join(told) + tag + b" " + status + b"\r\n"

    def close(self):
        """End it."""

    @property
    def _own(self):
        return self._dovecot.accounts[STAGING]

    def _LOGIN(self, words):  # noqa: N802  # the protocol's names
        well = [words[1], words[3]] == [STAGING.encode(), PASSWORD.encode()]
        return [] if well else b"NO [AUTHENTICATIONFAILED] Authentication failed."

    def _CAPABILITY(self, _words):  # noqa: N802
        return [b"* CAPABILITY " + _ABLE + b"\r\n"]

    def _NAMESPACE(self, _words):  # noqa: N802
        return [b'* NAMESPACE (("" "/")) NIL NIL\r\n']

    def _NOOP(self, _words):  # noqa: N802
        return []

    def _LOGOUT(self, _words):  # noqa: N802
        return [b"* BYE Logging out\r\n"]

    def _CREATE(self, words):  # noqa: N802
        self._own[_quoted(words[0])[0]] = Folder()
        return []

    def _RENAME(self, words):  # noqa: N802
        old, new = _quoted(words[0])
        self._own[new] = self._own.pop(old)
        return []

    def _DELETE(self, words):  # noqa: N802
        (name,) = _quoted(words[0])
        return [] if self._own.pop(name, None) else b"NO [NONEXISTENT] No such mailbox."

    def _LIST(self, words):  # noqa: N802
        names = fnmatch.filter(self._own, _quoted(words[0])[1])
        return [
            b"* STATUS %b (X-GUID %b)\r\n" % (name.encode(), self._own[name].guid.encode())
            for name in names
        ]

    def _APPEND(self, words):  # noqa: N802
        letters = []
        for head, content in zip(words[::2], words[1::2], strict=False):
            name, flags, date = _LETTER.search(head.rpartition(b"{")[0]).groups()
            folder = name or folder  # noqa: F821  # named by the first
            letters.append((content, _seconds(date), flags.decode().split()))
        for content, date, flags in letters:
            self._own[folder.decode()].add(content.replace(b"\0", b"\x80"), date, flags)
        return []

    def _EXAMINE(self, words):  # noqa: N802
        (name,) = _quoted(words[0])
        if name not in self._own:
            return b"NO [NONEXISTENT] Mailbox doesn't exist."
        self._selected = self._own[name]
        return [b"* %d EXISTS\r\n" % len(self._selected.messages)]

    _SELECT = _EXAMINE

    def _UNSELECT(self, _words):  # noqa: N802
        if self._selected is None:
            return b"BAD No mailbox selected."
        self._selected = None
        return []

    def _UID_FETCH(self, words):  # noqa: N802
        _, _, uids, wanted = words[0].split(b" ", 3)
        return [
            self._fetched(number, self._selected.messages[uid], wanted)
            for number, uid in enumerate(self._selected.among(uids.decode()), 1)
        ]

    def _fetched(self, number, one, wanted):
        when = time.strftime(_WHEN, time.gmtime(one.date))
        told = b"* %d FETCH (UID %d" % (number, one.uid)
        if b"X-GUID" in wanted:
            told += b" X-GUID %b RFC822.SIZE %d" % (one.guid.encode(), len(one.content))
        if b"INTERNALDATE" in wanted:
            told += b' INTERNALDATE "%b +0000"' % when.encode()
        if b"FLAGS" in wanted:
            told += b" FLAGS (%b)" % " ".join(one.flags).encode()
        if b"BODY.PEEK[]" in wanted:
            told += b" BODY[] {%d}\r\n%b" % (len(one.content), one.content)
        if b"BODY.PEEK[TEXT]" in wanted:
            body = one.content.partition(b"\r\n\r\n")[2]
            told += b" BODY[TEXT] {%d}\r\n%b" % (len(body), body)
        return told + b")\r\n"

    def _UID_STORE(self, _words):  # noqa: N802
        return []

    def _UID_EXPUNGE(self, words):  # noqa: N802
        for uid in self._selected.among(words[0].split()[2].decode()):
            del self._selected.messages[uid]
        return []


def _quoted(line):
    return [one.decode() for one in re.findall(rb'"([^"]*)"', line)]


def _seconds(date):
    return calendar.timegm(time.strptime(date.decode().strip()[:-6], _WHEN))
