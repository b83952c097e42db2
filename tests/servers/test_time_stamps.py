"""Time stamps of RFC 3161, by a real authority: OpenSSL's, behind HTTP on loopback."""

import subprocess
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connections

from cli.conftest import ask
from ledger.conftest import Book, entry
from postwarden.configuration import load
from postwarden.ledger.models import HeadRow
from postwarden.ledger.service import AnchorError, FileAnchor
from postwarden.servers.anchors import StampedAnchor
from postwarden.vocabulary import rfc3339
from postwarden.wiring import anchors, ledger
from postwarden.worker.service import ledger_chores

CONFIGURATION = """
oid_section = oids
[oids]
policy = 1.2.3.4.1
[req]
distinguished_name = name
prompt = no
[name]
CN = Example Authority
[authority]
basicConstraints = critical, CA:true
[stamping]
extendedKeyUsage = critical, timeStamping
[signing]
extendedKeyUsage = critical, codeSigning
[tsa]
serial = serial
signer_digest = sha256
default_policy = policy
digests = sha256, sha512
accuracy = secs:1
"""

SETTINGS = """
[provider]
name = "Example Mail"
domains = ["example.net"]
[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{{domain}}/{{local}}/Maildir"
[[directories]]
accounts = {{ format = "dovecot-passwd", path = "users" }}
[ledger]
anchors = [{{ tsa = "{url}", certificates = "{certificates}", file = "stamps" }}]
"""
OTHER = bytes(32)


