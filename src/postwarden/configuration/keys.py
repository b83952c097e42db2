"""Keys of doveadm's API: in the file itself, or in one that only the worker can read."""

import os
from contextlib import suppress
from typing import Annotated

from pydantic import AfterValidator, Field

from postwarden.configuration.values import FilePath, Model, some

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a service alone may read: systemd.exec(5), LoadCredential=."""
NOT_HELD = ""
"""The key of a process that cannot read the file: no Dovecot takes it, and no door asks with it."""


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
        if self.api_key_file is None:
            return self.api_key
        given = os.environ.get(CREDENTIALS)
        name = os.path.basename(self.api_key_file)
        for path in ([os.path.join(given, name)] if given else []) + [self.api_key_file]:
            with suppress(OSError), open(path, encoding="utf-8") as file:
                return file.readline().strip()
        return NOT_HELD

    def check_one_key(self) -> None:
        """Refuse a Dovecot with two keys, or none; raise `ValueError`."""
        if (self.api_key is None) == (self.api_key_file is None):
            raise ValueError('write api_key = "…", or api_key_file = "…", one of them')
