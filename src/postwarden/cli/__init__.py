"""The command line: `postwarden COMMAND`, one module a command.

Purpose: bring people's words to the rooms' services, and their answers back.
Input: arguments, postwarden.toml. Output: text, JSON lines, CSV or HTML on standard output.
Promise: exit status 2 and one sentence when it could not run; nothing half-written is left.
"""

from postwarden.cli.app import main

__all__ = ["main"]
