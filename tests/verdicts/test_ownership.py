"""Which stored copies are an owner's own of the same message."""

import pytest

from postwarden.sources.service import CopyRecord
from postwarden.verdicts.ownership import _Held, _same_message
from postwarden.verdicts.subjects import Subject

COPY = CopyRecord(**dict.fromkeys(CopyRecord._fields))._replace(
    store="main",
    account="ben@example.test",
    folder="INBOX",
    file="new/1",
    trace="",
    message_id="<1@shop.test>",
    date="today",
    from_="shop@shop.test",
    header_hash="h",
    header_size=400,
    size=1_000,
)


def same(wrong=COPY, **own):
    copy = COPY._replace(**own)
    other = _Held._make(getattr(copy, name) for name in _Held._fields)
    return _same_message(Subject.stored(wrong), other)


def test_a_copy_with_the_sender_s_header_is_of_the_same_message():
    assert same(header_size=300, size=900)
    assert same(header_hash="other")
    assert not same(header_hash="other", date="tomorrow")


@pytest.mark.parametrize("header", ["h", "other"])
def test_a_header_sent_again_with_another_body_is_not_that_message(header):
    assert not same(header_hash=header, size=1_001)
    assert not same(COPY._replace(content_hash="c"), content_hash="d", header_hash=header)


def test_line_ends_make_no_other_message():
    assert same(COPY._replace(content_hash="c"), content_hash="c", size=1_020)
    assert same(store="other", size=1_020)
