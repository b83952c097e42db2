"""Giving messages to a private provider, each step within a time."""

import smtplib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from postwarden.drills.lab.errors import MailRefused
from postwarden.drills.lab.options import HOST

_SENDER_HOST = "mail.sender.example"
_SENDER_ADDRESS = "192.0.2.7"


def send(
    port: int, sender: str, recipients: Sequence[str], message: bytes, seconds: float = 20.0
) -> None:
    """Send as a mail server elsewhere does, to all recipients in one transaction.

    Postfix takes name and address of that server as given (XCLIENT, Postfix's XCLIENT_README).

    Args:
        port: of SMTP on `HOST`.
        sender: envelope sender.
        recipients: envelope recipients.
        message: with CRLF.
        seconds: for each answer.

    Raises:
        MailRefused: one of the recipients, or the message, was refused, or no answer came in time.
    """
    send_all(port, [(sender, recipients, message)], seconds)


def send_all(
    port: int, mail: Iterable[tuple[str, Sequence[str], bytes]], seconds: float = 20.0
) -> None:
    """Send one message after the other over one connection, each to its recipients; as `send`."""
    with _session(port, seconds) as smtp:
        smtp.ehlo()
        code, answer = smtp.docmd("XCLIENT", f"NAME={_SENDER_HOST} ADDR={_SENDER_ADDRESS}")
        if code != 220:
            raise MailRefused(f"XCLIENT: {answer!r}")
        smtp.ehlo()
        for sender, recipients, message in mail:
            _hand_over(smtp, sender, recipients, message)


def submit(
    port: int,
    login: tuple[str, str],
    recipients: Sequence[str],
    message: bytes,
    seconds: float = 20.0,
) -> None:
    """Send as an account does: submission, with its login (account, password); as `send`."""
    with _session(port, seconds) as smtp:
        smtp.login(*login)
        _hand_over(smtp, login[0], recipients, message)


@contextmanager
def _session(port: int, seconds: float) -> Iterator[smtplib.SMTP]:
    try:
        with smtplib.SMTP(HOST, port, local_hostname=_SENDER_HOST, timeout=seconds) as smtp:
            yield smtp
    except OSError as error:
        raise MailRefused(f"port {port}: {error}") from error


def _hand_over(smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], message: bytes) -> None:
    refused = smtp.sendmail(sender, recipients, message)
    if refused:
        raise MailRefused("; ".join(f"{one}: {answer!r}" for one, answer in refused.items()))
