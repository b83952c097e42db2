"""The SSH anchor against a real sshd with keys of its own: what it keeps, and what it refuses."""

import os
import shutil
import socket
import subprocess
import time

import pytest

from ledger.conftest import Book, entry
from postwarden.ledger.models import HeadRow
from postwarden.ledger.service import AnchorError
from postwarden.servers.anchors import SshAnchor
from servers.databases import program

pytestmark = pytest.mark.servers


class Witness:
    """A private sshd on loopback, for the user that runs the tests, and what ssh needs for it."""

    def __init__(self, folder, port):
        self.folder = folder
        self.port = port
        folder.mkdir()
        self.key("host")
        self.key("client")
        shutil.copy(folder / "client.pub", folder / "authorized_keys")
        self.trust("host")
        (folder / "sshd_config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
        self._server = None

    def key(self, name):
        for old in self.folder.glob(f"{name}*"):
            old.unlink()
        words = ("-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        subprocess.run(("ssh-keygen", *words), check=True)

    def trust(self, name):
        public = (self.folder / f"{name}.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {public}")

    def start(self, *before):
        """Start it, by another program where one is named."""
        words = (*before, program("sshd"), "-D", "-e", "-f", str(self.folder / "sshd_config"))
        self._server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        until(self._listens)

    def _listens(self):
        assert self._server.poll() is None
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self._server.terminate()
        self._server.wait()

    def anchor(self, path):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True)
        options = (
            *("-F", "none", "-p", str(self.port), "-i", str(self.folder / "client")),
            *("-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"),
            *("-o", f"UserKnownHostsFile={self.folder}/known_hosts"),
        )
        return SshAnchor(f"{user.stdout.strip()}@127.0.0.1", str(path), options)


@pytest.fixture
def witness(tmp_path):
    if os.geteuid() == 0:
        os.makedirs(
            "/run/sshd", mode=0o755, exist_ok=True
        )  # sshd's own, empty: Debian's unit makes it
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    there = Witness(tmp_path / "witness", port)
    there.start()
    yield there
    there.stop()


@pytest.fixture
def book(on_sqlite):
    made = Book(on_sqlite)
    made.fill(20)
    return made


def note(size=20):
    return HeadRow.objects.get(size=size).note


def test_heads_are_kept_on_the_other_host_and_cover_the_ledger(book, witness, tmp_path):
    anchor = witness.anchor(tmp_path / "it's heads")
    assert anchor.read() == []
    assert book.ledger.anchor(anchor, book.now)
    book.append(entry(21))
    book.ledger.sequence(book.now)
    assert book.ledger.anchor(anchor, book.now)
    assert anchor.read() == [note(20), note(21)]
    found = book.verify(*anchor.read())
    assert (found.covered, found.faults) == (21, ())


def test_a_host_with_another_key_is_refused(book, witness, tmp_path):
    anchor = witness.anchor(tmp_path / "heads")
    witness.key("other")
    witness.trust("other")
    for ask in (lambda: book.ledger.anchor(anchor, book.now), anchor.read):
        with pytest.raises(AnchorError, match="Host key verification failed"):
            ask()
    assert not (tmp_path / "heads").exists()
    witness.trust("host")
    assert book.ledger.anchor(anchor, book.now)
    assert anchor.read() == [note()]


def test_a_disk_that_is_full_there_keeps_nothing_and_is_named(book, witness):
    anchor = witness.anchor("/dev/full")
    with pytest.raises(AnchorError, match="No space left on device"):
        book.ledger.anchor(anchor, book.now)
    with pytest.raises(AnchorError, match="No space left"):  # tried again, as nothing is recorded
        book.ledger.anchor(anchor, book.now)


def test_a_file_that_may_not_be_written_there_is_named(book, witness, tmp_path):
    (tmp_path / "heads").mkdir()
    anchor = witness.anchor(tmp_path / "heads")
    for ask in (lambda: book.ledger.anchor(anchor, book.now), anchor.read):
        with pytest.raises(AnchorError, match="Is a directory"):
            ask()


def test_a_host_that_is_away_is_tried_again(book, witness, tmp_path):
    anchor = witness.anchor(tmp_path / "heads")
    witness.stop()
    with pytest.raises(AnchorError, match="Connection refused"):
        book.ledger.anchor(anchor, book.now)
    witness.start()
    assert book.ledger.anchor(anchor, book.now)
    assert anchor.read() == [note()]


def test_a_writer_that_dies_in_the_middle_of_a_head_leaves_none(book, witness, tmp_path):
    """A limit on the size of files kills the writer there in the middle of its write."""
    heads = tmp_path / "heads"
    anchor = witness.anchor(heads)
    assert book.ledger.anchor(anchor, book.now)
    book.append(entry(21))
    book.ledger.sequence(book.now)
    witness.stop()
    most = heads.stat().st_size + 100
    witness.start("prlimit", f"--fsize={most}")
    with pytest.raises(AnchorError):
        book.ledger.anchor(anchor, book.now)
    assert heads.stat().st_size == most
    assert anchor.read() == [note(20)]
    witness.stop()
    witness.start()
    assert book.ledger.anchor(anchor, book.now)
    assert anchor.read() == [note(20), note(21)]
    assert book.verify(*anchor.read()).faults == ()


def until(fits):
    deadline = time.monotonic() + 10
    while not fits():
        assert time.monotonic() < deadline
        time.sleep(0.02)
