"""What every route promises, on a real Dovecot: through it, in two formats, and beside it on its files."""

import pytest

from needed import skip_without_servers
from postwarden.relocation.service import Absence, Original, Where, content_hash
from relocation.rigs import DATE, ROUTES, Way, running

pytestmark = pytest.mark.servers
WHEN = "05-Jan-2020 02:04:05 +0000"
PLAIN = b"From: a@example.net\r\nMessage-ID: <1@example.net>\r\n\r\nHello\r\n"
HARD = {
    "8-bit": b"From: caf\xe9 <a@example.net>\r\n\r\n\xff\xfe\x80 \xe2\x82\r\n",
    "long-line": b"From: a@example.net\r\n\r\n" + b"x" * 100_000 + b"\r\n.\r\n..\r\n",
    "no-end": b"From: a@example.net\r\n\r\nwithout a last line end",
    "no-body": b"From: a@example.net\r\n\r\n",
    "lone-cr": b"From: a@example.net\r\n\r\na\rb\rc\r\n",
    "large": b"From: a@example.net\r\n\r\n" + b"0123456789abcdef\r\n" * 58_000,
}


@pytest.fixture(scope="module", params=ROUTES)
def _way(request):
    skip_without_servers()
    store, made = ROUTES[request.param]
    with running(store) as rig:
        yield Way(rig, made(rig))


@pytest.fixture
def way(_way):
    _way.route.clear(["case1-"], [one for one in (_way.rig.owner, _way.rig.holder) if one])
    _way.rig.fresh()
    return _way


def read(way, *copies):
    return {copy.id: found for copy, found in way.route.read(copies)}


def staged(way, *contents, **given):
    return list(way.route.stage([way.rig.parcel(one, **given) for one in contents]).values())


def settled(way, tickets):
    return [way.route.settle(tickets)[ticket.key] for ticket in tickets]


def hashes(way, tickets):
    found = {ticket.key: told for ticket, told in way.route.arrived(tickets)}
    return [found[ticket.key] for ticket in tickets]


def test_the_same_bytes_arrive_with_their_date_and_without_the_holders_flags(way):
    copies = [way.rig.put(content) for content in HARD.values() if b"\rb" not in content]
    contents = [content for content in HARD.values() if b"\rb" not in content]
    found = read(way, *copies)
    for copy, content in zip(copies, contents, strict=True):
        assert found[copy.id] == Original(content, DATE, ("\\Seen",), ("$lab",), "INBOX")
    tickets = staged(way, *HARD.values())
    assert way.rig.mail(way.rig.owner) == []
    way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED] * len(HARD)
    assert hashes(way, tickets) == [content_hash(content) for content in HARD.values()]
    mail = way.rig.mail(way.rig.owner)
    assert sorted(one.content for one in mail) == sorted(HARD.values())
    assert {(one.date, one.flags) for one in mail} == {(WHEN, ())}
    removed = way.route.remove(
        [(copy, content_hash(one)) for copy, one in zip(copies, contents, strict=True)]
    )
    assert removed == dict.fromkeys((copy.id for copy in copies), None)
    assert way.rig.mail(way.rig.holder) == []
    assert len({ticket.guid for ticket in tickets} - {copy.guid for copy in copies}) == len(HARD)


def test_who_holds_a_wrong_copy_gets_their_own_and_loses_that_one_alone(way):
    """They are meant, too: what arrives and what goes are the same message in one mailbox."""
    copy = way.rig.put(PLAIN)
    parcel = way.rig.parcel(PLAIN)._replace(account=way.rig.holder)
    tickets = list(way.route.stage([parcel]).values())
    way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED]
    assert hashes(way, tickets) == [content_hash(PLAIN)]
    assert way.route.remove([(copy, content_hash(PLAIN))]) == {copy.id: None}
    (own,) = way.rig.mail(way.rig.holder)
    assert (own.content, own.date, own.flags) == (PLAIN, WHEN, ())
    assert hashes(way, tickets) == [content_hash(PLAIN)]


def test_what_is_published_twice_arrives_once(way):
    tickets = staged(way, PLAIN)
    way.route.publish(tickets)
    way.route.settle(tickets)
    way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED]
    assert len(way.rig.mail(way.rig.owner)) == 1


def test_what_is_not_published_stays_staged_and_can_be_published_later(way):
    tickets = staged(way, PLAIN, PLAIN + b"2\r\n")
    assert settled(way, tickets) == [Where.STAGED, Where.STAGED]
    way.route.publish(tickets[:1])
    assert settled(way, tickets) == [Where.ARRIVED, Where.STAGED]
    way.route.publish(tickets[1:])
    assert settled(way, tickets) == [Where.ARRIVED, Where.ARRIVED]
    assert len(way.rig.mail(way.rig.owner)) == 2


