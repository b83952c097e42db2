"""Writes the private Postfix instance: queue, configuration, and commands of its own."""

import grp
import os
import pwd
from pathlib import Path

from realmail.options import HOSTNAME, PairOptions, Ports

QUEUE_DIRECTORIES = {
    "private": 0o700, "active": 0o700, "bounce": 0o700, "corrupt": 0o700, "defer": 0o700,
    "deferred": 0o700, "flush": 0o700, "hold": 0o700, "incoming": 0o700, "saved": 0o700,
    "trace": 0o700, "maildrop": 0o730, "public": 0o710, "pid": 0o755,
}  # fmt: skip
MASTER_CF = """\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
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
lmtpone unix - - n - - lmtp
contentfilter unix - - n - 4 smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
127.0.0.1:{ports.smtp} inet n - n - - smtpd
127.0.0.1:{ports.smtp_filtered} inet n - n - - smtpd
  -o content_filter=contentfilter:[127.0.0.1]:{ports.filter}
127.0.0.1:{ports.reinjection} inet n - n - - smtpd
  -o receive_override_options=no_address_mappings,no_unknown_recipient_checks
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
127.0.0.1:{ports.submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
"""


def write(root: Path, options: PairOptions, ports: Ports) -> None:
    """Write everything Postfix needs below `root`; it is safe to write again with other ports."""
    _make_queue(root / "queue")
    (root / "data").mkdir(exist_ok=True)
    os.chown(root / "data", pwd.getpwnam("postfix").pw_uid, -1)
    etc = root / "postfix"
    etc.mkdir(exist_ok=True)
    for table in ("virtual", "virtual.regexp", "access", "recipient_bcc"):
        write_file(etc / table, (etc / table).read_text() if (etc / table).exists() else "")
    settings = _settings(root, options, ports) | dict(options.main_cf)
    write_file(etc / "main.cf", "".join(f"{key} = {value}\n" for key, value in settings.items()))
    write_file(etc / "master.cf", MASTER_CF.format(ports=ports) + options.master_cf)


def write_file(path: Path, text: str) -> None:
    """Write a file as of an hour ago, for Postfix waits until a file it reads is seconds old."""
    path.write_text(text)
    hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (hour_ago, hour_ago))


def _make_queue(queue: Path) -> None:
    """Make the queue with Postfix's owners, as its post-install script would in 2.5 seconds."""
    queue.mkdir(exist_ok=True)
    owner = pwd.getpwnam("postfix").pw_uid
    postdrop = grp.getgrnam("postdrop").gr_gid
    for name, mode in QUEUE_DIRECTORIES.items():
        directory = queue / name
        directory.mkdir(exist_ok=True)
        if name == "pid":
            continue
        group = postdrop if name in ("maildrop", "public") else -1
        os.chown(directory, owner, group)
        os.chmod(directory, mode)


def _settings(root: Path, options: PairOptions, ports: Ports) -> dict[str, str]:
    etc = root / "postfix"
    lmtp = f"inet:127.0.0.1:{ports.lmtp}"
    single = " ".join(f"{{{domain}=lmtpone:{lmtp}}}" for domain in options.single_domains)
    return {
        "compatibility_level": "3.6",
        "queue_directory": f"{root}/queue",
        "data_directory": f"{root}/data",
        "maillog_file": f"{root}/log/mail.log",
        "maillog_file_prefixes": str(root),
        "syslog_name": "postfix",
        "myhostname": HOSTNAME,
        "mydestination": "",
        "alias_maps": "",
        "alias_database": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "recipient_delimiter": "+",
        "message_size_limit": "0",
        "mailbox_size_limit": "0",
        "virtual_mailbox_limit": "0",
        "enable_long_queue_ids": "yes" if options.long_queue_ids else "no",
        "virtual_mailbox_domains": " ".join(options.domains + options.single_domains),
        "virtual_mailbox_maps": "static:OK",
        "virtual_alias_maps": f"regexp:{etc}/virtual.regexp, texthash:{etc}/virtual",
        "recipient_bcc_maps": f"texthash:{etc}/recipient_bcc",
        "virtual_transport": f"lmtp:{lmtp}",
        "transport_maps": f"inline:{{ {single} }}" if single else "",
        "lmtp_destination_recipient_limit": str(options.recipient_limit),
        "lmtpone_destination_recipient_limit": "1",
        "contentfilter_destination_recipient_limit": str(options.recipient_limit),
        "smtpd_authorized_xclient_hosts": "127.0.0.1",
        "smtpd_sender_restrictions": f"check_sender_access texthash:{etc}/access",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        "smtpd_peername_lookup": "no",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{ports.auth}",
        "smtpd_tls_security_level": "none",
        "smtp_tls_security_level": "none",
        "default_transport": "error:5.1.2 no outside world in tests",
        "relay_transport": "error:5.1.2 no outside world in tests",
    }
