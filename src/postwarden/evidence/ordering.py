"""The directory of a snapshot being taken, put in the order of accounts: `lookup` finds one among millions then."""

import glob
import os

import pyarrow.parquet as pq

from postwarden.durable.service import sync_folder
from postwarden.evidence.engine import sort_part

_GROUP = 8_192
"""Rows of a row group: as many are read to find one."""


def order_by_account(folder: str) -> None:
    """Rewrite each part of the directory in the order of accounts; one that is a single row group stays.

    After a crash a part is as it was or in order; doing it again gives the same.
    """
    place = os.path.join(folder, "directory")
    for part in sorted(glob.glob(os.path.join(glob.escape(place), "*.parquet"))):
        if pq.read_metadata(part).num_rows <= _GROUP:
            continue
        partial = f"{part}.partial"
        sort_part(part, partial, "account", _GROUP)
        with open(partial, "rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, part)
        sync_folder(place)
