"""What a test may vary about the private servers."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

HOSTNAME = "mx1.example.test"
MASTER = "migration"
MASTER_PASSWORD = "migration-pw"
MAIL_ID = 65534  # nobody's number: mail belongs to it, so no user need be created
DELIVERY_LOG_FULL = (
    "msgid=%m, from=%f, size=%p, storage_id=%{storage_id} "
    "to_envelope=%{to_envelope} from_envelope=%e: %$"
)
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
    delivery_log: str = DELIVERY_LOG_FULL
    redirect_by: str = "smtp"
    timezone: str = "Europe/Amsterdam"
    main_cf: Mapping[str, str] = field(default_factory=dict)
    master_cf: str = ""
    dovecot_conf: str = ""


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one pair."""

    smtp: int
    smtp_filtered: int  # mail accepted here passes the content filter
    submission: int
    reinjection: int
    filter: int
    sendmail: int
    imap: int
    pop3: int
    lmtp: int
    auth: int

    @classmethod
    def free(cls) -> "Ports":
        """Pick ports that are free now; they may be taken before they are used."""
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in fields(cls)]
        try:
            return cls(*(each.getsockname()[1] for each in sockets))
        finally:
            for each in sockets:
                each.close()
