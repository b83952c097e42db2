"""The route through Dovecot where things go wrong: each time the state that is reached is asserted."""

import contextlib
import os
import signal
import socket
import threading

import pytest

from needed import skip_without_servers
from postwarden.drills.lab.processes import children, running
from postwarden.relocation.service import (
    Absence,
    AmbiguousRouteError,
    PermanentRouteError,
    TemporaryRouteError,
    Where,
    content_hash,
)
from postwarden.servers.dovecot import DovecotRoute
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.copying import Pick, layers
from postwarden.servers.dovecot.imap import Imap, Place
from postwarden.servers.dovecot.reading import where_now
from postwarden.servers.dovecot.staging import Login
from postwarden.servers.dovecot.stored import Stored, uid_set
from postwarden.servers.dovecot.tickets import Since, where
from postwarden.sources.service import (
    Mailbox,
    StoreSettings,
    header_hash,
    read_server_mailbox,
)
from postwarden.vocabulary import Provider
from relocation import rigs
from relocation.rigs import FULL, HOST, KEY, PASSWORD, SECONDS, STAGING, Way

PLAIN = b"From: a@example.net\r\nMessage-ID: <1@example.net>\r\n\r\nHello\r\n"
servers = pytest.mark.servers


@pytest.fixture(scope="module", params=["maildir", "mdbox"])
def _way(request):
    skip_without_servers()
    with rigs.running(request.param) as rig:
        yield Way(rig, rig.dovecot())


@pytest.fixture
def way(_way):
    _way.route.clear(["case1-"], [_way.rig.owner, _way.rig.holder])
    _way.rig.fresh()
    return _way


def staged(way, *contents, **given):
    return list(way.route.stage([way.rig.parcel(one, **given) for one in contents]).values())


def settled(way, tickets):
    found = way.route.settle(tickets)
    return [found[ticket.key] for ticket in tickets]


def finish(way, tickets):
    """Publish and settle until nothing is staged; give where each parcel is."""
    while still := [
        t for t, one in zip(tickets, settled(way, tickets), strict=True) if one == "staged"
    ]:
        way.route.publish(still)
    return settled(way, tickets)


def letters(count):
    return [PLAIN + b"%d\r\n" % at for at in range(count)]


@servers
def test_no_answer_is_ambiguous_and_what_was_asked_may_be_done(way):
    contents = letters(40)
    tickets = staged(way, *contents)
    with pytest.raises(AmbiguousRouteError):
        way.rig.dovecot(seconds=0.001).publish(tickets)
    assert set(finish(way, tickets)) == {Where.ARRIVED}
    assert sorted(one.content for one in way.rig.mail(way.rig.owner)) == sorted(contents)


@contextlib.contextmanager
def stuck(way, tickets):
    """Publish while the owner's mailbox is locked: the move is at work, and its client has left."""
    way.rig.put(PLAIN, account=way.rig.owner)
    with way.rig.locked(way.rig.owner):
        with pytest.raises(AmbiguousRouteError):
            way.rig.dovecot(seconds=1.0).publish(tickets)
        yield


def impatient(way):
    login = Login(Place(HOST, way.rig.ports.imap, tls=False), STAGING, lambda: PASSWORD, 0.3)
    return DovecotRoute("b1", Doveadm(way.rig.url, KEY, SECONDS), login, frozenset(), 0)


@servers
def test_a_move_that_ends_after_its_client_has_left_is_waited_for(way):
    contents = letters(5)
    tickets = staged(way, *contents)
    with stuck(way, tickets), pytest.raises(TemporaryRouteError, match="busy"):
        impatient(way).settle(tickets)
    assert set(finish(way, tickets)) == {Where.ARRIVED}
    assert sorted(one.content for one in way.rig.mail(way.rig.owner)) == sorted([PLAIN, *contents])


