"""Which folders a lab can be in: the servers' own users must get there, and their files name it."""

import os
import re
from pathlib import Path

from postwarden.drills.lab.errors import UnfitFolder

_PLAIN = re.compile(r"[A-Za-z0-9/._+@~-]+")
_LONGEST = 75  # names of sockets below it must stay under 108 bytes: unix(7)


def usable(folder: str | Path) -> Path:
    """Give the absolute path of a folder that private servers can work in.

    Raises:
        UnfitFolder: its name has characters that the servers' configuration cannot hold, is too
            long for their sockets, or a folder above it keeps their users out.
    """
    path = Path(os.path.realpath(folder))
    strange = sorted(set(_PLAIN.sub("", str(path))))
    if strange:
        raise UnfitFolder(
            f"{path}: Postfix and Dovecot cannot work below a name with {' '.join(map(repr, strange))};"
            " name a folder with plain letters, digits and . _ + @ ~ -"
        )
    for above in (path, *path.parents):
        if above.exists() and not above.stat().st_mode & 0o001:
            raise UnfitFolder(
                f"{above} keeps the servers' users out; name another folder,"
                f" such as --dir /var/tmp/{path.name}, or: chmod o+x {above}"
            )
    if len(str(path)) > _LONGEST:
        raise UnfitFolder(
            f"{path}: is longer than {_LONGEST} characters, too long for the servers' sockets;"
            " name a shorter one"
        )
    return path
