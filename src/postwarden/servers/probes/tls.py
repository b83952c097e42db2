"""TLS as clients speak it."""

import ssl

from postwarden.holds.doctor.service import Door, is_loopback


def context(door: Door) -> ssl.SSLContext:
    """Give what certificates are checked with: not on loopback, whose name is in no certificate."""
    made = ssl.create_default_context()
    if is_loopback(door.host):
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
