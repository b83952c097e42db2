"""What the file `maildirsize` says of the room in a Maildir."""

import pytest

from postwarden.relocation.ports import Room
from postwarden.servers.maildir import MaildirRoute
from postwarden.servers.maildir.quota import bytes_left
from postwarden.sources.service import StoreSettings

ANN, BEN = "ann@example.test", "ben@example.test"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"", None),
        (b"1000S\n", 1000),
        (b"1000S\n300 2\n200 1\n-100 -1\n", 600),
        (b"1000S\n1200 2\n", 0),
        (b"1000S,2C\n300 1\n", 700),
        (b"1000S,2C\n300 2\n", 0),
        (b"2C\n300 1\n", None),
        (b"0S\n300 1\n", None),
        (b"1000S\n300 1\n20", 700),
        (b"nonsense\n300 1\n", None),
        (b"\xff\xfeS\n\n", None),
    ],
)
def test_what_is_left(content, left):
    assert bytes_left(content) == left


def test_the_route_tells_it_and_follows_no_symlink(tmp_path):
    for name in ("ann", "ben"):
        (tmp_path / "example.test" / name / "cur").mkdir(parents=True)
    (tmp_path / "example.test/ann/maildirsize").write_bytes(b"1000S\n300 2\n")
    (tmp_path / "example.test/ben/maildirsize").symlink_to(
        tmp_path / "example.test/ann/maildirsize"
    )
    store = StoreSettings("main", "maildir", str(tmp_path / "{domain}/{local}"))
    route = MaildirRoute(store, frozenset(), ".", "desk")
    rooms = route.rooms([ANN, BEN, "eve@example.test"])
    assert rooms == {
        ANN: Room(exists=True, bytes_left=700),
        BEN: Room(exists=True),
        "eve@example.test": Room(exists=False),
    }