@servers
def test_a_doveadm_that_is_killed_at_work_leaves_each_parcel_staged_or_arrived(way):
    contents = letters(5)
    tickets = staged(way, *contents)
    with stuck(way, tickets):
        (pid,) = children(running(way.rig.servers.dovecot), "doveadm-server")
        os.kill(pid, signal.SIGKILL)
    assert set(finish(way, tickets)) == {Where.ARRIVED}
    found = {ticket.key: told for ticket, told in way.route.arrived(tickets)}
    assert [found[ticket.key] for ticket in tickets] == [content_hash(one) for one in contents]
    assert sorted(one.content for one in way.rig.mail(way.rig.owner)) == sorted([PLAIN, *contents])


@servers
def test_after_dovecot_was_started_anew_its_orphans_are_waited_for(way):
    tickets = staged(way, PLAIN)
    way.rig.stop()
    with pytest.raises(TemporaryRouteError):
        way.route.publish(tickets)
    way.rig.go_on()
    other = Way(way.rig, way.rig.dovecot(orphans=0.2))
    assert settled(other, tickets) == [Where.STAGED]
    assert finish(way, tickets) == [Where.ARRIVED]


@servers
def test_a_full_mailbox_is_told_before_as_nothing_stops_a_move_into_it(way):
    way.rig.put(PLAIN + b"x" * 15_000 + b"\r\n", account=FULL, flags="")
    rooms = way.route.rooms([FULL, way.rig.owner])
    assert 0 < rooms[FULL].bytes_left < 10_000
    assert rooms[way.rig.owner].bytes_left > 900_000_000
    tickets = staged(way, PLAIN + b"y" * 12_000 + b"\r\n", account=FULL)
    with contextlib.suppress(AmbiguousRouteError):
        way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED]
    assert len(way.rig.mail(FULL)) == 2
    assert way.route.rooms([FULL])[FULL].bytes_left == 0


@servers
def test_a_parcel_that_lost_its_guid_has_arrived(way):
    tickets = staged(way, PLAIN, PLAIN)
    way.rig.put(PLAIN, account=way.rig.owner, flags="")
    assert settled(way, tickets) == [Where.ARRIVED, Where.STAGED]
    assert finish(way, tickets) == [Where.ARRIVED, Where.ARRIVED]
    assert len(way.rig.mail(way.rig.owner)) == 2


@servers
def test_mail_that_came_and_went_meanwhile_leaves_a_staged_parcel_unclear(way):
    tickets = staged(way, PLAIN)
    way.rig.put(PLAIN + b"other", account=way.rig.owner)
    way.rig.doveadm("expunge", user=way.rig.owner, query=["mailbox", "INBOX", "all"])
    assert settled(way, tickets) == [Where.UNCLEAR]


@servers
def test_with_another_uidvalidity_nobody_can_know(way):
    arrived, tickets = staged(way, PLAIN), staged(way, PLAIN + b"2\r\n")
    way.route.publish(arrived)
    way.rig.doveadm("mailboxUpdate", user=way.rig.owner, mailbox="INBOX", uidValidity=1_900_000_000)
    assert settled(way, [*arrived, *tickets]) == [Where.ARRIVED, Where.UNCLEAR]


@servers
def test_what_is_staged_no_more_and_never_arrived_is_lost(way):
    tickets = staged(way, PLAIN)
    way.route.clear([tickets[0].key], [way.rig.owner])
    assert settled(way, tickets) == [Where.LOST]


@servers
def test_copies_with_one_guid_are_told_apart(way):
    """As one LMTP transaction with several recipients leaves them, or a user who copies."""
    first = way.rig.put(PLAIN)
    way.rig.doveadm(
        "copy",
        user=way.rig.owner,
        destinationMailbox="INBOX",
        sourceType="user",
        sourceUser=way.rig.holder,
        query=["mailbox", "INBOX", "uid", str(first.uid)],
    )
    fields = ["mailbox", "uid", "guid"]
    (row,) = way.rig.doveadm("fetch", user=way.rig.owner, field=fields, query=["all"])
    second = way.rig.wanted(way.rig.owner, row, PLAIN)
    assert first.guid == second.guid
    found = dict(way.route.read([first, second]))
    assert {one.content for one in found.values()} == {PLAIN}
    assert way.route.remove([(first, content_hash(PLAIN))]) == {first.id: None}
    assert (way.rig.mail(way.rig.holder), len(way.rig.mail(way.rig.owner))) == ([], 1)


