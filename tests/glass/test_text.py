"""A message as text, and nothing but text."""

from time import process_time

import pytest

from glass.conftest import mail
from postwarden.glass.text import MOST, shown

HTML = "Content-Type: text/html; charset=utf-8"


def test_of_html_only_the_words_are_left():
    found = shown(
        mail(
            HTML,
            "",
            "<html><head><title>no</title><style>p{}</style></head><body onload=x()>",
            "<script>alert(1)</script><p>Dear <b>Ivy</b>,</p>",
            '<img src="https://track.test/1.gif" alt="pixel"><a href="https://evil.test/">click</a>',
            "&lt;script&gt;still text&lt;/script&gt;</body></html>",
        )
    )
    assert found.text == "Dear Ivy,\nclick <script>still text</script>"
    assert "track.test" not in found.text
    assert "evil.test" not in found.text


def test_of_alternatives_the_plain_one_is_shown_and_attachments_are_named():
    found = shown(
        mail(
            "Content-Type: multipart/mixed; boundary=a",
            "",
            "--a",
            "Content-Type: multipart/alternative; boundary=b",
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "plain words",
            "--b",
            HTML,
            "",
            "<p>html words</p>",
            "--b--",
            "--a",
            "Content-Type: application/pdf",
            "Content-Disposition: attachment; filename=secret.pdf",
            "",
            "JVBERi0=",
            "--a--",
        )
    )
    assert found.text.strip() == "plain words"
    assert [one.kind for one in found.left_out] == ["application/pdf"]
    assert dict(found.headers)["Subject"] == "hello"


def test_what_acts_is_written_out():
    found = shown(mail("To: =?utf-8?b?4oCuZXZl?=", HTML, "", "a\x1b[2Jb\u202ec\u200bd"))
    assert "\\u202e" in dict(found.headers)["To"]
    assert found.text.isprintable()
    assert "\\u001b" in found.text


def test_a_long_message_is_cut():
    found = shown(mail("", "x" * (2 * MOST)))
    assert (len(found.text), found.cut) == (MOST, True)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe", b"Content-Type: text/plain; charset=nonsense\r\n\r\nwords\xff",
     b"Content-Type: multipart/mixed\r\n\r\nno boundary", b"Subject: =?x?q?=?=\r\n\r\n",
     b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 1_000,
     b"Content-Type: text/html\r\n\r\n" + b"<p" * 50_000,
     b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nwords",
     b"Content-Transfer-Encoding: base64\r\n\r\n!!!"],
)  # fmt: skip
def test_whatever_lies_there_is_shown_as_text(content):
    found = shown(content)
    assert all(one.isprintable() or one in "\n\t" for one in found.text)


@pytest.mark.parametrize(
    "head", ['charset="idna"', "charset=undefined", 'charset="x\0y"', "charset=punycode"]
)
def test_whatever_a_charset_is_called_the_text_is_shown(head: str):
    assert "words" in shown(mail(f"Content-Type: text/plain; {head}", "", "words \xe9 \u20ac")).text


def test_what_would_keep_the_parser_busy_is_shown_as_it_was_sent():
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(400)
    )
    many = "Content-Type: text/plain" + ";a" * 100_000 + "\n\nwords"
    start = process_time()
    assert shown((nested + "x\n" * 200_000).encode()).text.startswith("Content-Type: multipart")
    assert shown(many.encode()).text.startswith("Content-Type: text/plain;a")
    assert process_time() - start < 2


def test_a_letter_that_grows_when_it_is_written_small_moves_nothing():
    found = shown(mail(HTML, "", "\u0130" * 9 + "<SCRIPT>hidden</Script ><P>Dear Ivy</P>"))
    assert found.text == "\u0130" * 9 + "\nDear Ivy"
