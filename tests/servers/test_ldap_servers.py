import queue
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress

import pytest
from databases import SECRET, slapd

from postwarden.servers.ldap import LdapServer
from postwarden.sources.service import (
    PermanentSourceError,
    SourceError,
    TableSettings,
    TemporarySourceError,
)

READER = "cn=reader,dc=example,dc=net"
ENTRIES = """\
dn: dc=example,dc=net
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=team,dc=example,dc=net
objectClass: inetLocalMailRecipient
objectClass: organizationalRole
cn: team
mailLocalAddress: team@example.net
mailLocalAddress: all@example.net
mailRoutingAddress: alice@example.net

dn: cn=elsewhere,dc=example,dc=net
objectClass: referral
objectClass: extensibleObject
cn: elsewhere
ref: ldap://127.0.0.1:1/dc=example,dc=org

"""
PERSON = """\
dn: cn=p{n},dc=example,dc=net
objectClass: inetOrgPerson
cn: p{n}
sn:: w7xu
mail: p{n}@example.net
mail: q{n}@example.net

"""


def table(port, **changes):
    wanted = {
        "url": f"ldap://127.0.0.1:{port}",
        "base": "dc=example,dc=net",
        "query": "(mail=*)",
        "attributes": ("mail", "cn"),
        "bind_dn": READER,
        "password": SECRET,
        **changes,
    }
    return TableSettings("ldap", **wanted)


def rows(port, **changes):
    return list(LdapServer().rows(table(port, **changes)))


@pytest.fixture(scope="module")
def directory():
    people = "".join(PERSON.format(n=n) for n in range(1300))
    with slapd(ENTRIES + people) as database:
        yield database


@pytest.mark.servers
def test_slapd_gives_every_page_and_every_value(directory):
    found = rows(directory.port)
    assert len(found) == 2600
    assert set(found) >= {("p0@example.net", "p0"), ("q1299@example.net", "p1299")}
    assert rows(directory.port, query="(cn=p7)", attributes=("SN",)) == [("ün", "ün")]
    routing = ("maillocaladdress", "mailRoutingAddress")
    assert rows(directory.port, query="(cn=team)", attributes=routing) == [
        ("team@example.net", "alice@example.net"),
        ("all@example.net", "alice@example.net"),
    ]
    assert rows(directory.port, query="(cn=nobody)") == []
    everything = rows(directory.port, query="(objectClass=*)", attributes=("cn", "cn"))
    assert len(everything) == 1301, "the referral is not followed and stops nothing"


@pytest.mark.servers
@pytest.mark.parametrize(
    "changes",
    [{"password": f"wrong-{SECRET}"}, {"query": "(broken"}, {"base": "dc=example,dc=test"}],
)
def test_slapd_refuses_and_we_say_so(directory, changes):
    with pytest.raises(PermanentSourceError, match="refused") as raised:
        rows(directory.port, **changes)
    assert f"ldap://127.0.0.1:{directory.port}" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A key and a certificate of localhost, signed by itself."""
    folder = tmp_path_factory.mktemp("certified")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run([*made, "-nodes", *names, *files], check=True, capture_output=True)
    return folder


@contextmanager
def hearing(certified):
    """A server with that certificate: its port, and what it heard, which is told once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified / "cert.pem", certified / "key.pem")
    heard = queue.Queue()

    def answer(listening):
        with suppress(OSError):
            plain, _ = listening.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as safe:
                    heard.put(safe.recv(1_000))
            except OSError as error:
                heard.put(error)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        yield listening.getsockname()[1], heard
    thread.join()


@pytest.mark.parametrize(
    ("host", "is_trusted"), [("localhost", False), ("127.0.0.1", True), ("localhost", True)]
)
def test_only_a_server_whose_certificate_is_its_own_hears_the_password(
    certified, monkeypatch, host, is_trusted
):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certified / "cert.pem"))
    with hearing(certified) as (port, heard):
        with pytest.raises(SourceError) as raised:
            rows(port, url=f"ldaps://{host}:{port}")
        told = heard.get(timeout=30)
    if is_trusted and host == "localhost":
        assert SECRET.encode() in told
    else:
        assert not isinstance(told, bytes) or not told
        assert "certificate" in str(raised.value).lower()


def test_a_server_that_is_not_there_is_temporary():
    with pytest.raises(TemporarySourceError, match="does not answer"):
        rows(1)


def test_a_table_without_attributes_says_what_to_write():
    with pytest.raises(PermanentSourceError, match="attributes"):
        rows(1, attributes=())
