"""The route on Dovecots that are set up otherwise: TLS, prefixes of names, lazy_expunge, virtual folders."""

import imaplib
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from needed import skip_without_servers
from postwarden.drills.lab.processes import wait_until
from postwarden.relocation.service import (
    Absence,
    Original,
    TemporaryRouteError,
    Where,
    content_hash,
)
from postwarden.servers.dovecot import DovecotRoute
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.imap import Place
from postwarden.servers.dovecot.staging import Login
from postwarden.servers.dovecot.traces import mask_of
from relocation.rigs import HOST, KEY, PASSWORD, SECONDS, STAGING, Rig, Way, served

SUBJECT, BODY = b"Xylophone-subject", b"Quartz-body"
LETTER = b"From: a@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: %b\r\n\r\n%b\r\n" % (
    SUBJECT,
    BODY,
)
KEPT_IN_A_NAMESPACE = """
mail_plugins = $mail_plugins lazy_expunge virtual
namespace inbox {{
  prefix = INBOX.
  separator = .
}}
namespace expunged {{
  prefix = EXPUNGED.
  separator = .
  hidden = yes
  list = no
  location = maildir:~/expunged
}}
namespace virtual {{
  prefix = V.
  separator = .
  location = virtual:{root}/virtual:INDEX=~/virtual
}}
plugin {{
  lazy_expunge = EXPUNGED.
}}
ssl = yes
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/key.pem
service imap-login {{
  inet_listener imaps {{
    port = {ports.imap}
    ssl = yes
  }}
}}
"""
KEPT_IN_A_FOLDER = """
mail_plugins = $mail_plugins lazy_expunge
namespace inbox {{
  prefix = Mail/
}}
namespace public {{
  type = public
  prefix = Public/
  separator = /
  location = mdbox:{root}/vmail/public
  subscriptions = no
}}
plugin {{
  lazy_expunge = Mail/.Expunged
}}
"""

DSYNC = """
doveadm_password = of-dsync
service doveadm {{
  inet_listener {{
    address = 127.0.0.1
    port = {ports.auth}
  }}
}}
"""
REPLICATING = """
mail_plugins = $mail_plugins replication
doveadm_password = of-dsync
service replicator {
  process_min_avail = 1
  unix_listener replicator-doveadm {
    mode = 0666
  }
}
service aggregator {
  fifo_listener replication-notify-fifo {
    mode = 0666
  }
  unix_listener replication-notify {
    mode = 0666
  }
}
plugin {
  mail_replica = tcp:127.0.0.1:PORT
}
"""

pytestmark = pytest.mark.servers


class Variant(Rig):
    """A Dovecot with further settings; its route is told what lazy_expunge is."""

    def __init__(self, root, store, further, prefix, lazy):
        super().__init__(root, store)
        self.prefix, self.lazy = prefix, lazy
        self.more = self.ports.free()
        self._further = further.format(root=root, ports=self.more)

    def start(self):
        (self.root / "dovecot").mkdir()
        (self.root / "dovecot" / "holds.conf").write_text(self._further)
        virtual = self.root / "virtual" / "All"
        virtual.mkdir(parents=True)
        (virtual / "dovecot-virtual").write_text("*\n  all\n")
        made_certificates(self.root)
        super().start()

    def dovecot(self, lazy=None):
        place = Place(HOST, self.ports.imap, tls=False)
        return self.route(place, self.url, self.lazy if lazy is None else lazy)

    def route(self, place, url, lazy=""):
        login = Login(place, STAGING, lambda: PASSWORD, SECONDS)
        return DovecotRoute("b1", Doveadm(url, KEY, SECONDS), login, frozenset(), 0.0, lazy)

    def files_with(self, *words):
        """Give the files of all accounts that hold one of these byte strings, by account."""
        root = self.root / "vmail" / "example.test"
        files = [one for one in root.rglob("*") if one.is_file()]
        found = [one for one in files if any(word in one.read_bytes() for word in words)]
        return {one.relative_to(root).parts[0] for one in found}

    def subjects(self, account):
        """Let Dovecot put subjects into its cache, as a mail program does."""
        with self.imap(account) as session:
            for _ in range(2):
                session.fetch("1:*", "(ENVELOPE)")


