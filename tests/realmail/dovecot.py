"""Writes the private Dovecot instance."""

import os
from pathlib import Path

from realmail.options import HOSTNAME, MAIL_ID, MASTER, MASTER_PASSWORD, PairOptions, Ports

TEMPLATE = """\
base_dir = {root}/run
state_dir = {root}/state
instance_name = realmail-{ports.imap}
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
auth_master_user_separator = *
log_path = {root}/log/dovecot.log
hostname = {hostname}
import_environment = TZ={options.timezone} DOVECOT_HOSTNAME={hostname}
postmaster_address = postmaster@{options.domains[0]}
recipient_delimiter = +
first_valid_uid = 1
mail_uid = {mail_id}
mail_gid = {mail_id}
mail_fsync = never
mail_home = {root}/vmail/%Ld/%Ln
mail_location = maildir:~/Maildir
lda_original_recipient_header = X-Original-To
deliver_log_format = {options.delivery_log}
{redirect}
mail_plugins = notify mail_log
protocol lmtp {{
  mail_plugins = notify mail_log sieve
}}
plugin {{
  mail_log_events = delete undelete expunge save copy mailbox_create mailbox_delete flag_change
  mail_log_fields = uid box msgid size vsize flags
  sieve = file:~/sieve;active=~/.dovecot.sieve
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/dovecot/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {root}/dovecot/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {root}/dovecot/users
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports.pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {ports.lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {ports.auth}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
event_exporter evidence {{
  format = json
  format_args = time-rfc3339
  transport = log
}}
metric opened {{
  exporter = evidence
  filter = event=mail_opened
  exporter_include = name hostname timestamps fields
}}
metric commands {{
  exporter = evidence
  filter = event=imap_command_finished
  exporter_include = name hostname timestamps fields
}}
metric logins {{
  exporter = evidence
  filter = event=auth_request_finished
  exporter_include = name hostname timestamps fields
}}
{options.dovecot_conf}
"""


def write(root: Path, options: PairOptions, ports: Ports) -> None:
    """Write everything Dovecot needs below `root`; it is safe to write again with other ports."""
    (root / "vmail").mkdir(exist_ok=True)
    os.chown(root / "vmail", MAIL_ID, MAIL_ID)
    etc = root / "dovecot"
    etc.mkdir(exist_ok=True)
    users = (f"{user}:{{PLAIN}}{password}::::::\n" for user, password in options.users.items())
    (etc / "users").write_text("".join(users))
    (etc / "masters").write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}::::::\n")
    redirect = (
        f"sendmail_path = {root}/sendmail"
        if options.redirect_by == "sendmail"
        else f"submission_host = 127.0.0.1:{ports.smtp}"
    )
    text = TEMPLATE.format(
        root=root,
        options=options,
        ports=ports,
        hostname=HOSTNAME,
        mail_id=MAIL_ID,
        redirect=redirect,
    )
    (etc / "dovecot.conf").write_text(text)
