"""The lab's postwarden.toml."""

import re

from postwarden.drills.lab.cast import DOMAINS, STAGING, THROW_AWAY
from postwarden.drills.lab.folder import State
from postwarden.drills.lab.options import HOST, HOSTNAME, ZONE, Store

_MAILDIR = """\
driver = "maildir"
path = "vmail/{domain}/{local}/Maildir"
"""
_DOVEADM = """\
driver = "doveadm"
url = "http://{host}:{port}/doveadm/v1"
api_key = "{key}"
"""
_BACKEND = """\
# Copies in mdbox are moved through Dovecot, and by way of an account of Postwarden's own.
[[relocation.backends]]
name = "lab"
stores = ["lab"]
url = "http://{host}:{port}/doveadm/v1"
api_key = "{key}"
imap = "imap://{host}:{imap}"
account = "{staging}"
password_file = "dovecot/staging.password"

"""
_TEXT = """\
# Written by `postwarden lab up`. Change it as you like: it is written again only while it is as
# Postwarden wrote it.

[provider]
name = "Example Mail"
domains = {domains}
hosts = ["{hostname}"]
recipient_delimiter = "+"
timezone = "{zone}"

[[stores]]
name = "lab"
{store}
# As intended. What Postfix goes by is postfix/virtual: that is the one to get wrong in a drill.
[[directories]]
accounts = {{ format = "dovecot-passwd", path = "dovecot/users" }}
aliases = [{{ format = "postfix-virtual", path = "tables/virtual" }}]

[[logs]]
format = "postfix"
path = "log/mail.log*"
host = "{hostname}"
year = {year}

[[logs]]
format = "dovecot"
path = "log/dovecot.log*"
host = "{hostname}"
year = {year}

[[logs]]
format = "dovecot-events"
path = "log/dovecot.log*"
host = "{hostname}"
year = {year}

[holds]
policy = "{host}:{policy}"

[[holds.dovecot]]
url = "http://{host}:{port}/doveadm/v1"
api_key = "{key}"

[doctor]
account = "{doctor}"
password_file = "dovecot/doctor.password"
doors = [
    "imap://{host}:{imap}",
    "pop3://{host}:{pop3}",
    "sieve://{host}:{sieve}",
    "submission://{host}:{submission}",
    "smtp://{host}:{smtp}",
    "lmtp://{host}:{lmtp}",
]
dovecot = "dovecot/dovecot.conf"
postfix = "postfix"

{relocation}# quarantine.key opens what is put there; beside postwarden.toml in a lab, and nowhere else.
[quarantine]
recipients = ["{recipient}"]

[evidence]
path = "evidence"
content_hash = true
"""


_PORT = re.compile(rf"(?<={re.escape(HOST)}:)\d+")


def is_as_written(text: str, state: State, recipient: str) -> bool:
    """Whether a text is what was written for this lab, perhaps with other ports."""
    return _PORT.sub("", text) == _PORT.sub("", configuration(state, recipient))


def configuration(state: State, recipient: str) -> str:
    """Give the text for an age recipient; equal states give equal texts."""
    places = {"host": HOST, **state.ports.named(), "port": state.ports.doveadm}
    places |= {"key": state.doveadm_key, "doctor": THROW_AWAY, "staging": STAGING}
    files = state.store is Store.MAILDIR
    return _TEXT.format(
        domains="[{}]".format(", ".join(f'"{domain}"' for domain in DOMAINS)),
        hostname=HOSTNAME,
        zone=ZONE,
        year=state.year,
        recipient=recipient,
        store=_MAILDIR if files else _DOVEADM.format(**places),
        relocation="" if files else _BACKEND.format(**places),
        **places,
    )
