"""Whether this machine and this user can run the private servers, and what is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from postwarden.drills.lab.errors import MissingServers

DOVECOT = "/usr/sbin/dovecot"
POSTFIX_MASTER = "/usr/lib/postfix/sbin/master"
NEEDED: Mapping[str, str] = {
    "postfix": POSTFIX_MASTER,
    "dovecot-core": DOVECOT,
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-pop3d": "/usr/lib/dovecot/pop3",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "dovecot-sieve": "/usr/lib/dovecot/modules/lib90_sieve_plugin.so",
    "dovecot-managesieved": "/usr/lib/dovecot/managesieve",
    "dovecot-sqlite": "/usr/lib/dovecot/modules/auth/libdriver_sqlite.so",
    "postfix-sqlite": "/usr/lib/postfix/postfix-sqlite.so",
    "openssl": "/usr/bin/openssl",
    "util-linux": "/usr/bin/setpriv",
}
KNOWN = "2.3."  # the configuration of 2.4 is another language


def require_root() -> None:
    """Raise `MissingServers` where this user cannot start and end the servers."""
    if os.geteuid() != 0:
        command = " ".join((os.path.abspath(sys.argv[0]), *sys.argv[1:]))
        way = f"run: sudo {command}" if shutil.which("sudo") else "run this as root"
        raise MissingServers(f"Postfix and Dovecot can only be started and ended by root; {way}")


def require_servers() -> None:
    """Raise `MissingServers` naming the Debian packages, or the rights, that are missing."""
    missing = [package for package, file in NEEDED.items() if not os.path.exists(file)]
    if missing:
        words = " ".join(missing)
        raise MissingServers(
            f"Debian packages missing: {words}; install them with:"
            f" sudo apt-get install --no-install-recommends {words}"
        )
    require_root()
    version = subprocess.run(  # noqa: S603  # no shell, fixed words
        [DOVECOT, "--version"], capture_output=True, text=True, check=False, timeout=10
    ).stdout
    if not version.startswith(KNOWN):
        raise MissingServers(
            f"this machine has Dovecot {version.split(' ')[0].strip() or 'of an unknown version'},"
            f" but the private servers are configured for {KNOWN}x, as in Debian 12"
        )
