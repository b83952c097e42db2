"""Users own their mailboxes, and may put anything there at any time: it leads to nobody else's files."""

import os

import pytest

from people.conftest import NOW
from postwarden.relocation.service import (
    Absence,
    AmbiguousRouteError,
    Parcel,
    PermanentRouteError,
    Where,
    canonical,
)
from postwarden.servers.maildir import MaildirRoute
from postwarden.servers.maildir.tree import Tree
from postwarden.sources.service import StoreSettings
from relocation.maildirs import HOSTS, NOBODY, Maildirs, hash_of, letter, wanted

BOB, EVE, ANN = "bob@example.net", "eve@example.net", "ann@example.net"
CONTENT = letter(1, astray=BOB)


@pytest.fixture
def mail(tmp_path):
    mail = Maildirs(tmp_path / "vmail")
    mail.root.mkdir()
    mail.add(BOB, EVE)
    return mail


@pytest.fixture
def outside(tmp_path):
    """Give a folder of somebody else's."""
    folder = tmp_path / "outside"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    (folder / "cur/1.M:2,").write_bytes(CONTENT)
    return folder


@pytest.fixture(params=[".", "/"])
def route(mail, request):
    return through(mail, request.param)


def through(mail, separator="."):
    return MaildirRoute(StoreSettings("store", "maildir", mail.template), HOSTS, separator, "desk")


def parcel(folder="INBOX", key="case-1", account=EVE):
    return Parcel(key, account, folder, canonical(CONTENT), NOW)


def tree(folder):
    """Give every name below a folder, and whose it is."""
    return sorted((str(one), one.lstat().st_uid, one.lstat().st_mode) for one in folder.rglob("*"))


def test_a_symlink_to_anothers_folder_is_no_folder(mail, route):
    file = mail.put(EVE, "1.M", CONTENT, 1_000, letters="")
    (mail.box(BOB) / ".shared").symlink_to(mail.box(EVE))
    (mail.box(BOB) / ".half").mkdir()
    (mail.box(BOB) / ".half/cur").symlink_to(mail.box(EVE) / "cur")
    copy = wanted("f", BOB, ".shared/cur/1.M", CONTENT, "shared")
    assert list(route.read([copy])) == [(copy, Absence.GONE)]
    assert route.remove([(copy, hash_of(CONTENT))]) == {"f": Absence.GONE}
    assert mail.path(EVE, file).read_bytes() == CONTENT


def test_a_file_that_is_a_symlink_is_no_copy(mail, route):
    file = mail.put(EVE, "1.M", CONTENT, 1_000, letters="")
    (mail.box(BOB) / "cur/1.M:2,").symlink_to(mail.path(EVE, file))
    copy = wanted("f", BOB, "cur/1.M", CONTENT)
    assert list(route.read([copy])) == [(copy, Absence.CHANGED)]
    assert route.remove([(copy, hash_of(CONTENT))]) == {"f": Absence.CHANGED}


def test_keywords_are_not_read_from_elsewhere(mail, route, tmp_path):
    (tmp_path / "secret").write_text("0 secret\n")
    copy = wanted("f", BOB, mail.put(BOB, "1.M", CONTENT, 1_000, letters="a"), CONTENT)
    (mail.box(BOB) / "dovecot-keywords").symlink_to(tmp_path / "secret")
    ((_, found),) = route.read([copy])
    assert "secret" not in found.keywords


def test_a_mailbox_that_is_a_symlink_is_none(mail, route):
    mail.put(EVE, "1.M", CONTENT, 1_000, letters="")
    mail.box(ANN).symlink_to(mail.box(EVE))
    copy = wanted("f", ANN, "cur/1.M", CONTENT)
    assert route.rooms([ANN])[ANN].exists is False
    assert route.remove([(copy, hash_of(CONTENT))]) == {"f": Absence.NO_ACCOUNT}
    assert route.stage([parcel(account=ANN)]) == {}


def test_a_level_above_the_mailbox_that_is_a_symlink_is_none(mail):
    mail.box(ANN).mkdir()
    (mail.box(ANN) / "Maildir").symlink_to(mail.box(EVE))
    store = StoreSettings("store", "maildir", f"{mail.template}/Maildir")
    route = MaildirRoute(store, HOSTS, ".", "desk")
    assert route.rooms([ANN])[ANN].exists is False
    (mail.box(BOB) / "Maildir").mkdir()
    assert route.rooms([BOB])[BOB].exists


def test_the_stores_own_path_may_go_through_symlinks(mail, tmp_path):
    (tmp_path / "link").symlink_to(mail.root)
    store = StoreSettings("store", "maildir", f"{tmp_path}/link/{{local}}")
    route = MaildirRoute(store, HOSTS, ".", "desk")
    (ticket,) = route.stage([parcel()]).values()
    route.publish([ticket])
    assert route.settle([ticket]) == {ticket.key: Where.ARRIVED}