def made_certificates(folder):
    """Make a CA, and a certificate of it for HOST alone."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    ca = ["-subj", "/CN=Example CA", "-keyout", "ca.key", "-out", "ca.pem"]
    own = ["-subj", "/CN=mail", "-keyout", "key.pem", "-out", "certificate.pem"]
    own += ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName=IP:{HOST}"]
    own += ["-addext", "basicConstraints=CA:false"]
    for more in (ca, own):
        words = ["openssl", "req", "-x509", *key, *more]
        subprocess.run(words, check=True, capture_output=True, cwd=folder)


@contextmanager
def running(*given):
    root = Path(tempfile.mkdtemp(prefix="rig-"))
    root.chmod(0o755)
    try:
        rig = Variant(root, *given)
        with served(rig):
            yield rig
    finally:
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def in_a_namespace():
    skip_without_servers()
    with running("maildir", KEPT_IN_A_NAMESPACE, "INBOX.", "EXPUNGED.") as rig:
        yield Way(rig, rig.dovecot())


@pytest.fixture(scope="module")
def in_a_folder():
    skip_without_servers()
    with running("mdbox", KEPT_IN_A_FOLDER, "Mail/", "Mail/.Expunged") as rig:
        yield Way(rig, rig.dovecot())


@pytest.fixture(params=["in_a_namespace", "in_a_folder"])
def way(request):
    found = request.getfixturevalue(request.param)
    found.rig.fresh()
    return found


def read(way, *copies):
    return [found for _, found in way.route.read(copies)]


def delivered(way, content, **given):
    """Deliver a message to the owner; give where it is, and its hash as it is read back."""
    tickets = list(way.route.stage([way.rig.parcel(content, **given)]).values())
    way.route.publish(tickets)
    (where,) = way.route.settle(tickets).values()
    ((_, told),) = way.route.arrived(tickets)
    return where, told


def test_of_a_removed_copy_nothing_stays_with_its_holder_or_in_staging(way):
    copy = way.rig.put(LETTER)
    holder, owner = (one.partition("@")[0] for one in (way.rig.holder, way.rig.owner))
    way.rig.subjects(way.rig.holder)
    (original,) = read(way, copy)
    assert original.content == LETTER
    assert delivered(way, LETTER) == (Where.ARRIVED, content_hash(LETTER))
    assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: None}
    way.route.clear(["case1-"], [way.rig.owner])
    assert way.rig.files_with(SUBJECT, BODY) & {holder, owner, "staging"} == {owner}
    assert {"lazy-expunge", "index-cache"}.isdisjoint(way.route.residue())


def test_a_copy_that_its_holder_removed_is_found_where_lazy_expunge_keeps_it(way):
    copy = way.rig.put(LETTER)
    with way.rig.imap(way.rig.holder) as session:
        session.store("1", "+FLAGS", r"(\Deleted)")
        session.expunge()
    (found,) = read(way, copy)
    assert isinstance(found, Original)
    assert found.content == LETTER
    assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: None}
    assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: Absence.GONE}
    assert way.rig.holder.partition("@")[0] not in way.rig.files_with(BODY)


def test_where_lazy_expunge_is_not_what_was_said_it_is_named(way):
    assert "lazy-expunge" in way.rig.dovecot("ELSEWHERE/").residue()
    assert "lazy-expunge" in way.rig.dovecot("").residue()


def test_names_with_a_prefix_and_beyond_ascii_are_those_of_dovecot(way):
    prefix = way.rig.prefix
    folder = f"{prefix}Entw\xfcrfe & mehr{prefix[-1]}\u5c0f"
    assert delivered(way, LETTER, folder=folder) == (Where.ARRIVED, content_hash(LETTER))
    copy = way.rig.put(LETTER)
    way.rig.doveadm("mailboxCreate", user=way.rig.holder, mailbox=[folder])
    moved = {"user": way.rig.holder, "destinationMailbox": folder}
    way.rig.doveadm("move", **moved, query=["mailbox", "INBOX", "all"])
    (found,) = read(way, copy)
    assert (found.content, found.folder) == (LETTER, folder)
    assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: None}


def test_what_no_namespace_has_room_for_is_not_carried(way):
    assert way.route.stage([way.rig.parcel(LETTER, folder="Nowhere")]) == {}


def test_a_virtual_folder_shows_copies_and_has_none(in_a_namespace):
    way = in_a_namespace
    way.rig.fresh()
    first, copy = way.rig.put(LETTER + b"1"), way.rig.put(LETTER)
    assert way.route.remove([(first, content_hash(LETTER + b"1"))]) == {first.id: None}
    asked = {"field": ["mailbox"], "query": ["all"]}
    shown = way.rig.doveadm("fetch", user=way.rig.holder, **asked)
    assert shown == [{"mailbox": "INBOX"}] * 2  # one of them is what the virtual folder shows
    (found,) = read(way, copy._replace(uid=99))
    assert (found.content, found.folder) == (LETTER, "INBOX")
    assert way.route.remove([(copy._replace(uid=99), content_hash(LETTER))]) == {copy.id: None}
    assert way.rig.mail(way.rig.holder) == []


def test_public_folders_are_not_touched(in_a_folder):
    way = in_a_folder
    way.rig.fresh()
    copy = way.rig.put(LETTER)
    way.rig.doveadm("mailboxCreate", user=way.rig.holder, mailbox=["Public/Notes"])
    moved = {"user": way.rig.holder, "destinationMailbox": "Public/Notes"}
    way.rig.doveadm("copy", **moved, query=["mailbox", "INBOX", "all"])
    assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: None}
    assert read(way, copy) == [Absence.GONE]
    query = ["mailbox", "Public/Notes", "all"]
    there = way.rig.doveadm("fetch", user=way.rig.holder, field=["guid"], query=query)
    assert [one["guid"] for one in there] == [copy.guid]


@pytest.mark.parametrize(
    ("host", "trusted", "told"),
    [(HOST, False, "unable to get local issuer"), ("localhost", True, "not valid for 'localhost'")],
)
def test_a_certificate_that_is_not_to_be_trusted_is_refused(
    in_a_namespace, monkeypatch, host, trusted, told
):
    way = in_a_namespace
    way.rig.fresh()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(way.rig.root / "ca.pem"))
    route = way.rig.route(Place(host, way.rig.more.imap, tls=True), way.rig.url)
    with pytest.raises(TemporaryRouteError, match=f"certificate.*{told}.*CA"):
        route.stage([way.rig.parcel(LETTER)])


def test_with_the_own_ca_mail_goes_by_tls(in_a_namespace, monkeypatch):
    way = in_a_namespace
    way.rig.fresh()
    monkeypatch.setenv("SSL_CERT_FILE", str(way.rig.root / "ca.pem"))
    place = Place(HOST, way.rig.more.imap, tls=True)
    route = way.rig.route(place, way.rig.url, way.rig.lazy)
    content = LETTER + b"x" * 1_000_000 + b"\r\n"
    assert delivered(Way(way.rig, route), content) == (Where.ARRIVED, content_hash(content))


def has_followed(rig, replica, account, count):
    """Tell whether a replica has so many messages; a try that failed is made again now, not in 5 minutes.

    While it is put into order anew, the replica ends the sessions that look at it.
    """
    told = rig.doveadm("replicatorStatus", userMask=account)
    if any(one["failed"] != "-" for one in told):
        rig.doveadm("replicatorReplicate", priority="high", userMask=account)
    try:
        return len(replica.mail(account)) == count
    except imaplib.IMAP4.abort:
        return False


def test_a_replica_follows_and_is_named():
    skip_without_servers()
    with running("maildir", DSYNC, "", "") as replica:
        further = REPLICATING.replace("PORT", str(replica.more.auth))
        further = further.replace("{", "{{").replace("}", "}}")
        with running("maildir", further, "", "") as rig:
            rig.fresh()
            way = Way(rig, rig.dovecot())
            copy = rig.put(LETTER)
            wait_until(lambda: has_followed(rig, replica, rig.holder, 1), "the replica to have it")
            assert delivered(way, LETTER) == (Where.ARRIVED, content_hash(LETTER))
            assert way.route.remove([(copy, content_hash(LETTER))]) == {copy.id: None}
            way.route.clear(["case1-"], [rig.owner])
            wait_until(lambda: has_followed(rig, replica, rig.holder, 0), "the replica to lose it")
            wait_until(lambda: has_followed(rig, replica, rig.owner, 1), "the owner's replica")
            assert "replicas" in way.route.residue()


@pytest.mark.parametrize(
    ("lazy", "mask"),
    [("", ""), ("EXPUNGED/", "EXPUNGED/*"), ("X.", "X.*"), ("Mail/.Expunged", "Mail/.Expunged")],
)
def test_lazy_expunge_is_a_prefix_or_a_folder(lazy, mask):
    assert mask_of(lazy) == mask
