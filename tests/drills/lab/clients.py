"""What mail programs do on a lab: each gives what it saw, or the refusal."""

import base64
import imaplib
import json
import poplib
import smtplib
import socket
import urllib.request
from contextlib import closing
from typing import Any

from postwarden.drills.lab.service import HOST, Lab

SECONDS = 20


def imap(lab: Lab, account: str, password: str) -> bool:
    with imaplib.IMAP4(HOST, lab.ports.imap, SECONDS) as session:
        try:
            return session.login(account, password)[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def pop3(lab: Lab, account: str, password: str) -> bool:
    session = poplib.POP3(HOST, lab.ports.pop3, SECONDS)
    with closing(session):
        try:
            session.user(account)
            return session.pass_(password).startswith(b"+OK")
        except poplib.error_proto:
            return False


def submission(lab: Lab, account: str, password: str) -> bool:
    with smtplib.SMTP(HOST, lab.ports.submission, timeout=SECONDS) as session:
        try:
            return session.login(account, password)[0] == 235
        except smtplib.SMTPAuthenticationError:
            return False


def sieve(lab: Lab, account: str, password: str, script: str | None = None) -> bool:
    """Log in by ManageSieve (RFC 5804), and make a script the active one where given."""
    proof = base64.b64encode(f"\0{account}\0{password}".encode()).decode()
    commands = [f'AUTHENTICATE "PLAIN" "{proof}"']
    if script is not None:
        size = len(script.encode())
        commands += [f'PUTSCRIPT "s" {{{size}+}}\r\n{script}', 'SETACTIVE "s"']
    with (
        socket.create_connection((HOST, lab.ports.sieve), SECONDS) as session,
        session.makefile("rwb") as stream,
    ):
        answers = [_answer(stream)]
        for command in commands:
            stream.write(f"{command}\r\n".encode())
            stream.flush()
            answers.append(_answer(stream))
    return all(answer.startswith(b"OK") for answer in answers)


def doveadm(lab: Lab, command: str, **parameters: object) -> Any:
    """Give the answer of Dovecot's HTTP API to one command."""
    key = base64.b64encode(lab.doveadm_key.encode()).decode()
    request = urllib.request.Request(
        f"http://{HOST}:{lab.ports.doveadm}/doveadm/v1",
        data=json.dumps([[command, parameters, "t"]]).encode(),
        headers={"Authorization": f"X-Dovecot-API {key}"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        ((kind, told, _),) = json.load(answer)
    assert kind == "doveadmResponse", told
    return told


def _answer(stream: Any) -> bytes:
    """Give the line that ends an answer: OK, NO or BYE."""
    for line in stream:
        if line[:2] in (b"OK", b"NO", b"BY"):
            return bytes(line)
    return b""
