"""The one door of this room."""

from postwarden.durable.files import (
    create_text,
    file_mode,
    folder_mode,
    link_file,
    make_folder,
    replace_bytes,
    replace_text,
    sync_folder,
    write_json,
)
from postwarden.durable.locks import LockedElsewhereError, locked_file
from postwarden.durable.reading import matching, open_unnoticed, private_line
from postwarden.durable.together import PARTIAL, Together, side_by_side, together, write_many

__all__ = [
    "PARTIAL",
    "LockedElsewhereError",
    "Together",
    "create_text",
    "file_mode",
    "folder_mode",
    "link_file",
    "locked_file",
    "make_folder",
    "matching",
    "open_unnoticed",
    "private_line",
    "replace_bytes",
    "replace_text",
    "side_by_side",
    "sync_folder",
    "together",
    "write_json",
    "write_many",
]
