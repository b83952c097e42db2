"""The configuration of a private Dovecot 2.3."""

from dataclasses import dataclass
from pathlib import Path

from postwarden.drills.lab.options import DELIVERY_LOG, HOST, HOSTNAME, ZONE, Ports

TEMPLATE = """\
base_dir = {root}/run
state_dir = {root}/dovecot/state
instance_name = lab-{ports.imap}
protocols = imap pop3 lmtp sieve
listen = {host}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_cache_size = 10M
log_path = {root}/log/dovecot.log
hostname = {hostname}
import_environment = TZ={it.timezone} DOVECOT_HOSTNAME={hostname}
postmaster_address = postmaster@{it.domain}
recipient_delimiter = +
first_valid_uid = 1
mail_uid = {it.uid}
mail_gid = {it.gid}
mail_fsync = never
mail_home = {root}/vmail/%Ld/%Ln
mail_location = {it.mail_location}
lda_original_recipient_header = X-Original-To
deliver_log_format = {it.delivery_log}
doveadm_api_key = {it.doveadm_key}
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
  args = scheme=PLAIN username_format=%Lu {root}/dovecot/users
  result_success = continue-ok
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
service managesieve-login {{
  inet_listener sieve {{
    port = {ports.sieve}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {ports.lmtp}
  }}
}}
service doveadm {{
  inet_listener http {{
    port = {ports.doveadm}
  }}
}}
service auth {{
  inet_listener {{
    address = {host}
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
{it.further}
!include_try {root}/dovecot/holds.conf
"""


@dataclass(frozen=True)
class DovecotSettings:
    """What may differ from one private Dovecot to another.

    Attributes:
        domain: whose postmaster signs what Dovecot itself sends.
        doveadm_key: of the HTTP API.
        uid: number of the user whom stored mail belongs to.
        gid: likewise of the group.
        mail_location: format and place of a mailbox, seen from its home.
        delivery_log: deliver_log_format.
        redirect: the setting that says how Sieve sends; empty for SMTP to the private Postfix.
        timezone: IANA name; of log stamps.
        further: more settings, read after these and before holds.conf.
    """

    domain: str
    doveadm_key: str
    uid: int
    gid: int
    mail_location: str = "maildir:~/Maildir"
    delivery_log: str = DELIVERY_LOG
    redirect: str = ""
    timezone: str = ZONE
    further: str = ""


def configuration(root: Path, ports: Ports, settings: DovecotSettings) -> str:
    """Give dovecot.conf; settings of ROOT/dovecot/holds.conf, if there is one, come last.

    The first passdb says continue-ok, so that passdbs of holds.conf are asked after it.
    """
    return TEMPLATE.format(
        root=root,
        ports=ports,
        host=HOST,
        hostname=HOSTNAME,
        it=settings,
        redirect=settings.redirect or f"submission_host = {HOST}:{ports.smtp}",
    )
