"""What `postwarden init` finds: mail stores, logs and address tables in the places servers use.

Only names of files and folders are looked at, and Postfix' main.cf and /etc/mailname are read for
domains and host names. Nothing is changed.
"""

import glob
import json
import os
import re
from collections.abc import Iterable

_MAIN_CF = "etc/postfix/main.cf"
_MAIL_ROOTS = ("var/vmail", "var/mail/vhosts", "srv/vmail", "home/vmail", "vmail")
_LAYOUTS = (
    ("*/*/Maildir/cur", "{domain}/{local}/Maildir"),
    ("*/Maildir/cur", "{account}/Maildir"),
    ("*/*/cur", "{domain}/{local}"),
)
_LOGS = (
    ("postfix", ("var/log/mail.log", "var/log/maillog", "log/mail.log")),
    ("dovecot", ("var/log/dovecot.log", "log/dovecot.log")),
    ("dovecot-events", ("var/log/dovecot-events.log", "log/events.log")),
)
_USERS = ("etc/dovecot/users", "etc/dovecot/passwd", "directory/users")
_TABLES = (
    ("postfix-regexp", ("etc/postfix/virtual.regexp", "directory/virtual.regexp")),
    ("postfix-virtual", ("etc/postfix/virtual", "directory/virtual")),
    ("aliases", ("etc/aliases", "directory/aliases")),
)
_SETTING = re.compile(
    r"^\s*(mydomain|myhostname|virtual_mailbox_domains)\s*=\s*(.+)$", re.MULTILINE
)
_NAME = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)


def propose(root: str) -> str:
    """Give the text of a configuration for what is found below a folder."""
    settings = _postfix_settings(root)
    stores, homes = _stores(root)
    domains = sorted({*homes, *_names(settings.get("virtual_mailbox_domains", ""))})
    hosts = _names(settings.get("myhostname", ""))
    return "\n".join(
        [
            "[provider]",
            'name = "Example Mail"                 # as people know it',
            _list("domains", domains, "example.net", "own mail domains"),
            _list("hosts", hosts, "mx1.example.net", "own hosts, as in Received lines and logs"),
            'recipient_delimiter = "+"',
            'timezone = "UTC"                      # of classic syslog time stamps',
            "",
            *stores,
            *_directory(root),
            *_logs(root),
            "[quarantine]                          # nothing is repaired without a recipient:",
            "recipients = []                       # what `postwarden quarantine key FILE` prints",
            "",
            "[evidence]",
            'path = "evidence"',
            "content_hash = true                   # needed to find crossed bodies",
            "master_users = []                     # operators' logins",
            "",
        ]
    )


def _list(key: str, found: Iterable[str], example: str, what: str) -> str:
    names = ", ".join(map(_quoted, found))
    if names:
        return f"{key} = [{names}]"
    return f'{key} = ["{example}"]          # not found, write your own: {what}'


def _postfix_settings(root: str) -> dict[str, str]:
    try:
        with open(os.path.join(root, _MAIN_CF), encoding="utf-8", errors="replace") as stream:
            return dict(_SETTING.findall(stream.read(1 << 20)))
    except OSError:
        return {}


def _names(text: str) -> list[str]:
    return [name.lower() for name in _NAME.findall(text) if "$" not in text]


def _stores(root: str) -> tuple[list[str], set[str]]:
    for place in _MAIL_ROOTS:
        top = os.path.join(root, place)
        for pattern, template in _LAYOUTS:
            found = glob.glob(os.path.join(glob.escape(top), pattern))
            if found:
                domains = {os.path.relpath(one, top).split(os.sep)[0] for one in found}
                own = domains if template.startswith("{domain}") else set()
                return _store(os.path.join(top, template)), own
    return _store("/var/vmail/{domain}/{local}/Maildir", "  # not found, write your own"), set()


def _store(path: str, remark: str = "") -> list[str]:
    return [
        "[[stores]]",
        'name = "store1"',
        'driver = "maildir"',
        f"path = {_quoted(path)}{remark}",
        "",
    ]


def _directory(root: str) -> list[str]:
    users = _first(root, _USERS)
    remark = "" if users else "  # not found, write your own"
    path = users or "/etc/dovecot/users"
    lines = [
        "[[directories]]",
        f'accounts = {{ format = "dovecot-passwd", path = {_quoted(path)} }}{remark}',
    ]
    tables = [(kind, found) for kind, places in _TABLES if (found := _first(root, places))]
    lines.append("aliases = [                            # in the servers' order of look-up")
    lines += [f'  {{ format = "{kind}", path = {_quoted(path)} }},' for kind, path in tables]
    return [*lines, "]", ""]


def _logs(root: str) -> list[str]:
    lines: list[str] = []
    for kind, places in _LOGS:
        path = _first(root, places)
        if path:
            lines += [
                "[[logs]]",
                f'format = "{kind}"',
                f"path = {_quoted(glob.escape(path) + '*')}",
                "",
            ]
    return lines


def _quoted(text: str) -> str:
    """Write a basic string of TOML; what JSON escapes in one, TOML escapes alike."""
    return json.dumps(text, ensure_ascii=False)


def _first(root: str, places: Iterable[str]) -> str | None:
    return next(
        (path for place in places if os.path.isfile(path := os.path.join(root, place))), None
    )
