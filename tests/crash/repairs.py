"""Repairs as acts: mail that went astray on real files, put where it belongs through a real route."""

import contextlib
import json
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from django.db.models import Max

from crash.peer import PeerRoute, maildir_route
from people.conftest import NOW, KeyFile
from postwarden.custody.service import Refused, Stage
from postwarden.durable import together
from postwarden.people.service import member
from postwarden.relocation import carrying, pacing
from postwarden.relocation.acts import Goal
from postwarden.relocation.bearing import RESTORE
from postwarden.relocation.service import AmbiguousRouteError, TemporaryRouteError, Why
from postwarden.servers.dovecot import DovecotRoute
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.imap import Place
from postwarden.servers.dovecot.staging import Login
from postwarden.servers.maildir import MaildirRoute
from postwarden.sources.service import StoreSettings
from postwarden.state.models import EffectRow
from postwarden.state.service import StateSettings, open_state
from relocation.in_turn import InTurn
from relocation.maildirs import HOSTS, Maildirs, hash_of, letter, repair, wanted
from relocation.offices import Office
from relocation.rigs import HOST, KEY, PASSWORD, STAGING

STORE = "store"
DOVECOT = "dovecot.json"  # in a place: where its Dovecot is
ACCOUNTS = tuple(f"{name}@example.net" for name in ("bob", "carol", "dora", "eve", "finn", "gus"))
_LATER = 130_000_000  # longer than a lease, and than anything is put off
_MOST_TRIES = 100  # of a plan while its disk is full: its approvals have not expired by then
_SECONDS_TO_END = 60
_BETWEEN = 1.0
_TAKEOVERS = 5  # a real store is too slow for two who take every plan from each other at once
_SECONDS = NOW // 1_000_000


def made_countable():
    """Let this process take small batches, and make all calls in one thread: a process of acts, no other."""
    carrying._AT_ONCE = 4  # several batches a plan, though it is small
    together.ThreadPoolExecutor = pacing.ThreadPoolExecutor = InTurn


class _Clock:
    def __init__(self, place):
        self._place, self.later = place, 0

    def __call__(self):
        return self._place.now() + self.later


def office(place, host=""):
    """Open a place; its store is one of files, or another process's that has them."""
    path = str(place.folder / "state")
    open_state(StateSettings(path))
    return Office(path, place.folder, {STORE: _route(place)}, _Clock(place), host)


def _route(place):
    if (place.folder / "peer").exists():
        return PeerRoute(place.peer, str(place.folder))
    if (place.folder / DOVECOT).exists():
        facts = json.loads((place.folder / DOVECOT).read_text())
        carrying._AT_ONCE = facts["at_once"]
        pacing.ThreadPoolExecutor = ThreadPoolExecutor  # batches go side by side: points are rolled
        return route_of(facts["dovecot"])
    return maildir_route(place.folder)


def route_of(dovecot):
    """Give the route through a real Dovecot, or to its files, by where it is."""
    if dovecot["files"]:
        store = StoreSettings("store", "maildir", dovecot["files"])
        return MaildirRoute(store, HOSTS, "/", "desk")
    imap = Place(HOST, dovecot["imap"], tls=False)
    login = Login(imap, STAGING, lambda: PASSWORD, dovecot["seconds"])
    api = Doveadm(dovecot["url"], KEY, dovecot["seconds"])
    return DovecotRoute("b1", api, login, HOSTS, dovecot["orphans"])


def astray(place):
    """Let mail lie in wrong mailboxes, and a plan that was approved say what becomes of it."""
    _planned(place, Astray)


def left_out(place):
    """Likewise, of mail that is right where it lies: somebody was left out, and some was stored twice."""
    _planned(place, LeftOut)


def _planned(place, kind):
    (place.folder / "mail").mkdir()
    there = office(place)
    key = KeyFile(place.folder)
    there.people(key)
    mail = kind(Maildirs(place.folder / "mail"))
    case = there.case()
    plan = there.approved(case, mail.repairs, key)
    place.tell(case=case, plan=plan.hash, **mail.told())


def behind_a_peer(place):
    """Let the store be another process's."""
    (place.folder / "peer").touch()


def repairing(place):
    """`postwarden plan run`, once through all that is left."""
    there = office(place)
    with contextlib.suppress(Refused):  # it is done already
        there.run(place.told()["plan"])