def test_a_folder_that_is_missing_is_made(way):
    tickets = staged(way, PLAIN, folder="Found/Again")
    way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED]
    assert [one.content for one in way.rig.mail(way.rig.owner, "Found/Again")] == [PLAIN]


def test_a_copy_that_its_holder_flagged_or_moved_is_found_and_removed(way):
    flagged, moved = way.rig.put(PLAIN, flags=""), way.rig.put(PLAIN + b"2\r\n", flags="")
    with way.rig.imap(way.rig.holder) as session:
        session.uid("STORE", str(flagged.uid), "+FLAGS", r"(\Seen \Flagged)")
        session.create("Mine")
        session.uid("MOVE", str(moved.uid), "Mine")
    found = read(way, flagged, moved)
    assert found[flagged.id].flags == ("\\Flagged", "\\Seen")
    assert (found[moved.id].content, found[moved.id].folder) == (PLAIN + b"2\r\n", "Mine")
    asked = [(one, content_hash(found[one.id].content)) for one in (flagged, moved)]
    assert way.route.remove(asked) == {flagged.id: None, moved.id: None}
    assert way.route.remove(asked) == {flagged.id: Absence.GONE, moved.id: Absence.GONE}
    assert (way.rig.mail(way.rig.holder), way.rig.mail(way.rig.holder, "Mine")) == ([], [])


def test_a_copy_that_its_holder_removed_is_gone(way):
    copy, other = way.rig.put(PLAIN), way.rig.put(PLAIN)
    with way.rig.imap(way.rig.holder) as session:
        session.uid("STORE", str(copy.uid), "+FLAGS", r"(\Deleted)")
        session.expunge()
    found = read(way, copy, other)
    assert (found[copy.id], found[other.id].content) == (Absence.GONE, PLAIN)


def test_only_what_has_the_hash_is_removed(way):
    copy = way.rig.put(PLAIN)
    assert way.route.remove([(copy, content_hash(b"other"))]) == {copy.id: Absence.CHANGED}
    assert len(way.rig.mail(way.rig.holder)) == 1


def test_what_its_owner_moved_is_read_back_and_what_the_owner_removed_is_taken(way):
    moved, removed = tickets = staged(way, PLAIN, PLAIN + b"2\r\n")
    way.route.publish(tickets)
    with way.rig.imap(way.rig.owner) as session:
        session.create("Kept")
        (uids,) = session.uid("SEARCH", "LARGER", str(len(PLAIN)))[1]
        session.uid("STORE", uids.decode(), "+FLAGS", r"(\Deleted)")
        session.expunge()
        session.uid("MOVE", "1:*", "Kept")
    assert settled(way, tickets) == [Where.ARRIVED, Where.TAKEN]
    assert hashes(way, tickets) == [content_hash(PLAIN), Where.TAKEN]
    assert {moved.key, removed.key} == {ticket.key for ticket in tickets}


def test_accounts_that_are_not_there_are_told(way):
    nobody = "nobody@example.test"
    copy = way.rig.put(PLAIN)._replace(account=nobody)
    rooms = way.route.rooms([way.rig.holder, nobody])
    assert (rooms[way.rig.holder].exists, rooms[nobody].exists) == (True, False)
    assert read(way, copy) == {copy.id: Absence.NO_ACCOUNT}
    assert way.route.remove([(copy, content_hash(PLAIN))]) == {copy.id: Absence.NO_ACCOUNT}


def test_a_removed_copy_can_be_put_back_with_its_flags(way):
    parcel = way.rig.parcel(PLAIN, account=way.rig.holder)
    ticket = way.route.restore(parcel, ("\\Answered", "\\Seen"), ())
    way.route.publish([ticket])
    assert settled(way, [ticket]) == [Where.ARRIVED]
    (back,) = way.rig.mail(way.rig.holder)
    assert back == (PLAIN, WHEN, ("\\Answered", "\\Seen"))


def test_what_was_cleared_is_staged_no_more(way):
    tickets = staged(way, PLAIN)
    way.route.clear(["case2-"], [way.rig.owner])
    assert settled(way, tickets) == [Where.STAGED]
    way.route.clear(["case1-"], [way.rig.owner])
    way.route.publish(staged(way, PLAIN))
    assert len(way.rig.mail(way.rig.owner)) == 1
    way.route.clear(["case1-"], [way.rig.owner])
    assert way.rig.staging() == []


def test_parcels_staged_anew_replace_those_of_an_earlier_try(way):
    parcels = [way.rig.parcel(PLAIN), way.rig.parcel(PLAIN + b"2\r\n")]
    way.route.stage(parcels)
    tickets = list(way.route.stage(parcels).values())
    way.route.publish(tickets)
    assert settled(way, tickets) == [Where.ARRIVED, Where.ARRIVED]
    way.route.clear([parcel.key for parcel in parcels], [way.rig.owner])
    assert (len(way.rig.mail(way.rig.owner)), way.rig.staging()) == (2, [])
