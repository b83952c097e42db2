"""Writes the private Postfix instance of a pair."""

from pathlib import Path

from postwarden.drills.lab.postfix import (
    main_cf,
    make_queue,
    master_cf,
    parameters,
    write_settled,
)
from realmail.options import PairOptions, PairPorts

MASTER_CF = """\
lmtpone unix - - n - - lmtp
contentfilter unix - - n - 4 smtp
127.0.0.1:{ports.smtp_filtered} inet n - n - - smtpd
  -o content_filter=contentfilter:[127.0.0.1]:{ports.filter}
127.0.0.1:{ports.reinjection} inet n - n - - smtpd
  -o receive_override_options=no_address_mappings,no_unknown_recipient_checks
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""


def write(root: Path, options: PairOptions, ports: PairPorts) -> None:
    """Write everything Postfix needs below `root`; it is safe to write again with other ports."""
    make_queue(root)
    etc = root / "postfix"
    etc.mkdir(exist_ok=True)
    for table in ("virtual", "virtual.regexp", "access", "recipient_bcc"):
        write_settled(etc / table, (etc / table).read_text() if (etc / table).exists() else "")
    settings = main_cf(root, ports, options.domains + options.single_domains)
    settings |= _differences(root, options, ports) | dict(options.main_cf)
    write_settled(etc / "main.cf", parameters(settings))
    text = master_cf(ports) + MASTER_CF.format(ports=ports) + options.master_cf
    write_settled(etc / "master.cf", text)


def _differences(root: Path, options: PairOptions, ports: PairPorts) -> dict[str, str]:
    """Give what a pair has that a lab has not."""
    etc = root / "postfix"
    lmtp = f"inet:127.0.0.1:{ports.lmtp}"
    single = " ".join(f"{{{domain}=lmtpone:{lmtp}}}" for domain in options.single_domains)
    return {
        "enable_long_queue_ids": "yes" if options.long_queue_ids else "no",
        "virtual_mailbox_maps": "static:OK",
        "virtual_alias_maps": f"regexp:{etc}/virtual.regexp, texthash:{etc}/virtual",
        "recipient_bcc_maps": f"texthash:{etc}/recipient_bcc",
        "transport_maps": f"inline:{{ {single} }}" if single else "",
        "lmtp_destination_recipient_limit": str(options.recipient_limit),
        "lmtpone_destination_recipient_limit": "1",
        "contentfilter_destination_recipient_limit": str(options.recipient_limit),
        "smtpd_sender_restrictions": f"check_sender_access texthash:{etc}/access",
    }