def finish(place, there=None, later=0, rounds=None):
    """`postwarden worker`, until nothing is left, or for so many rounds."""
    there, plan = there or office(place), place.told()["plan"]
    there.clock.later = later
    with contextlib.suppress(Refused):
        there.run(plan)
    until, tries = time.monotonic() + _SECONDS_TO_END, 0
    while time.monotonic() < until and tries < _MOST_TRIES:
        if rounds == 0 or (
            there.desk.progress(plan).stage is Stage.DONE and not there.desk.waiting()
        ):
            return
        rounds = rounds and rounds - 1
        there.clock.later += _LATER
        done = [there.desk.carry(hashed) for hashed in there.desk.waiting()]
        tries += any(done)
        if not any(done):  # somebody else is at it
            time.sleep(0.05)
    raise TimeoutError(
        f"it does not end: {there.desk.progress(plan)}"
    )  # as where a disk stays full


def plan_restore(place):
    """`postwarden restore`, and the approval of it: all that the repair took away comes back."""
    there, told = office(place), place.told()
    key = KeyFile.__new__(KeyFile)
    key.path = place.folder / "key-0"
    plan = there.restores.plan(told["case"], (), "undo", member("anna"))
    place.tell(**told, restore=there.signed(plan, key).hash)


def _no_earlier(place):
    """An office whose clock is no earlier than that of whoever was at work on a restore before."""
    there = office(place)
    due = EffectRow.objects.filter(kind=RESTORE).aggregate(last=Max("due"))["last"] or 0
    there.clock.later = max(0, due - there.clock())
    return there


def restoring(place):
    """`postwarden plan run` of a restore, once."""
    there = _no_earlier(place)
    with contextlib.suppress(Refused):  # it is done already
        there.restore(place.told()["restore"])


def finish_restore(place):
    """The same, again and again while its sentence says so, until nothing is left."""
    there, plan = _no_earlier(place), place.told()["restore"]
    until = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < until:
        there.clock.later += _LATER
        if there.desk.plans.stage(plan) is Stage.DONE:
            return
        try:
            there.restore(plan)
        except (TemporaryRouteError, AmbiguousRouteError):
            time.sleep(_BETWEEN)
    raise TimeoutError(f"it does not end: {there.desk.plans.stage(plan)}")


def both(place):
    """Two at once, of two hosts: the second one believes that the first one's lease has run out."""
    second = os.fork()
    if not second:
        os._exit(_second(place))
    try:
        finish(place, _slowly(office(place), 1))
    finally:
        _, status = os.waitpid(second, 0)
    if status:
        raise AssertionError("the second of two did not come to its end")


def _second(place):
    socket.gethostname = lambda: "elsewhere"
    try:
        rounds = _TAKEOVERS if (place.folder / DOVECOT).exists() else None
        finish(place, _slowly(office(place, "-elsewhere"), 2), 2 * _LATER, rounds)
    except Exception as error:  # noqa: BLE001  # told by its status: nobody else sees it
        os.write(2, repr(error).encode())
        return 1
    return 0


def _slowly(there, seed):
    """Let what is asked of stores take its time, so that two come between each other's steps."""
    routes = there.desk.outside.routes
    rolled = random.Random(seed * 1_000 + int(there.clock()))
    routes[STORE] = _Slow(routes[STORE], rolled)
    return there


class _Slow:
    def __init__(self, route, rolled):
        self._route, self._rolled = route, rolled

    def __getattr__(self, name):
        time.sleep(self._rolled.choice((0, 0, 0.002, 0.01)))
        return getattr(self._route, name)


