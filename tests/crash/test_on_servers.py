"""A few seeded points of `make crash` on a real Dovecot, and a small run with people at work."""

import pytest

from crash.at_work import AtWork, Run
from crash.machine import in_memory
from crash.on_servers import Course, RealPoint, real_suite
from crash.points import NOT_REACHED
from crash.tracing import Call
from needed import skip_without_servers
from servers.databases import program

pytestmark = pytest.mark.servers
MESSAGES = 40
COURSES = {
    "two at once go on": ("repair", Course(Call("sendto", 90), "KILL", 0, None, ("both",))),
    "Dovecot dies, then who goes on": (
        "restore",
        Course(Call("sendto", 60), "dovecot", 0.01, Call("sendto", 40), ("finish_restore",)),
    ),
}


@pytest.fixture(scope="module")
def suite(upgraded_sqlite):
    skip_without_servers()
    program("strace")
    with in_memory() as folder, real_suite(folder, ["mdbox"], upgraded_sqlite) as made:
        yield made


@pytest.mark.parametrize("name", COURSES)
def test_killed_on_a_real_dovecot_it_ends_the_same(suite, name):
    act, course = COURSES[name]
    assert suite.failures(RealPoint("mdbox", act, 0), course) == []
    assert NOT_REACHED not in suite.came


def test_people_and_postwarden_on_the_same_mailboxes_lose_nothing(suite):
    at_work = AtWork(suite.machine, suite.dovecots)
    assert at_work.failures(Run("mdbox", "dovecot", 1), MESSAGES) == []
    assert at_work.outcomes["relocated"] > 0