@servers
def test_a_copy_is_known_by_the_hash_that_doveadm_gave_evidence(way):
    content = b"From: caf\xe9 <a@example.net>\r\n\r\nbody\r\n"
    wanted = way.rig.put(content)

    class Server:
        def messages(self, _store, account, fields):
            yield from way.rig.doveadm("fetch", user=account, field=fields, query=["all"])

    provider = Provider("P", frozenset({"example.test"}), frozenset(), "+", "/", None)
    mailbox = Mailbox("s", way.rig.holder, way.rig.holder)
    store = StoreSettings("s", "doveadm", None, (), way.rig.url, "lab")
    copy, _ = read_server_mailbox(store, mailbox, provider, Server())
    assert copy.header_hash != header_hash(content, frozenset())
    ((_, found),) = way.route.read([wanted._replace(header_hash=copy.header_hash)])
    assert found.content == content
    ((_, found),) = way.route.read([wanted._replace(header_hash="0" * 32)])
    assert found == Absence.CHANGED


@servers
@pytest.mark.parametrize("_way", ["maildir"], indirect=True)  # in mdbox, copies share files
def test_a_copy_that_dovecot_cannot_read_is_told_and_others_are_read(way):
    damaged, well = way.rig.put(PLAIN), way.rig.put(PLAIN)
    box = way.rig.root / "vmail/example.test" / way.rig.holder.partition("@")[0] / "Maildir"
    (file,) = box.glob(f"cur/{damaged.guid}*")
    file.chmod(0)
    found = {copy.id: told for copy, told in way.route.read([damaged, well])}
    assert (found[damaged.id], found[well.id].content) == (Absence.UNREADABLE, PLAIN)


@servers
def test_a_copy_whose_nul_bytes_would_become_others_is_told(way):
    """As other programs than Dovecot store mail; a copy with a file of its own has 0x80 instead."""
    nul, euro = (way.rig.put(PLAIN + one) for one in (b"\xffAZB\r\n", b"\x80 5\r\n"))
    home = way.rig.root / "vmail/example.test" / way.rig.holder.partition("@")[0]
    for file in (one for one in home.rglob("*") if one.is_file()):
        stored = file.read_bytes()
        if b"\xffAZB" in stored:
            when = file.stat().st_mtime
            file.write_bytes(stored.replace(b"\xffAZB", b"\xffA\0B"))
            os.utime(file, (when, when))
    found = {copy.id: told for copy, told in way.route.read([nul, euro])}
    assert found[euro.id].content == PLAIN + b"\x80 5\r\n"
    if way.rig.store == "maildir":  # it is the same file
        assert found[nul.id].content == PLAIN + b"\xffA\0B\r\n"
    else:
        assert found[nul.id] is Absence.UNREADABLE


@servers
def test_what_imap_would_change_is_not_staged(way):
    parcels = [way.rig.parcel(one) for one in (b"", PLAIN + b"\0", PLAIN + b"a\r\r\n", PLAIN)]
    assert list(way.route.stage(parcels)) == [parcels[-1].key]
    nobody = way.rig.parcel(PLAIN, account="nobody@example.test")
    assert way.route.stage([nobody]) == {}


