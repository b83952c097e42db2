"""A hundred points of `make crash`, spread evenly over acts, faults and how far the act has come."""

import pytest

from crash.machine import in_memory, machine
from crash.points import NOT_REACHED, SCENES, Suite
from crash.tracing import FAULTS
from servers.databases import program

pytestmark = pytest.mark.servers
ROUNDS = {
    "hold": 2,
    "release": 2,
    "worker-holds": 2,
    "repair": 8,
    "repair-by-peer": 6,
    "restore": 4,
}
AGAIN = [
    ("hold", 0.6),
    ("worker-holds", 0.8),
    ("repair", 0.3),
    ("repair-by-peer", 0.5),
    ("restore", 0.7),
]
PLACES = [
    (scene, fault, (place + (2 * number + 1) / 6) / ROUNDS.get(scene, 1))
    for scene in SCENES
    for place in range(ROUNDS.get(scene, 1))
    for number, fault in enumerate(FAULTS)
]


@pytest.fixture(scope="module")
def suite(upgraded_sqlite):
    program("strace")
    with in_memory() as folder, machine(folder, upgraded=upgraded_sqlite) as made:
        yield Suite(made)


def run(suite, points, fault, how_far):
    fitting = [point for point in points if point.fault == fault]
    last = int(len(fitting) * how_far)
    for point in reversed(fitting[max(last - 4, 0) : last + 1]):
        found = suite.failures(point)
        if found != [NOT_REACHED]:  # answers come in more pieces or fewer: the one before will do
            break
    assert found == [], f"again alone: python -m crash {point}"


@pytest.mark.parametrize(("scene", "fault", "how_far"), PLACES)
def test_stopped_anywhere_and_done_again_it_ends_the_same(suite, scene, fault, how_far):
    run(suite, suite.points(scene), fault, how_far)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("scene", "how_far"), AGAIN)
def test_so_does_what_is_stopped_again_while_it_recovers(suite, scene, fault, how_far):
    run(suite, suite.deeper(scene), fault, how_far)


def test_there_are_a_hundred():
    assert len(PLACES) + len(AGAIN) * len(FAULTS) >= 100