class Authority:
    """Keys, certificates and answers, all by the openssl program in a folder of its own."""

    def __init__(self, folder, purpose="stamping"):
        self.folder = folder
        folder.mkdir()
        (folder / "tsa.cnf").write_text(CONFIGURATION)
        (folder / "serial").write_text("01\n")
        new = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
        self._openssl(
            *new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-extensions", "authority"
        )
        self._openssl(*new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Example Stamps")
        self._openssl(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-set_serial", "2", "-days", "30", "-extfile", "tsa.cnf", "-extensions", purpose),
            *("-out", "tsa.pem"),
        )
        self.certificates = str(folder / "ca.pem")

    def answer(self, query):
        (self.folder / "query").write_bytes(query)
        self._openssl(
            *("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query"),
            *("-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer"),
        )
        return (self.folder / "answer").read_bytes()

    def verified(self, data, answer):
        """Whether openssl itself takes the answer for a stamp of the data."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "given").write_bytes(answer)
        words = ("ts", "-verify", "-data", "data", "-in", "given", "-CAfile", "ca.pem")
        return self._openssl(*words, "-untrusted", "tsa.pem", check=False).returncode == 0

    def _openssl(self, *words, check=True):
        return subprocess.run(
            ("openssl", *words), cwd=self.folder, capture_output=True, check=check
        )


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        status, answer = self.server.reply(query)
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "own")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Another one, of the same names."""
    return Authority(tmp_path_factory.mktemp("tsa") / "foreign")


@pytest.fixture
def server(authority):
    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.reply = lambda query: (200, authority.answer(query))
        listening.url = f"http://127.0.0.1:{listening.server_port}/"
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def anchor(server, authority, tmp_path):
    return StampedAnchor(server.url, authority.certificates, str(tmp_path / "stamps"))


def filled(settings, count=20):
    book = Book(settings)
    book.fill(count)
    return book


def test_a_head_is_stamped_and_its_time_told(on_sqlite, anchor, authority, tmp_path):
    book = filled(on_sqlite)
    assert (anchor.read(), anchor.stamps()) == ([], [])
    assert book.ledger.anchor(anchor, book.now)
    book.append(entry(21))
    book.ledger.sequence(book.now)
    assert book.ledger.anchor(anchor, book.now)
    stamps = anchor.stamps()
    assert [(one.size, one.why) for one in stamps] == [(20, ""), (21, "")]
    written = (tmp_path / "stamps").stat().st_mtime_ns // 1_000
    assert written - 60_000_000 < stamps[0].at <= stamps[1].at <= written
    found = book.verify(*anchor.read())
    assert (found.covered, found.faults) == (21, ())


def test_openssl_takes_what_is_kept_for_a_stamp_of_the_note(on_sqlite, server, anchor, authority):
    given = []

    def reply(query):
        given.append(authority.answer(query))
        return 200, given[-1]

    server.reply = reply
    book = filled(on_sqlite)
    book.ledger.anchor(anchor, book.now)
    note = HeadRow.objects.get(size=20).note.encode()
    assert authority.verified(note, given[0])
    assert not authority.verified(note + b" ", given[0])


def test_answers_that_are_none_are_refused_and_nothing_is_kept(
    on_sqlite, server, anchor, authority, foreign, tmp_path
):
    book = filled(on_sqlite)
    note = HeadRow.objects.get(size=20).note
    queries = []
    server.reply = lambda query: queries.append(query) or (200, authority.answer(query))
    StampedAnchor(server.url, authority.certificates, str(tmp_path / "other")).write(note)
    older = authority.answer(queries[0])
    imprint = sha256(note.encode()).digest()
    for why, reply in (
        ("Nonce mismatch", lambda _: (200, older)),
        ("between messages", lambda query: (200, authority.answer(query.replace(imprint, OTHER)))),
        ("certificate", lambda query: (200, foreign.answer(query))),
        ("503", lambda _: (503, b"")),
        ("no stamp", lambda _: (200, authority.answer(b"no query"))),
        ("no stamp", lambda _: (200, b"<html>")),
    ):
        server.reply = reply
        with pytest.raises(AnchorError, match=why):
            book.ledger.anchor(anchor, book.now)
    assert anchor.read() == []


def test_a_stamp_moved_to_another_head_proves_nothing(on_sqlite, anchor, tmp_path):
    book = filled(on_sqlite)
    book.ledger.anchor(anchor, book.now)
    kept = tmp_path / "stamps"
    older = HeadRow.objects.get(size=10).note
    kept.write_text(kept.read_text().replace(HeadRow.objects.get(size=20).note, older))
    (stamp,) = anchor.stamps()
    assert (stamp.size, stamp.at) == (10, None)
    assert "Mismatch" in stamp.why


def test_stamps_of_a_foreign_authority_prove_nothing(on_sqlite, server, anchor, foreign, tmp_path):
    book = filled(on_sqlite)
    book.ledger.anchor(anchor, book.now)
    strict = StampedAnchor(server.url, foreign.certificates, str(tmp_path / "stamps"))
    assert [(one.size, one.at) for one in strict.stamps()] == [(20, None)]


@pytest.mark.parametrize("cut", [1, 3, 400])
def test_a_stamp_that_a_crash_cut_short_is_none_and_the_next_one_holds(
    on_sqlite, anchor, tmp_path, cut
):
    book = filled(on_sqlite)
    book.ledger.anchor(anchor, book.now)
    kept = tmp_path / "stamps"
    kept.write_text(kept.read_text()[:-cut])
    expected = [(20, "")] if cut == 1 else []
    assert [(one.size, one.why) for one in anchor.stamps()] == expected
    anchor.write(HeadRow.objects.get(size=20).note)
    assert [(one.size, one.why) for one in anchor.stamps()] == [*expected, (20, "")]


def test_while_the_authority_is_away_other_anchors_do_not_wait(on_sqlite, authority, tmp_path):
    book = filled(on_sqlite)
    away = StampedAnchor("http://127.0.0.1:1/", authority.certificates, str(tmp_path / "stamps"))
    file = FileAnchor(str(tmp_path / "heads"))
    signing, stamping, writing = ledger_chores(book.ledger, [away, file], 60)
    signing.do()
    with pytest.raises(AnchorError, match="refused"):
        stamping.do()
    writing.do()
    assert (len(file.read()), away.read()) == (1, [])


def test_verify_tells_what_stamps_prove(server, authority, foreign, tmp_path):
    file = tmp_path / "postwarden.toml"
    file.write_text(SETTINGS.format(url=server.url, certificates=authority.certificates))
    ask("person", "add", "anna", "--role", "officer", "--as", "anna", "-c", file)
    configuration = load(str(file))
    book = ledger(configuration)
    book.sequence(1_795_000_000_000_000)
    for anchor in anchors(configuration):
        book.anchor(anchor, 1_795_000_000_000_000)
    answer = ask("verify", "-c", file)
    (stamp,) = anchor.stamps()
    assert answer.status == 0
    assert f"the first 1 entries were there as they are at {rfc3339(stamp.at)}" in answer.out
    assert "Not anchored" not in answer.out
    file.write_text(SETTINGS.format(url=server.url, certificates=foreign.certificates))
    answer = ask("verify", "-c", file)
    assert answer.status == 1
    assert "BAD: the time stamp of the first 1 entries proves nothing: " in answer.out
    connections.close_all()