@servers
def test_a_wrong_key_and_a_wrong_password_are_permanent(way):
    place = Place("127.0.0.1", way.rig.ports.imap, tls=False)
    login = Login(place, STAGING, lambda: PASSWORD, SECONDS)
    keyless = DovecotRoute("b1", Doveadm(way.rig.url, "wrong", SECONDS), login, frozenset())
    with pytest.raises(PermanentRouteError):
        keyless.rooms([way.rig.owner])
    with pytest.raises(PermanentRouteError, match="cannot log in"):
        Imap(place, STAGING, "wrong", SECONDS)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"* OK\r\n",
        b"* OK\r\np1 garbage\r\n",
        b"* OK\r\n* {99999999999\r\n",
        b"* OK\r\n* x {9999999999}\r\n",
        b"x" * 2_000_000,
    ],
)
def test_a_server_that_speaks_no_imap_is_told_in_time(said):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            client, _ = listener.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(said)
                client.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises((TemporaryRouteError, PermanentRouteError)):
            Imap(Place("127.0.0.1", listener.getsockname()[1], tls=False), "a", "b", 0.3)
        thread.join()


def test_uids_are_written_as_a_sequence_set():
    assert uid_set([9, 3, 4, 5, 5, 7]) == "3:5,7,9"


def test_no_guid_comes_twice_in_a_layer():
    picks = [Pick(str(at), "a", "INBOX", guid) for at, guid in enumerate("aabca")]
    assert ["".join(one.id for one in layer) for layer in layers(picks)] == ["023", "1", "4"]


@pytest.mark.parametrize(
    ("since", "staged", "told"),
    [
        (Since(validity=True, gone=0, missing=0), True, Where.STAGED),
        (Since(validity=True, gone=0, missing=1), False, Where.LOST),
        (Since(validity=True, gone=1, missing=1), False, Where.TAKEN),
        (Since(validity=True, gone=1, missing=2), False, Where.UNCLEAR),
        (Since(validity=True, gone=1, missing=0), True, Where.UNCLEAR),
        (Since(validity=False, gone=0, missing=0), True, Where.UNCLEAR),
    ],
)
def test_where_a_parcel_is_that_is_nowhere(since, staged, told):
    assert where(since, staged=staged) == told


def test_of_several_copies_the_one_that_was_meant_is_found(wanted_copy):
    here, there = (
        Stored(folder, "f", uid, "g", 1, 1) for folder, uid in (("INBOX", 5), ("Old", 2))
    )
    third = here._replace(folder="Mine")
    assert where_now(wanted_copy, [there, here], set()) == here
    assert where_now(wanted_copy, [there], set()) == there
    assert where_now(wanted_copy, [there], {("Old", 2)}) == Absence.GONE
    assert where_now(wanted_copy, [there, third], set()) == Absence.CHANGED
    assert where_now(wanted_copy, [there, here._replace(uid=9)], set()).uid == 9
    assert where_now(wanted_copy._replace(guid=None), [there], set()) == Absence.CHANGED


@pytest.fixture
def wanted_copy():
    return rigs.Wanted("f1", "eva@example.net", "INBOX", "", "g", 5, "")


def meanwhile(way, does):
    """Give a route that never read anything, and a holder who does something once a copy was found."""
    route = way.rig.dovecot()
    read = route._remover._copier.bytes_of

    def late(picks):
        if picks:
            with way.rig.imap(way.rig.holder) as session:
                does(session)
        yield from read(picks)

    route._remover._copier.bytes_of = late
    return route


@servers
def test_a_copy_that_somebody_removes_while_it_is_looked_at_is_gone_and_not_changed(way):
    copy = way.rig.put(PLAIN)

    def removes(session):
        session.store("1", "+FLAGS", r"(\Deleted)")
        session.expunge()

    route = meanwhile(way, removes)
    assert route.remove([(copy, content_hash(PLAIN))]) == {copy.id: Absence.GONE}


@servers
def test_a_copy_that_is_moved_while_it_is_looked_at_is_looked_at_again(way):
    copy = way.rig.put(PLAIN)

    def moves(session):
        session.create("Elsewhere")
        session.uid("MOVE", str(copy.uid), "Elsewhere")

    with pytest.raises(TemporaryRouteError, match="moved"):
        meanwhile(way, moves).remove([(copy, content_hash(PLAIN))])
    assert way.route.remove([(copy, content_hash(PLAIN))]) == {copy.id: None}
