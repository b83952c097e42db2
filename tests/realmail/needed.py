"""Whether tests that need the private servers run, are skipped or fail."""

import os

import pytest

from postwarden.drills.lab.errors import MissingServers
from postwarden.drills.lab.requirements import require_servers


def skip_without_servers() -> None:
    """Skip where the servers cannot run; fail where they must (CI, POSTWARDEN_REQUIRE_SERVERS)."""
    try:
        require_servers()
    except MissingServers as error:
        if os.environ.get("CI") or os.environ.get("POSTWARDEN_REQUIRE_SERVERS"):
            raise
        pytest.skip(str(error))
