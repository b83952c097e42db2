"""A private Postfix: its queue, main.cf and master.cf, and how its files are written."""

import grp
import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

from postwarden.drills.lab.options import HOST, HOSTNAME, Ports
from postwarden.durable.service import replace_text

_QUEUE_DIRECTORIES = {
    "private": 0o700, "active": 0o700, "bounce": 0o700, "corrupt": 0o700, "defer": 0o700,
    "deferred": 0o700, "flush": 0o700, "hold": 0o700, "incoming": 0o700, "saved": 0o700,
    "trace": 0o700, "maildrop": 0o730, "public": 0o710, "pid": 0o755,
}  # fmt: skip
_MASTER_CF = """\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
{host}:{ports.smtp} inet n - n - - smtpd
{host}:{ports.submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
"""


def master_cf(ports: Ports) -> str:
    """Give the services: SMTP, submission, and delivery by LMTP alone."""
    return _MASTER_CF.format(host=HOST, ports=ports)


def main_cf(root: Path, ports: Ports, domains: tuple[str, ...]) -> dict[str, str]:
    """Give the parameters; mail for other domains than these goes nowhere.

    Tables are those of ROOT/postfix: `virtual` for aliases, `mailboxes` for the accounts.
    """
    etc = root / "postfix"
    return {
        "compatibility_level": "3.6",
        "queue_directory": f"{root}/queue",
        "data_directory": f"{root}/data",
        "maillog_file": f"{root}/log/mail.log",
        "maillog_file_prefixes": str(root),
        "syslog_name": "postfix",
        "service_throttle_time": "1s",
        "myhostname": HOSTNAME,
        "mydestination": "",
        "alias_maps": "",
        "alias_database": "",
        "inet_interfaces": HOST,
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "disable_dns_lookups": "yes",
        "recipient_delimiter": "+",
        "message_size_limit": "0",
        "mailbox_size_limit": "0",
        "virtual_mailbox_limit": "0",
        "enable_long_queue_ids": "yes",
        "virtual_mailbox_domains": " ".join(domains),
        "virtual_mailbox_maps": f"texthash:{etc}/mailboxes",
        "virtual_alias_maps": f"texthash:{etc}/virtual",
        "virtual_transport": f"lmtp:inet:{HOST}:{ports.lmtp}",
        "smtpd_authorized_xclient_hosts": HOST,
        "smtpd_sender_restrictions": "",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        "smtpd_peername_lookup": "no",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:{HOST}:{ports.auth}",
        "smtpd_tls_security_level": "none",
        "smtp_tls_security_level": "none",
        "default_transport": "error:5.1.2 no mail leaves a private provider",
        "relay_transport": "error:5.1.2 no mail leaves a private provider",
    }


def parameters(settings: Mapping[str, str]) -> str:
    """Write parameters as main.cf has them."""
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


def default(parameter: str) -> str:
    """Give what a parameter is where main.cf says nothing (postconf(1), -d)."""
    words = ["/usr/sbin/postconf", "-d", "-h", parameter]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603  # fixed words


def write_settled(path: Path, text: str) -> None:
    """Write a file as of an hour ago, for Postfix waits until a file it reads is seconds old."""
    replace_text(str(path), text)
    path.chmod(0o644)
    hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (hour_ago, hour_ago))


def make_queue(root: Path) -> None:
    """Make queue and data with Postfix's owners, as its post-install script would in 2.5 seconds."""
    owner = pwd.getpwnam("postfix").pw_uid
    postdrop = grp.getgrnam("postdrop").gr_gid
    (root / "queue").mkdir(exist_ok=True)
    for name, mode in _QUEUE_DIRECTORIES.items():
        directory = root / "queue" / name
        directory.mkdir(exist_ok=True)
        if name != "pid":
            os.chown(directory, owner, postdrop if name in ("maildrop", "public") else -1)
        os.chmod(directory, mode)
    (root / "data").mkdir(exist_ok=True)
    os.chown(root / "data", owner, -1)
