"""What a test may vary about the private servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from postwarden.drills.lab.options import DELIVERY_LOG, Ports

MASTER = "migration"
MASTER_PASSWORD = "migration-pw"
DELIVERY_LOG_DEFAULT = "msgid=%m: %$"


@dataclass(frozen=True)
class PairOptions:
    """How a pair is configured.

    Attributes:
        users: login to password.
        domains: delivered by LMTP with up to `recipient_limit` recipients in one transaction.
        single_domains: delivered by LMTP with one recipient in a transaction.
        recipient_limit: Postfix's lmtp_destination_recipient_limit.
        long_queue_ids: Postfix's enable_long_queue_ids.
        delivery_log: Dovecot's deliver_log_format.
        redirect_by: how Sieve hands a redirected message on, "smtp" or "sendmail".
        timezone: TZ of both servers.
        main_cf: further Postfix parameters; they win over those written here.
        master_cf: further lines of master.cf.
        dovecot_conf: further Dovecot settings, read last.
    """

    users: Mapping[str, str]
    domains: tuple[str, ...] = ("example.test",)
    single_domains: tuple[str, ...] = ()
    recipient_limit: int = 50
    long_queue_ids: bool = True
    delivery_log: str = DELIVERY_LOG
    redirect_by: str = "smtp"
    timezone: str = "Europe/Amsterdam"
    main_cf: Mapping[str, str] = field(default_factory=dict)
    master_cf: str = ""
    dovecot_conf: str = ""


@dataclass(frozen=True)
class PairPorts(Ports):
    """Loopback ports of one pair."""

    smtp_filtered: int  # mail accepted here passes the content filter
    reinjection: int
    filter: int
    sendmail: int
