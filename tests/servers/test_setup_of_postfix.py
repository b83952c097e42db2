"""`postwarden setup postfix` on a main.cf of its own, read by the real postconf."""

import subprocess

import pytest

from cli.conftest import ask
from providers import SMALL
from servers.databases import program

pytestmark = pytest.mark.servers
POSTCONF = "/usr/sbin/postconf"
OWN = """
compatibility_level = 3.6
smtpd_sender_restrictions = reject_unknown_sender_domain
smtpd_end_of_data_restrictions =
    check_policy_service { inet:127.0.0.1:10023, timeout=10s },
    permit
"""


@pytest.fixture
def own(tmp_path):
    """Give a folder with a main.cf, and what asks it."""
    program(POSTCONF)
    (tmp_path / "postwarden.toml").write_text(SMALL)
    (tmp_path / "main.cf").write_text(OWN)
    (tmp_path / "master.cf").touch()

    def value(name):
        done = subprocess.run(
            [POSTCONF, "-c", tmp_path, "-h", name], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return tmp_path, value


def test_pasted_as_told_it_takes_no_restriction_of_the_operator_s_away(own):
    folder, value = own
    for _ in range(2):  # again, when it stands there already
        answer = ask(
            *("setup", "postfix", "-c", folder / "postwarden.toml", "--server-config", folder)
        )
        assert answer.status == 0, answer.err
        (folder / "main.cf").write_text(f"compatibility_level = 3.6\n{answer.out}")
        check, _, end = value("smtpd_end_of_data_restrictions").partition(", ")
        assert check.startswith("check_sasl_access proxy:sqlite:")
        assert end == "check_policy_service { inet:127.0.0.1:10023, timeout=10s }, permit"
        assert value("smtpd_sender_restrictions") == f"{check}, reject_unknown_sender_domain"
