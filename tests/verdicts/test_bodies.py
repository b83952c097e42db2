"""Unsigned bodies: only a positive match with another message makes a copy crossed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.verdicts.bodies import AROUND, FOLDS, MINUTE, Body, decide
from postwarden.verdicts.sizes import Measured

NOON = 1_795_172_400_000_000


def misfit(name, body, body_size, excess, *, account="", queue_id="", since=NOON):
    return Measured(
        store="store1",
        account=account or f"{name}@example.net",
        file="new/1",
        queue_id=queue_id or f"queue-{name}",
        message_id=f"<{name}@x.test>",
        body=body,
        body_size=body_size,
        excess=excess,
        signed=False,
        since=since,
        until=since + MINUTE,
        line_file="log/mail.log",
        line=1,
    )


def sound(name, body, body_size, since=NOON):
    return Body(f"<{name}@x.test>", body, body_size, since, since + MINUTE)


def told(misfits, carried=(), others=()):
    """Give the accounts of crossed copies with the message each is of."""
    found = decide(misfits, carried, others)
    return {
        account: (content.match, content.other_id) for (_, account, _), content in found.items()
    }


ONE = misfit("a", "B", 900, 300)
TWO = misfit("b", "A", 600, -300)
SWAPPED = {
    "a@example.net": ("size", "<b@x.test>"),
    "b@example.net": ("size", "<a@x.test>"),
}


def test_bodies_that_changed_places_are_each_others():
    assert told([ONE, TWO]) == SWAPPED


def test_every_copy_of_a_queue_file_has_the_other_body():
    more = ONE._replace(account="c@example.net")
    assert told([ONE, more, TWO]) == SWAPPED | {"c@example.net": ("size", "<b@x.test>")}


@pytest.mark.parametrize(
    "other",
    [
        TWO._replace(excess=-299),
        TWO._replace(body_size=601),
        TWO._replace(message_id=ONE.message_id),
        TWO._replace(queue_id=ONE.queue_id),
        TWO._replace(since=NOON + 9 * MINUTE, until=NOON + 10 * MINUTE),
        misfit("b", "A", 900, -300),
    ],
    ids=["sizes", "bodies", "message", "queue-file", "time", "header"],
)
def test_a_pair_must_fit_in_everything(other):
    assert told([ONE, other]) == {}


def test_two_possible_partners_are_none():
    assert told([ONE, TWO, TWO._replace(queue_id="q", message_id="<c@x.test>")]) == {}


def test_differences_of_folded_lines_pair_nothing():
    assert told([misfit("a", "B", 100, FOLDS), misfit("b", "A", 100 - FOLDS, -FOLDS)]) == {}


def test_where_more_lost_bytes_than_changed_places_sizes_prove_nothing():
    lost = [misfit(f"m{n}", f"M{n}", 500 + n, -40, since=NOON + n * 9 * MINUTE) for n in range(3)]
    assert told([ONE, TWO, lost[0]]) == SWAPPED
    assert told([ONE, TWO, *lost]) == {}


def test_another_copy_and_the_owner_of_the_body_prove_it():
    carried = [sound("a", "A", 600), sound("b", "B", 900)]
    assert told([ONE], carried) == {"a@example.net": ("copies", "<b@x.test>")}


def test_what_the_author_kept_explains_the_logged_size_as_well():
    kept = Body("<a@x.test>", "A", 600, 0, 0)
    expected = {"a@example.net": ("copies", "<b@x.test>")}
    assert told([ONE], [sound("b", "B", 900)], [kept]) == expected


@pytest.mark.parametrize(
    "carried",
    [
        [sound("b", "B", 900)],
        [sound("a", "A", 599), sound("b", "B", 900)],
        [sound("a", "A", 600)],
        [sound("a", "A", 600), sound("a", "B", 900)],
        [sound("a", "A", 600), sound("b", "B", 900), sound("c", "B", 900)],
        [sound("a", "A", 600), sound("b", "B", 900), sound("a", "B", 900)],
        [sound("a", "A", 600), sound("b", "B", 900, since=NOON + 2 * AROUND)],
    ],
    ids=["no-other-copy", "size", "no-owner", "own-body", "two-owners", "also-own", "time"],
)
def test_a_body_alone_proves_nothing(carried):
    """Newsletters have one body under many Message-IDs, and a script may add a header to one."""
    assert told([ONE], carried) == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.sampled_from("ABC"),
            st.integers(min_value=9, max_value=60),
        ),
        max_size=12,
    )
)
def test_changes_of_one_direction_accuse_nobody(made):
    """Whatever adds to messages, alone, is no exchange, if nobody else's body is found."""
    misfits = [misfit(name, f"{name}{body}", 500, excess) for name, body, excess in made]
    assert told(misfits) == {}


@given(st.permutations([ONE, TWO, misfit("c", "C", 400, 77), misfit("d", "D", 400, -9)]))
def test_order_decides_nothing(misfits):
    assert told(misfits) == SWAPPED


def test_citations_name_both_deliveries():
    found = decide([ONE, TWO._replace(line=7)], [], [])
    content = found["store1", "a@example.net", "new/1"]
    assert [citation.line for citation in content.citations] == [1, 7]
    assert replace(content, citations=()).own_id == "<a@x.test>"
