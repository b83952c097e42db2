"""Holds of an account, against a model that only counts."""

import sys
import unicodedata

import hypothesis.strategies as st
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from postwarden.holds.rules import (
    Hold,
    Kind,
    Lift,
    Place,
    Refusal,
    Wording,
    decide,
    is_held,
    is_name,
    wording,
)
from postwarden.holds.sentences import LANGUAGES, sentence

KINDS, CASES, WORDINGS = (
    st.sampled_from(Kind),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(Wording),
)


class OneAccount(RuleBasedStateMachine):
    """Held exactly while some case's login hold was placed and not lifted."""

    def __init__(self):
        super().__init__()
        self.holds = frozenset()
        self.model = {}

    @rule(kind=KINDS, case=CASES, told=WORDINGS)
    def place(self, kind, case, told):
        found = decide(self.holds, Place(Hold(kind, case, told)))
        if (kind, case) in self.model:
            assert found is Refusal.HELD_ALREADY
        else:
            self.model[kind, case] = told
            self.holds = found

    @rule(kind=KINDS, case=CASES)
    def lift(self, kind, case):
        found = decide(self.holds, Lift(kind, case))
        if self.model.pop((kind, case), None) is None:
            assert found is Refusal.NOT_HELD
        else:
            self.holds = found

    @invariant()
    def is_as_the_model(self):
        logins = [told for (kind, _), told in self.model.items() if kind is Kind.LOGIN]
        assert len(self.holds) == len(self.model)
        assert is_held(self.holds) == bool(logins)
        only_outage = bool(logins) and set(logins) == {Wording.OUTAGE}
        assert (wording(self.holds) is Wording.OUTAGE) == only_outage


TestOneAccount = OneAccount.TestCase


@given(WORDINGS, st.text(max_size=12), st.text(max_size=40))
def test_sentences_are_ascii_and_on_one_line(told, language, page):
    found = sentence(told, language, page)
    assert all(" " <= one <= "~" for one in found)
    assert found.startswith(sentence(told, language))


def test_each_language_has_its_own_and_none_speaks_of_passwords():
    assert set(LANGUAGES) == {"en", "nl", "de", "it", "fr"}
    for told in Wording:
        found = [sentence(told, language) for language in LANGUAGES]
        assert len(set(found)) == len(found)
        assert not any("pass" in one.lower() or "wachtwoord" in one.lower() for one in found)
    assert sentence(Wording.OUTAGE, "de-AT") == sentence(Wording.OUTAGE, "de")
    assert sentence(Wording.OUTAGE, "xx") == sentence(Wording.OUTAGE, "en")


def test_an_outage_says_unavailable():
    assert "unavailable" in sentence(Wording.OUTAGE, "en")


def test_control_characters_and_lone_surrogates_are_in_no_name():
    unfit = {"Cc", "Cs"}
    assert [
        place
        for place in range(sys.maxunicode + 1)
        if is_name(f"a{chr(place)}") is (unicodedata.category(chr(place)) in unfit)
    ] == []
    assert not is_name("")
    assert is_name("a" * 320) is not is_name("a" * 321)
