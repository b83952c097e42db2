"""What a test needs of the machine: without it the test is skipped, or fails where it may not be."""

import os
from typing import NoReturn

import pytest

from postwarden.drills.lab.errors import MissingServers
from postwarden.drills.lab.requirements import require_servers


def lacking(reason: str) -> NoReturn:
    """Skip the test for want of something; fail it in CI and with POSTWARDEN_REQUIRE_SERVERS."""
    if os.environ.get("CI") or os.environ.get("POSTWARDEN_REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)


def skip_without_servers() -> None:
    """Tell `lacking` where Postfix and Dovecot cannot run."""
    try:
        require_servers()
    except MissingServers as error:
        lacking(str(error))
