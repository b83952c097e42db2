"""postwarden.toml: read, validated, and given to the rooms as their own frozen settings.

Purpose: one file says what is read and how it is kept.
Input: a TOML file; relative paths in it are relative to the file. Output: `Configuration`.
Promise: nothing is opened but the file. Every error names the file, the key and the remedy. The keys
are described in docs/reference/configuration.md, which is generated from the models here.
"""

from postwarden.configuration.loading import (
    DEFAULT_FILE,
    ConfigurationError,
    load,
    schema,
)
from postwarden.configuration.models import Configuration

__all__ = ["DEFAULT_FILE", "Configuration", "ConfigurationError", "load", "schema"]
