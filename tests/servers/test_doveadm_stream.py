"""Reading doveadm's JSON piece by piece."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.servers.doveadm.stream import BrokenAnswerError, first_and_objects

OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), max_size=5
)


def cut(text, size):
    return [text[place : place + size] for place in range(0, len(text), size)]


@given(OBJECTS, st.integers(1, 40))
def test_objects_come_out_however_the_text_is_cut(objects, size):
    text = json.dumps(objects, separators=(",", ":"))
    before, found = first_and_objects(cut(text, size))
    assert list(found) == objects
    assert before.startswith("[")
    answer = json.dumps([["doveadmResponse", objects, "t"]], separators=(",", ":"))
    before, found = first_and_objects(cut(answer, size))
    assert list(found) == objects
    assert '"doveadmResponse"' in before


@given(OBJECTS.filter(bool), st.data())
def test_an_answer_cut_short_is_broken(objects, data):
    text = json.dumps(objects, separators=(",", ":"))
    short = text[: data.draw(st.integers(text.index("{") + 1, len(text) - 1))]
    with pytest.raises(BrokenAnswerError):
        list(first_and_objects([short])[1])
