"""Makes of a stopped pair what an operator would hand over: mail, logs, tables, configuration."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from postwarden.drills.lab.options import HOSTNAME
from realmail.cast import BCC, FAULTY, INTENDED, REGEXP
from realmail.options import MASTER
from realmail.pair import MailPair

CONFIGURATION = f"""\
[provider]
name = "Example Mail"
domains = ["example.test", "example.org"]
hosts = ["{HOSTNAME}"]
recipient_delimiter = "+"
separator = "/"
timezone = "Europe/Amsterdam"

[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{{domain}}/{{local}}/Maildir"

[[directories]]
accounts = {{ format = "dovecot-passwd", path = "directory/users" }}
aliases = [
  {{ format = "postfix-regexp", path = "directory/virtual.regexp" }},
  {{ format = "postfix-virtual", path = "directory/virtual" }},
]
bcc = [{{ format = "postfix-virtual", path = "directory/recipient_bcc" }}]

[[logs]]
format = "postfix"
path = "log/mail.log*"

[[logs]]
format = "dovecot"
path = "log/dovecot.log*"
host = "{HOSTNAME}"

[[logs]]
format = "dovecot-events"
path = "log/events.log*"

[evidence]
path = "evidence"
content_hash = true
master_users = ["{MASTER}"]
"""
_MESSAGE_ID = re.compile(rb"(?im)^message-id:[ \t]*(<[^>\n]*>)")


def bcc_text() -> str:
    """Give the recipient_bcc_maps table."""
    return "".join(f"{address} {copy}\n" for address, copy in BCC.items())


def stored(vmail: Path) -> Iterator[tuple[str, str, str, str]]:
    """Give account, folder, Message-ID and file (below the Maildir, cut at ":2,") of every copy."""
    for maildir in sorted(vmail.glob("*/*/Maildir")):
        account = f"{maildir.parent.name}@{maildir.parent.parent.name}"
        for directory in (
            *maildir.glob("new"),
            *maildir.glob("cur"),
            *maildir.glob(".*/[nc][eu]*"),
        ):
            dotted = directory.parent.name if directory.parent != maildir else ""
            folder = dotted.removeprefix(".").replace(".", "/") or "INBOX"
            for file in directory.iterdir():
                head = file.read_bytes().partition(b"\n\n")[0]
                (message_id,) = _MESSAGE_ID.findall(head)
                name = str(file.relative_to(maildir)).partition(":2,")[0]
                yield account, folder, message_id.decode(), name


def write(pair: MailPair, tree: Path) -> None:
    """Write the provider tree; exported events go to a file of their own, as by a syslog filter."""
    (tree / "log").mkdir(parents=True)
    (tree / "directory").mkdir()
    subprocess.run(["cp", "-a", f"{pair.root}/vmail", f"{tree}/vmail"], check=True)
    lines = (pair.root / "log" / "dovecot.log").read_text().splitlines(keepends=True)
    events = [line for line in lines if ' stats: Info: {"event":' in line]
    (tree / "log" / "events.log").write_text("".join(events))
    (tree / "log" / "dovecot.log").write_text("".join(x for x in lines if x not in set(events)))
    (tree / "log" / "mail.log").write_text((pair.root / "log" / "mail.log").read_text())
    (tree / "directory" / "users").write_text((pair.root / "dovecot" / "users").read_text())
    (tree / "directory" / "virtual").write_text(INTENDED.text())
    (tree / "directory" / "virtual.faulty").write_text(FAULTY.text())
    (tree / "directory" / "virtual.regexp").write_text(REGEXP)
    (tree / "directory" / "recipient_bcc").write_text(bcc_text())
    (tree / "postwarden.toml").write_text(CONFIGURATION)
