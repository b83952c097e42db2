"""A store of Maildirs that does not answer, or whose folders are half made: nothing is taken for gone."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from people.conftest import NOW
from postwarden.relocation.service import (
    AmbiguousRouteError,
    Parcel,
    PermanentRouteError,
    TemporaryRouteError,
    Where,
    canonical,
)
from postwarden.servers.maildir import MaildirRoute
from postwarden.servers.maildir import places as seeing
from postwarden.servers.maildir import route as routes
from postwarden.sources.maildir import template
from postwarden.sources.service import StoreSettings
from relocation.maildirs import HOSTS, Maildirs, hash_of, letter, wanted

BOB, EVE = "bob@example.net", "eve@example.net"
CONTENT = letter(1, astray=BOB)


@pytest.fixture
def mail(tmp_path):
    mail = Maildirs(tmp_path)
    mail.add(BOB, EVE)
    return mail


@pytest.fixture
def route(mail):
    return another(mail)


def another(mail):
    return MaildirRoute(StoreSettings("store", "maildir", mail.template), HOSTS, ".", "desk")


def parcel(folder="INBOX", key="case-1"):
    return Parcel(key, EVE, folder, canonical(CONTENT), NOW)


def stored(mail, folder="INBOX"):
    file = mail.put(BOB, "1.M", CONTENT, 1_000, folder, letters="Sa")
    return wanted("f", BOB, file, CONTENT, folder)


def failing(monkeypatch, call, name):
    """Let a call fail with EIO where it is given this name in a folder."""
    real = getattr(os, call)

    def fail(path, *words, **named):
        if path == name:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *words, **named)

    monkeypatch.setattr(os, call, fail)


def test_a_staged_parcel_that_cannot_be_looked_at_is_not_taken_for_arrived(
    route, mail, monkeypatch
):
    (ticket,) = route.stage([parcel()]).values()
    failing(monkeypatch, "stat", ticket.guid)
    with pytest.raises(AmbiguousRouteError, match="Input/output"):
        route.settle([ticket])
    monkeypatch.undo()
    assert route.settle([ticket]) == {ticket.key: Where.STAGED}


@pytest.mark.parametrize(("call", "name"), [("open", ".Post"), ("open", "bob"), ("stat", "bob")])
def test_a_copy_in_a_folder_that_cannot_be_looked_at_is_not_gone(mail, monkeypatch, call, name):
    copy = stored(mail, "Post")
    failing(monkeypatch, call, name)
    for ask in (lambda: list(another(mail).read([copy])), lambda: removed(mail, copy)):
        with pytest.raises(AmbiguousRouteError, match="Input/output"):
            ask()
    monkeypatch.undo()
    assert removed(mail, copy) == {"f": None}


def removed(mail, copy):
    return another(mail).remove([(copy, hash_of(CONTENT))])


def test_an_account_that_cannot_be_looked_at_has_a_mailbox_perhaps(route, monkeypatch):
    failing(monkeypatch, "stat", "eve")
    with pytest.raises(AmbiguousRouteError, match="Input/output"):
        route.rooms([EVE])
    with pytest.raises(AmbiguousRouteError, match="Input/output"):
        route.stage([parcel()])
    monkeypatch.undo()
    assert route.rooms([EVE, "no@example.net"]) == {
        EVE: (True, None),
        "no@example.net": (False, None),
    }


def named_by_domain(tmp_path, monkeypatch, list_them):
    """Let Bob and Eve be found by a list of mailboxes alone, as their folders are not written as they are."""
    mail = Maildirs(tmp_path)
    mail.add("Bob@example.net", "Eve@example.net")
    real = seeing.mailboxes
    monkeypatch.setattr(seeing, "mailboxes", lambda store: list_them(list(real(store))))
    return another(mail)


def test_who_asks_while_another_thread_lists_mailboxes_waits_for_the_list(tmp_path, monkeypatch):
    """Two batches at once, one of them once left copies: their owners had no mailbox, it said."""
    listing, asked = Event(), Event()

    def slowly(found):
        listing.set()
        asked.wait(0.2)
        yield from found

    route = named_by_domain(tmp_path, monkeypatch, slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(route.rooms, ["bob"])
        assert listing.wait(10)
        second = pool.submit(route.rooms, ["eve"])
        assert first.result()["bob"].exists
        assert second.result()["eve"].exists


def test_a_list_of_mailboxes_that_broke_off_is_made_anew(tmp_path, monkeypatch):
    broken = []

    def once(found):
        yield found[0]
        if not broken:
            broken.append(True)
            raise OSError(errno.EIO, "Input/output error")
        yield from found[1:]

    route = named_by_domain(tmp_path, monkeypatch, once)
    with pytest.raises(AmbiguousRouteError, match="Input/output"):
        route.rooms(["eve"])
    assert route.rooms(["eve"])["eve"].exists


def test_mailboxes_that_cannot_be_listed_may_be_there(tmp_path, monkeypatch):
    (tmp_path / "example.net").mkdir()
    store = StoreSettings("store", "maildir", f"{tmp_path}/{{domain}}/{{local}}")
    route = MaildirRoute(store, HOSTS, ".", "desk")
    mail = Maildirs(tmp_path / "example.net")
    mail.add("Eve@example.net")

    def refuse(path, _flags):
        raise OSError(errno.EACCES, "Permission denied", path)

    with monkeypatch.context() as patched:
        patched.setattr(template, "open_unnoticed", refuse)
        with pytest.raises(TemporaryRouteError, match="Permission denied"):
            route.rooms([EVE])
    assert route.rooms([EVE])[EVE].exists


def test_keywords_that_cannot_be_read_are_not_forgotten(mail, route):
    copy = stored(mail)
    (mail.box(BOB) / "dovecot-keywords").mkdir()
    with pytest.raises(AmbiguousRouteError, match="directory"):
        list(route.read([copy]))
    (mail.box(BOB) / "dovecot-keywords").rmdir()
    (mail.box(BOB) / "dovecot-keywords").write_text("0 Junk\n")
    ((_, found),) = route.read([copy])
    assert (found.flags, found.keywords) == (("\\Seen",), ("Junk",))


def arrive(mail, folder="Spaet"):
    route = another(mail)
    (ticket,) = route.stage([parcel(folder)]).values()
    route.publish([ticket])
    assert route.settle([ticket]) == {ticket.key: Where.ARRIVED}
    route.clear([ticket.key], [EVE])
    assert mail.unusual() == []
    return mail.box(EVE) / f".{folder}"


def test_a_folder_that_lacks_is_made_whole(mail):
    folder = arrive(mail)
    assert sorted(one.name for one in folder.iterdir()) == ["cur", "maildirfolder", "new", "tmp"]


@pytest.mark.parametrize("there", [[], ["cur"], ["cur", "new"], ["cur", "new", "tmp"]])
def test_a_folder_that_somebody_half_made_is_made_whole(mail, there):
    for part in there:
        (mail.box(EVE) / ".Spaet" / part).mkdir(parents=True)
    (mail.box(EVE) / ".Spaet").mkdir(exist_ok=True)
    mail.give(mail.root)
    assert {"cur", "new", "tmp"} <= {one.name for one in arrive(mail).iterdir()}


def test_what_a_killed_try_left_of_a_folder_goes(mail):
    route = another(mail)
    (ticket,) = route.stage([parcel("Spaet")]).values()
    half = mail.box(EVE) / f"postwarden/{ticket.guid}.folder"
    (half / "cur").mkdir(parents=True)
    route.publish([ticket])
    assert route.settle([ticket]) == {ticket.key: Where.ARRIVED}
    (half / "cur").mkdir(parents=True)
    another(mail).clear(["case-"], [EVE])
    assert mail.unusual() == []


def test_staging_that_cannot_be_removed_is_told(mail, route, monkeypatch):
    (ticket,) = route.stage([parcel()]).values()
    failing(monkeypatch, "rmdir", "postwarden")
    with pytest.raises(AmbiguousRouteError, match="Input/output"):
        route.clear([ticket.key], [EVE])
    monkeypatch.undo()
    route.clear([ticket.key], [EVE])
    assert mail.unusual() == []


def test_anothers_parcels_stay_staged(mail, route):
    (mine,) = route.stage([parcel()]).values()
    (theirs,) = route.stage([parcel(key="other-1")]).values()
    route.clear(["case-"], [EVE])
    assert route.settle([theirs]) == {theirs.key: Where.STAGED}
    assert os.listdir(mail.box(EVE) / "postwarden") == [theirs.guid]
    assert mine.guid != theirs.guid


def test_an_account_without_a_mailbox_gets_nothing(route):
    nobodys = parcel(key="case-2")._replace(account="no@example.net")
    assert list(route.stage([nobodys, parcel()])) == ["case-1"]
    with pytest.raises(PermanentRouteError, match="name"):
        route.rooms(["../bob@example.net"])


def test_a_staging_folder_stays_while_another_thread_begins_to_use_it(mail, route, monkeypatch):
    made, cleared = routes.make_folder, []

    def make_folder(tree, path, owner):
        made(tree, path, owner)
        clearing = Thread(target=route.clear, args=(["case-0"], [EVE]))
        clearing.start()
        clearing.join(0.2)  # one that does not wait has removed the folder by then
        cleared.append(clearing)

    monkeypatch.setattr(routes, "make_folder", make_folder)
    ticket = route.stage([parcel()])["case-1"]
    cleared[0].join()
    assert route.settle([ticket]) == {"case-1": Where.STAGED}


def test_a_full_disk_is_one_that_is_tried_again(route, monkeypatch):
    def full(_descriptor, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(TemporaryRouteError, match="No space left"):
        route.stage([parcel()])
    monkeypatch.undo()
    assert route.stage([parcel()]).keys() == {"case-1"}
