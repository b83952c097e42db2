"""The acts of a plan's text, kept compressed: they are the same as they were, and little of them in memory."""

import tracemalloc
from dataclasses import replace

import pytest

from custody.plans import PLAN
from postwarden.custody.acts import Act, Kind, packed
from postwarden.custody.rules import canonical

MANY = 1_000


def acts(many):
    return tuple(
        Act(Kind.RELOCATE, f"user{at}@example.test", (("folder", "INBOX ü"), ("id", str(at) * 9)))
        for at in range(many)
    )


def text_of(many):
    return canonical(replace(PLAN, acts=acts(many))).decode()


@pytest.mark.parametrize("size", [*range(1, 400, 3), 10_000])
def test_do_not_depend_on_how_the_text_comes(size):
    text = text_of(3)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert packed(pieces) == packed([text])


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"acts":[', '{"acts":[["hold","a@example.net",[]]', '{"acts":[["x","",[]]],'],
)
def test_the_text_of_no_plan_is_refused(text):
    with pytest.raises((ValueError, LookupError, TypeError)):
        packed([text])


@pytest.mark.parametrize("many", [1, 255, 256, 257, 512, MANY])
def test_are_those_that_the_text_has(many):
    text = text_of(many)
    found, rest = packed([text])
    assert found == acts(many)
    assert (len(found), found.kinds) == (many, {Kind.RELOCATE})
    assert [found[at] for at in (0, many // 2, -1)] == [acts(many)[at] for at in (0, many // 2, -1)]
    assert found[many // 3 : many // 2] == acts(many)[many // 3 : many // 2]
    assert rest == text[text.index('"case":') :]


def test_one_beyond_the_last_is_none():
    found, _ = packed([text_of(3)])
    with pytest.raises(IndexError):
        found[3]
    with pytest.raises(IndexError):
        found[-4]


def test_a_changed_act_makes_others_of_them():
    found, _ = packed([text_of(300)])
    assert found != (*acts(299), Act(Kind.KEEP, "user299@example.test"))
    assert found != acts(299)


def test_take_a_fraction_of_their_size():
    """Among a thousand acts, those that are not asked for lie compressed."""
    text = text_of(MANY)
    tracemalloc.start()
    found, _ = packed([text])
    kept, _ = tracemalloc.get_traced_memory()
    plain = tuple(found)
    whole = tracemalloc.get_traced_memory()[0] - kept
    tracemalloc.stop()
    assert len(plain) == MANY
    assert kept < whole / 5
