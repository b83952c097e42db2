"""Addresses in normal form: what is in it already is found out quickly, and by the same rules."""

from hypothesis import example, given
from hypothesis import strategies as st

from postwarden.vocabulary import Address, VocabularyError, normal

SIGNS = st.text(st.sampled_from("abZ09._-+'\"\\ @<>\tüß/=!"), max_size=12)
DRAWN = st.one_of(st.text(max_size=20), st.builds("{}@{}".format, SIGNS, SIGNS))


def at_length(text):
    try:
        return str(Address.parse(text))
    except VocabularyError:
        return text.strip().strip("<>").strip().lower()


@given(DRAWN)
@example("eva@example.net")
@example("a.b@example.net")
@example(".a@example.net")
@example("a.@example.net")
@example("eva@example.net.")
@example("eva@example.net\n")
@example("a@b@example.net")
@example("Eva@Example.Net")
@example("eva@")
def test_it_is_what_reading_and_writing_it_gives(text):
    assert normal(text) == at_length(text)
    assert normal(normal(text)) == normal(text)
