"""The addresses of one account, as the newest snapshot has them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from postwarden.evidence.manifest import Manifest
from postwarden.evidence.service import BrokenSnapshot, Scope, addresses_of, copies_of
from postwarden.evidence.settings import MANIFEST
from postwarden.evidence.tables import schema_of
from postwarden.sources.service import CopyRecord, DirectoryRecord

IVY = "ivy@example.net"


def write(folder, kind, rows):
    folder.mkdir(parents=True)
    columns = {field: [getattr(row, field) for row in rows] for field in kind._fields}
    pq.write_table(pa.table(columns, schema=schema_of(kind)), folder / "part.parquet")


def snapshot(root, name, taken, *rows):
    folder = root / name
    write(folder / "directory", DirectoryRecord, rows)
    told = Manifest(
        name, "example.net", "test", Scope(), taken, taken, taken + 1, content_hash=False,
        directories=(), parts=(),
    )  # fmt: skip
    (folder / MANIFEST).write_text(told.to_json())


def leads(address, account=IVY):
    return DirectoryRecord(
        address, account, f"{address} > {account}", "alias", None, None, 0, "f", 1
    )


def test_the_newest_snapshot_says_which_addresses_lead_to_an_account(tmp_path):
    assert addresses_of(str(tmp_path), IVY) is None
    snapshot(tmp_path, "one", 1, leads("old@example.net"))
    others = leads("eve@example.net", "eve@example.net")
    snapshot(tmp_path, "two", 2, leads("sales@example.net"), leads("info@example.net"), others)
    found = addresses_of(str(tmp_path), IVY)
    assert (found.snapshot, found.taken) == ("two", 2)
    assert [one.address for one in found.found] == ["info@example.net", "sales@example.net"]


def test_a_directory_that_cannot_be_read_is_told(tmp_path):
    snapshot(tmp_path, "one", 1, leads("old@example.net"))
    (tmp_path / "one" / "directory" / "part.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(BrokenSnapshot):
        addresses_of(str(tmp_path), IVY)


def test_a_message_is_found_by_its_id_in_one_account_alone(tmp_path):
    snapshot(tmp_path, "one", 1, leads("old@example.net"))
    blank = CopyRecord(**dict.fromkeys(CopyRecord._fields))._replace(
        store="s", folder="INBOX", file="cur/1", size=1, flags="", keywords="", trace="", hops=0,
        header_size=1, header_hash="aa", declared_hashes="", state="read",
    )  # fmt: skip
    rows = [
        blank._replace(account=IVY, message_id="<a@shop.test>"),
        blank._replace(account="eve@example.net", message_id="<a@shop.test>"),
        blank._replace(account=IVY, message_id="<b@shop.test>"),
    ]
    write(tmp_path / "one" / "copies", CopyRecord, rows)
    assert copies_of(str(tmp_path), IVY, "<a@shop.test>").found == (rows[0],)
    assert copies_of(str(tmp_path), IVY, "<c@shop.test>").found == ()
