import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.logs.fields import address, is_own_relay, transaction
from postwarden.vocabulary import normal


@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"[a-z.+-]{1,9}@[a-z.-]{1,9}", fullmatch=True))
)
def test_addresses_are_in_normal_form(text):
    assert address(text) == normal(text)


@pytest.mark.parametrize(
    ("relay", "own"),
    [
        ("127.0.0.1[127.0.0.1]:24", True),
        ("localhost[::1]:24", True),
        ("filter[10.1.2.3]:10024", True),
        ("filter[172.16.0.1]:10024", True),
        ("filter[172.32.0.1]:10024", False),
        ("filter[192.168.7.7]:10024", True),
        ("filter[fd00::7]:10024", True),
        ("filter[2001:db8::7]:10024", False),
        ("mx1.example.test[private/dovecot-lmtp]", True),
        ("MX1.example.test[198.51.100.1]:25", True),
        ("mx1.example.test.evil.example[198.51.100.1]:25", False),
        ("mx.remote.example[198.51.100.1]:25", False),
        ("mx.remote.example[110.1.1.1]:25", False),
        ("dovecot", False),
        ("", False),
    ],
)
def test_own_relays(relay, own):
    assert is_own_relay(relay, frozenset({"mx1.example.test"})) is own


@pytest.mark.parametrize(
    ("written", "divided"),
    [
        ("abc", ("abc", None)),
        ("abc:R2", ("abc", "R2")),
        ("abc:T2", ("abc:T2", None)),
        ("abc:T2:R3", ("abc:T2", "R3")),
        ("", (None, None)),
    ],
)
def test_lmtp_transactions(written, divided):
    assert transaction(written) == divided
