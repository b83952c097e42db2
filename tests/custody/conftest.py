"""A hold desk as in the tests of holds."""

from holds.conftest import dovecot, make_key, quick_desk, quick_key  # noqa: F401  # fixtures
