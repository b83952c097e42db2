"""A hold desk as in the tests of holds."""

import pytest

from custody.quarantined import Place
from holds.conftest import dovecot, make_key, quick_desk, quick_key  # noqa: F401  # fixtures


@pytest.fixture
def place(state, tmp_path):
    return Place(state, tmp_path)


@pytest.fixture
def small(on_sqlite, tmp_path):
    """As `place`, on SQLite alone: for what the database has no part in."""
    return Place(on_sqlite, tmp_path)
