"""The secret that sessions and forms are signed with: made once, in the state's folder."""

import os
import secrets
from contextlib import suppress

from postwarden.durable.service import create_text, make_folder

_FILE = "console.secret"


def secret(folder: str) -> str:
    """Give it, and make it where there is none yet.

    Promise: of several processes that make it at once all use the same one; only its owner reads it.

    Raises:
        OSError: it can neither be read nor written.
    """
    path = os.path.join(folder, _FILE)
    if not os.path.exists(path):
        make_folder(folder)
        with suppress(FileExistsError):
            create_text(path, secrets.token_urlsafe(48))
    with open(path, encoding="ascii") as file:
        return file.read()
