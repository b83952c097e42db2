"""A small store of Maildirs for tests: messages put into it, and everything that lies there, read plainly."""

import os
from pathlib import Path
from typing import NamedTuple

from postwarden.relocation.service import Repair, Wanted, canonical, content_hash
from postwarden.sources.service import header_hash

HOSTS = frozenset({"mx.example.net"})
STAGING = "postwarden"
NOBODY = 65_534


class Stored(NamedTuple):
    """A message as anybody sees it; `modified` is in microseconds."""

    account: str
    folder: str
    part: str
    letters: str
    content: str
    modified: int


class Maildirs:
    """Mailboxes of example.net in a folder, each its account's local part."""

    def __init__(self, root):
        self.root = Path(root)

    @property
    def template(self):
        return f"{self.root}/{{local}}"

    def box(self, account):
        return self.root / account.partition("@")[0]

    def add(self, *accounts):
        for account in accounts:
            for part in ("tmp", "new", "cur"):
                (self.box(account) / part).mkdir(parents=True)
        self.give(self.root)

    def give(self, root):
        """Let mailboxes belong to somebody else than tests run as, where that is possible."""
        if os.getuid() == 0:
            for folder, below, names in os.walk(root):
                for one in (".", *below, *names):
                    os.chown(f"{folder}/{one}", NOBODY, NOBODY, follow_symlinks=False)

    def put(self, account, name, content, seconds, folder="INBOX", letters=None):
        """Put a message there as Dovecot stores it; give its file as evidence names it."""
        below = "" if folder == "INBOX" else f".{folder}/"
        part = "new" if letters is None else "cur"
        for one in ("tmp", "new", "cur"):
            (self.box(account) / below / one).mkdir(parents=True, exist_ok=True)
        path = self.box(account) / f"{below}{part}/{name}"
        path = path if letters is None else path.with_name(f"{name}:2,{letters}")
        path.write_bytes(content)
        os.utime(path, (seconds, seconds))
        self.give(self.box(account))
        return f"{below}{part}/{name}"

    def link(self, account, file, folder, name):
        """Let a message lie in another folder, too, as Dovecot's COPY makes it; give its file there."""
        for one in ("tmp", "new", "cur"):
            (self.box(account) / f".{folder}/{one}").mkdir(parents=True, exist_ok=True)
        os.link(self.path(account, file), self.box(account) / f".{folder}/cur/{name}:2,")
        self.give(self.box(account))
        return f".{folder}/cur/{name}"

    def path(self, account, file):
        """Give the path of a message, whatever its flags are."""
        (found,) = (self.box(account) / file).parent.glob(f"{Path(file).name}*")
        return found

    def files(self):
        """Give the path of every message that a mail program would show, sorted."""
        boxes = sorted(self.root.iterdir())
        parts = [f"{deep}{part}/*" for deep in ("", ".*/") for part in ("new", "cur")]
        return sorted(path for box in boxes for part in parts for path in box.glob(part))

    def stored(self, path):
        """Read what lies at a path."""
        account, *folder, part, name = path.relative_to(self.root).parts
        return Stored(
            f"{account}@example.net",
            folder[0][1:] if folder else "INBOX",
            part,
            name.partition(":2,")[2],
            hash_of(path.read_bytes()),
            path.stat().st_mtime_ns // 1_000,
        )

    def everything(self):
        """Give every message that a mail program would show, sorted."""
        return sorted(map(self.stored, self.files()))

    def unusual(self):
        """Say what of the store is not as a mail server has it: other owners, left staging, other names."""
        found = []
        for box in sorted(self.root.iterdir()):
            owner = box.stat().st_uid
            for path in box.rglob("*"):
                told = path.relative_to(self.root)
                if path.name == STAGING:
                    found.append(f"staging is left: {told}: {sorted(os.listdir(path))}")
                if path.stat().st_uid != owner:
                    found.append(f"belongs to somebody else: {told}")
                if path.parent.name == "tmp":
                    found.append(f"left in tmp: {told}")
        return found


_TRACE = b"""\
Return-Path: <orders@shop.example>
Delivered-To: %(holder)s
Received: from mx.example.net ([127.0.0.1])
\tby mx.example.net with LMTP
\tid oFmFJ%(number)d
\t(envelope-from <orders@shop.example>)
\tfor <%(holder)s>; Sun, 22 Nov 2026 10:00:00 +0000
Received: from a.example (a.example [192.0.2.7])
\tby mx.example.net (Postfix) with ESMTP id 4Q%(number)d
\tfor <info@example.net>; Sun, 22 Nov 2026 10:00:00 +0000 (UTC)
"""


def letter(number, *, astray=None, named=True, body=b"Gr\xc3\xbc\xdfe \xff\x80"):
    """Give a message as the provider's own delivery agent stores it: LF, with the trace on top."""
    told = {b"holder": (astray or "").encode(), b"number": number}
    trace = _TRACE % told if astray is not None else b""
    name = b"Message-ID: <%d@shop.example>\n" % number if named else b""
    header = b"From: orders@shop.example\n%sSubject: %d\n" % (name, number)
    return b"%s%s\n%s %d\n.\nFrom here\n" % (trace, header, body, number)


def wanted(name, account, file, content, folder="INBOX"):
    """Give a copy as evidence knew it."""
    return Wanted(name, account, folder, file, Path(file).name, None, header_hash(content, HOSTS))


def repair(copy, content, **more):
    """Give what a plan says of a copy in the store "store"."""
    return Repair(copy=copy, store="store", size=len(content), **more)


def hash_of(content):
    """Give the hash that arrives."""
    return content_hash(canonical(content))
