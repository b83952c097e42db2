"""Secrets of a process: in the file itself, or in one that only this process can read."""

import os
from contextlib import suppress
from typing import Annotated

from pydantic import AfterValidator, Field

from postwarden.configuration.values import FilePath, Model, some

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a service alone may read: systemd.exec(5), LoadCredential=."""
NOT_HELD = ""
"""The secret of a process that cannot read its file: nobody takes it, and no door asks with it."""


def first_line(file: str) -> str:
    """Give the secret in the first line of a file; `NOT_HELD` where this process cannot read it.

    A credential of the file's name that systemd gives the service comes first.
    """
    given = os.environ.get(CREDENTIALS)
    name = os.path.basename(file)
    for path in ([os.path.join(given, name)] if given else []) + [file]:
        with suppress(OSError), open(path, encoding="utf-8") as stream:
            return stream.readline().strip()
    return NOT_HELD


class WithKey(Model):
    """A Dovecot that is asked by its API."""

    api_key: Annotated[str, AfterValidator(some)] | None = Field(
        default=None, description="Its doveadm_api_key."
    )
    api_key_file: FilePath | None = Field(
        default=None,
        description="File with the key in its first line, in the place of api_key; a credential of the"
        " file's name that systemd gives the service comes first. Processes that can read neither do"
        " without Dovecot.",
    )

    def key(self) -> str | None:
        """Give the key; `NOT_HELD` where this process cannot read it, None where none is named."""
        return self.api_key if self.api_key_file is None else first_line(self.api_key_file)

    def check_one_key(self) -> None:
        """Refuse a Dovecot with two keys, or none; raise `ValueError`."""
        if (self.api_key is None) == (self.api_key_file is None):
            raise ValueError('write api_key = "…", or api_key_file = "…", one of them')
