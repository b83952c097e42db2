"""Courses side by side: calls elsewhere, all else here, and no course ends another one."""

import threading

import pytest

from postwarden.relocation.pacing import elsewhere, side_by_side, threads


class Fault(Exception):
    """What a store does."""


@pytest.fixture
def pool():
    with threads() as made:
        yield made


def fails(message):
    raise Fault(message)


def test_what_a_store_does_goes_on_while_the_other_course_works_here(pool):
    begun, worked, told = threading.Event(), threading.Event(), []
    here = threading.current_thread()

    def store():
        begun.set()
        assert worked.wait(10), "the other course waits for this call"
        return threading.current_thread()

    def giving():
        told.append((yield from elsewhere(store)))

    def taking():
        yield from elsewhere(lambda: begun.wait(10))
        assert threading.current_thread() is here
        worked.set()

    assert side_by_side(pool, [giving(), taking()], fails) == [None, None]
    assert told[0] is not here


def test_a_course_alone_needs_no_other_thread(pool):
    told = []

    def course():
        told.append((yield from elsewhere(threading.current_thread)))
        told.append((yield from elsewhere(threading.current_thread)))

    assert side_by_side(pool, [course()], fails) == [None]
    assert told == [threading.current_thread()] * 2


@pytest.mark.parametrize("first", [True, False])
def test_a_course_that_fails_lets_the_other_come_to_its_end(pool, first):
    told = []

    def failing():
        yield from elsewhere(lambda: None)
        yield from elsewhere(lambda: fails("gone"))

    def other():
        for number in range(3):
            told.append((yield from elsewhere(lambda number=number: number)))  # noqa: PERF401  # a course

    courses = [failing(), other()] if first else [other(), failing()]
    failed = []
    failures = side_by_side(pool, courses, failed.append)
    assert told == [0, 1, 2]
    assert [str(one) for one in failures if one] == ["gone"]
    assert isinstance(failures[0 if first else 1], Fault)
    assert len(failed) <= 1, "it is told of where another one is under way"


def test_a_course_may_bear_what_its_store_does(pool):
    told = []

    def course():
        try:
            yield from elsewhere(lambda: fails("once"))
        except Fault as fault:
            told.append(str(fault))
        told.append((yield from elsewhere(lambda: "again")))

    assert side_by_side(pool, [course(), course()], fails) == [None, None]
    assert told.count("once") == 2
    assert told.count("again") == 2
