"""Anchors: the same cases for a file, and for a keeper by HTTP (a real server on loopback)."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ledger.conftest import Book, entry
from postwarden.ledger.models import HeadRow
from postwarden.ledger.service import AnchorError, FileAnchor
from postwarden.servers.anchors import HttpAnchor, SshAnchor


class Keeper(BaseHTTPRequestHandler):
    """Appends what is posted, and gives it all."""

    def do_POST(self):
        note = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.kept.append(note)
        self._answer(b"")

    def do_GET(self):
        self._answer(b"\n\n".join(self.server.kept))

    def _answer(self, body):
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def keeper():
    with HTTPServer(("127.0.0.1", 0), Keeper) as server:
        server.kept, server.status = [], 200
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["file", "http"])
def anchor(request, tmp_path):
    if request.param == "file":
        return FileAnchor(str(tmp_path / "heads"))
    server = request.getfixturevalue("keeper")
    return HttpAnchor(f"http://127.0.0.1:{server.server_port}/heads")


def test_heads_are_kept_outside_and_cover_the_ledger(on_sqlite, anchor):
    book = Book(on_sqlite)
    assert anchor.read() == []
    book.fill(20)
    assert book.ledger.anchor(anchor, book.now)
    assert not book.ledger.anchor(anchor, book.now)
    book.append(entry(21))
    book.ledger.sequence(book.now)
    assert book.ledger.anchor(anchor, book.now)
    notes = anchor.read()
    assert notes == [HeadRow.objects.get(size=size).note for size in (20, 21)]
    found = book.verify(*notes)
    assert (found.covered, found.tail, found.faults) == (21, 0, ())


def test_an_anchor_with_a_long_name_is_remembered(state, tmp_path):
    book = Book(state)
    book.fill(5)
    deep = tmp_path.joinpath(*("a-folder-with-a-long-name",) * 10)
    deep.mkdir(parents=True)
    first, second = (FileAnchor(str(deep / name)) for name in ("first", "second"))
    assert book.ledger.anchor(first, book.now)
    assert not book.ledger.anchor(first, book.now)
    assert book.ledger.anchor(second, book.now)


def test_an_empty_ledger_has_nothing_to_keep(on_sqlite, anchor):
    assert not Book(on_sqlite).ledger.anchor(anchor, 1)
    assert anchor.read() == []


def test_what_could_not_be_kept_is_written_again(on_sqlite, keeper):
    book = Book(on_sqlite)
    book.fill(5)
    anchor = HttpAnchor(f"http://127.0.0.1:{keeper.server_port}/heads")
    keeper.status = 503
    with pytest.raises(AnchorError, match="503"):
        book.ledger.anchor(anchor, book.now)
    with pytest.raises(AnchorError, match="503"):
        anchor.read()
    keeper.status = 200
    assert book.ledger.anchor(anchor, book.now)
    assert len(anchor.read()) == 1


@pytest.mark.parametrize(
    "anchor",
    [
        FileAnchor("/nowhere/at/all/heads"),
        HttpAnchor("http://127.0.0.1:1/heads"),
        SshAnchor("nobody@127.0.0.1", "heads", ("-p", "1", "-F", "none")),
    ],
    ids=lambda one: one.name,
)
def test_a_place_that_is_away_is_named(anchor):
    with pytest.raises(AnchorError, match=r"nowhere|127"):
        anchor.write("note")
