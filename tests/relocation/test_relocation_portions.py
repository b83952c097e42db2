"""Which copies of a plan are done at once."""

from hypothesis import given
from hypothesis import strategies as some

from postwarden.relocation.keeping import portions

MEGABYTE = 1024 * 1024


def fresh(count):
    return [(place, "bob@example.net", 0) for place in range(count)]


def test_no_portion_has_more_copies_than_asked_for():
    assert [len(one) for one in portions(fresh(7), 3)] == [3, 3, 1]


def test_no_portion_is_large_unless_a_copy_is():
    sizes = {0: 20 * MEGABYTE, 1: 20 * MEGABYTE, 2: 10 * MEGABYTE, 3: 90 * MEGABYTE, 4: 1}
    assert list(portions(fresh(5), 100, sizes)) == [[0], [1, 2], [3], [4]]


def test_what_failed_comes_last_and_with_fewer_others_each_time():
    places = [(place, "bob@example.net", place // 500) for place in range(2_000)]
    found = list(portions(places, 500))
    assert [max(map(len, (p for p in found if p[0] // 500 == tries))) for tries in range(4)] == [
        *(500, 62, 7, 1)
    ]
    assert [place for one in found for place in one] == list(range(2_000))


@given(some.lists(some.integers(0, 9), max_size=40), some.integers(1, 9))
def test_each_copy_is_in_one_portion(tries, most):
    places = [(place, "bob@example.net", failed) for place, failed in enumerate(tries)]
    found = list(portions(places, most))
    assert sorted(place for one in found for place in one) == list(range(len(tries)))
    assert all(found)