class Astray:
    """The copies, whose they are, and what has to be so in the end."""

    def __init__(self, mail):
        self._mail = mail
        self.repairs, self._arrives, self._outcomes = [], [], {}
        mail.add(*ACCOUNTS)
        for number, account in enumerate(ACCOUNTS):
            own = letter(900 + number, astray=account)
            mail.put(account, f"{number}.own", own, _SECONDS - number, letters="RS")
        self._fill(mail, *ACCOUNTS)

    def _fill(self, mail, bob, carol, dora, eve, finn, gus):
        content = letter(7, astray=dora)
        file = mail.put(dora, "7.left", content, _SECONDS - 88, letters="RS")
        self.repairs.append(
            repair(wanted("finding-7", dora, file, content), content, why=Why.ANSWERED)
        )
        self._outcomes["finding-7"] = "left"
        self._stays = mail.everything()
        self._wrong(1, {bob: {}}, [carol])
        self._wrong(2, {bob: {"letters": "S"}, carol: {}, dora: {"letters": ""}}, [eve])
        self._wrong(3, {carol: {"letters": "FS", "folder": "Post"}}, [dora, finn], into="Spaet")
        self._wrong(4, {eve: {"letters": "Sa"}}, [bob], named=False)
        self._wrong(5, {gus: {}}, [], kept=(finn,))
        self._hard_linked(6, finn, gus)

    def told(self):
        return {
            "stays": self._stays,
            "arrives": self._arrives,
            "outcomes": self._outcomes,
            "back": [
                self._put_back(one) for one in self._mail.everything() if one not in self._stays
            ],
        }

    @staticmethod
    def _put_back(one):
        """Give how it lies there once it was put back: without keywords, and unread in new/."""
        letters = "".join(filter(str.isupper, one.letters))
        return one._replace(letters=letters, part="cur" if letters else "new")

    def _wrong(self, number, holders, goals, *, named=True, kept=(), into="INBOX"):
        """Let copies of one message lie with holders; each goal gets it from one of them."""
        came = []
        for place, (holder, how) in enumerate(holders.items()):
            content = letter(number, astray=holder, named=named)
            seconds = _SECONDS - 1_000 * number - place
            file = self._mail.put(holder, f"{number}.{place}.lmtp", content, seconds, **how)
            copy = wanted(
                f"finding-{number}-{place}", holder, file, content, how.get("folder", "INBOX")
            )
            more = {
                "kept": kept,
                "folder": into,
                "message": f"<{number}@shop.example>" if named else "",
            }
            self._planned(copy, content, goals, **more)
            came.append([hash_of(content), seconds * 1_000_000])
        self._arrives += [[goal, into, came] for goal in goals]

    def _planned(self, copy, content, goals, **more):
        there = [Goal(goal, STORE) for goal in goals]
        self.repairs.append(repair(copy, content, goals=tuple(there), queue=f"Q{copy.id}", **more))
        self._outcomes[copy.id] = "relocated" if goals else "removed"

    def _hard_linked(self, number, holder, goal):
        """Let one file lie in two folders, as Dovecot's COPY makes it."""
        content, message = letter(number, astray=holder), f"<{number}@shop.example>"
        file = self._mail.put(holder, f"{number}.first", content, _SECONDS - 77, letters="S")
        other = self._mail.link(holder, file, "Kopie", f"{number}.other")
        for name, one, folder in (("first", file, "INBOX"), ("other", other, "Kopie")):
            copy = wanted(f"finding-{number}-{name}", holder, one, content, folder)
            self._planned(copy, content, [goal], message=message)
        self._arrives.append([goal, "INBOX", [[hash_of(content), (_SECONDS - 77) * 1_000_000]]])


class LeftOut(Astray):
    """Copies that are right, and what is missing or too many beside them."""

    def _fill(self, mail, bob, carol, _dora, eve, _finn, gus):
        self._right(1, bob, gus, eve)
        again = self._stored_twice(2, carol)
        self._stays = mail.everything()
        again()

    def _right(self, number, holder, *goals):
        """Let somebody be left out of a message that is right where it lies, and stays there."""
        content, seconds = letter(number, astray=holder), _SECONDS - 66
        file = self._mail.put(holder, f"{number}.right", content, seconds, letters="S")
        copy = wanted(f"finding-{number}", holder, file, content)
        self._planned(copy, content, goals, message=f"<{number}@shop.example>", stays=True)
        self._outcomes[copy.id] = "delivered"
        came = [[hash_of(content), seconds * 1_000_000]]
        self._arrives += [[goal, "INBOX", came] for goal in goals]

    def _stored_twice(self, number, holder):
        """Let a message be stored by one transaction; give what lets another one store it again."""
        content = letter(number, astray=holder)
        stays = self._mail.put(holder, f"{number}.first", content, _SECONDS - 55, letters="S")
        twin = wanted(f"finding-{number}-stays", holder, stays, content)

        def again():
            other = content.replace(b"oFmFJ", b"oFmFK")
            file = self._mail.put(holder, f"{number}.again", other, _SECONDS - 54)
            copy = wanted(f"finding-{number}", holder, file, other)
            self._planned(copy, other, [], message=f"<{number}@shop.example>", twin=twin)

        return again
