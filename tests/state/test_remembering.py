"""What a process remembers of a state, and for how long."""

from postwarden.state.remembering import Remembered, forget_all


def test_an_answer_is_computed_once_a_mark():
    made = []
    remembered = Remembered[str](10)

    def make():
        made.append(1)
        return f"answer {len(made)}"

    assert [remembered.get("a", make), remembered.get("a", make)] == ["answer 1"] * 2
    assert remembered.get("b", make) == "answer 2"
    assert remembered.known("c") is None


def test_answers_that_nobody_asked_for_go_first():
    remembered = Remembered[str](2)
    for name in "ab":
        remembered.keep(name, name)
    remembered.known("a")
    remembered.keep("c", "c")
    assert [remembered.known(name) for name in "abc"] == ["a", None, "c"]


def test_answers_weigh_what_they_hold_and_the_last_one_is_kept_whatever_it_weighs():
    remembered = Remembered[str](5, len)
    remembered.keep("a", "xx")
    remembered.keep("b", "xxx")
    assert [remembered.known(name) for name in "ab"] == ["xx", "xxx"]
    remembered.keep("c", "x" * 9)
    assert [remembered.known(name) for name in "abc"] == [None, None, "x" * 9]
    remembered.keep("a", "x")
    assert [remembered.known(name) for name in "ac"] == ["x", None]


def test_another_state_has_other_answers():
    remembered = Remembered[str](10)
    remembered.keep("a", "of the state before")
    forget_all()
    assert remembered.known("a") is None