def test_staging_that_leads_elsewhere_takes_nothing(mail, route, outside):
    (mail.box(EVE) / "postwarden").symlink_to(outside)
    before = tree(outside)
    assert list(route.stage([parcel(), parcel(key="case-2", account=BOB)])) == ["case-2"]
    route.clear(["case-"], [EVE, BOB])
    assert tree(outside) == before


@pytest.mark.parametrize("level", [".Post", ".Post/new", "new"])
def test_a_folder_that_leads_elsewhere_gets_nothing(mail, route, outside, level):
    place = mail.box(EVE) / level
    if level == "new":
        place.rmdir()
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside)
    before = tree(outside)
    (ticket,) = route.stage([parcel("Post" if "Post" in level else "INBOX")]).values()
    route.publish([ticket])
    arrived = {ticket.key: Where.ARRIVED if level == ".Post" else Where.STAGED}
    assert route.settle([ticket]) == arrived
    assert tree(outside) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", ["postwarden", "cur"])
def test_what_is_put_in_place_of_a_new_folder_is_not_given_away(mail, outside, monkeypatch, name):
    route, mkdir = through(mail), os.mkdir
    (ticket,) = route.stage([parcel("Late", "case-0", BOB)]).values()

    def swapped(path, mode=0o777, *, dir_fd=None):
        mkdir(path, mode, dir_fd=dir_fd)
        if os.path.basename(path) == name:
            os.rmdir(path, dir_fd=dir_fd)
            os.symlink(outside, path, dir_fd=dir_fd)

    before = tree(outside.parent / "outside"), outside.stat().st_uid
    monkeypatch.setattr(os, "mkdir", swapped)
    if name == "cur":
        route.publish([ticket])
        assert route.settle([ticket]) == {ticket.key: Where.STAGED}
    else:
        with pytest.raises(AmbiguousRouteError, match="directory"):
            route.stage([parcel()])
    assert (tree(outside), outside.stat().st_uid) == before
    assert outside.stat().st_uid != NOBODY


@pytest.mark.parametrize(
    "name",
    [
        *("/../../bob", "a/../../bob", "..", ".", "", "a//b", "a/", "a..b" * 80, "../bob/x"),
        *("a\0b", "a\nb", "a\x1bb", "a\x7fb", "a\ud800b", "\xe4" * 120),
    ],
)
def test_a_folders_name_leads_nowhere_else(mail, route, name):
    (mail.box(EVE) / ".a").mkdir()
    mail.give(mail.root)
    before = tree(mail.box(BOB)), sorted(os.listdir(mail.root))
    (ticket,) = route.stage([parcel(name)]).values()
    route.publish([ticket])
    assert route.settle([ticket]) == {ticket.key: Where.ARRIVED}
    ((_, found),) = route.arrived([ticket])
    assert found == hash_of(CONTENT)
    route.clear([ticket.key], [EVE])
    assert (tree(mail.box(BOB)), sorted(os.listdir(mail.root))) == before
    assert sorted(os.listdir(mail.box(EVE))) == [".a", "cur", "new", "tmp"]
    assert len(os.listdir(mail.box(EVE) / "new")) == 1


@pytest.mark.parametrize("account", ["..", ".", "a/b@example.net", "../bob@example.net"])
def test_an_accounts_name_leads_nowhere_else(route, account):
    with pytest.raises(PermanentRouteError, match="name"):
        route.rooms([account])


@pytest.fixture
def missing(monkeypatch):
    """Let so many lists of a folder leave out a file that is there, as while it is renamed."""

    def let(times):
        real, left = Tree.names, iter(range(times))

        def names(tree, path):
            told = real(tree, path)
            return told if not told or next(left, None) is None else []

        monkeypatch.setattr(Tree, "names", names)

    return let


@pytest.mark.parametrize(("times", "found"), [(1, True), (2, True), (3, False)])
def test_a_copy_that_its_holder_renames_while_the_folder_is_listed_is_not_gone(
    mail, missing, times, found
):
    file = mail.put(BOB, "1.M", CONTENT, 1)
    missing(times)
    ((_, told),) = through(mail).read([wanted("copy", BOB, file, CONTENT)])
    assert (told is not Absence.GONE) == found
    assert not found or told.content == canonical(CONTENT)


def test_a_parcel_that_its_owner_renames_while_the_folder_is_listed_has_arrived(mail, missing):
    tickets = list(through(mail).stage([parcel()]).values())
    through(mail).publish(tickets)
    missing(2)
    told = through(mail).settle(tickets)  # by another process: it saw nothing published
    assert told == {"case-1": Where.ARRIVED}
