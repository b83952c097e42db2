"""Writes the private Dovecot instance of a pair."""

import os
from pathlib import Path

from postwarden.drills.lab.dovecot import DovecotSettings, configuration
from postwarden.drills.lab.options import NOBODY
from realmail.options import MASTER, MASTER_PASSWORD, PairOptions, PairPorts

MASTER_USERS = """\
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/dovecot/masters
  master = yes
  result_success = continue
}}
"""


def write(root: Path, options: PairOptions, ports: PairPorts) -> None:
    """Write everything Dovecot needs below `root`; it is safe to write again with other ports."""
    (root / "vmail").mkdir(exist_ok=True)
    os.chown(root / "vmail", NOBODY, NOBODY)
    etc = root / "dovecot"
    (etc / "state").mkdir(parents=True, exist_ok=True)
    users = (f"{user}:{{PLAIN}}{password}::::::\n" for user, password in options.users.items())
    (etc / "users").write_text("".join(users))
    (etc / "masters").write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}::::::\n")
    settings = DovecotSettings(
        domain=options.domains[0],
        doveadm_key="pair",
        uid=NOBODY,
        gid=NOBODY,
        delivery_log=options.delivery_log,
        redirect=f"sendmail_path = {root}/sendmail" if options.redirect_by == "sendmail" else "",
        timezone=options.timezone,
        further=MASTER_USERS.format(root=root) + options.dovecot_conf,
    )
    (etc / "dovecot.conf").write_text(configuration(root, ports, settings))
