"""Reading one Received line as Postfix and Dovecot write it (RFC 5321 section 4.4).

Forms seen from Postfix 3.7 and Dovecot 2.3.19, unfolded:

    from HOST ([IP]) by HOST with LMTP id ID (envelope-from <A>) for <B>; DATE
    from HELO (NAME [IP]) (using TLS...) (Authenticated sender: U) by HOST (Postfix) with ESMTP
        id QUEUEID for <B>; DATE
    by HOST (Postfix, from userid 0) id QUEUEID; DATE
    by HOST (Postfix) id QUEUEID; DATE

HELO, the certificate's name and the envelope sender are the client's words: Postfix writes them
without white space or with balanced parentheses, so the line is read strictly from the left and
each comment is skipped by counting parentheses. What does not fit is an unread client, which nobody
trusts.
"""

import re
from typing import NamedTuple

# Spelled out, as `re` is several times slower with \s within a class.
_SPACE = r" \t\n\r\f\v"
_NAME = rf"[^{_SPACE}();<>]+"
_WITH_LOGIN = frozenset({"ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA"})
_CLIENT = re.compile(rf"(?:([^{_SPACE}]+) )?\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]\Z")
_SENDER = re.compile(r"\(envelope-from <(?:[^\"<>]++|\"(?:[^\"\\]++|\\.)*+\")*+>\)")
_FOR = re.compile(r"<((?:[^\"<>]++|\"(?:[^\"\\]++|\\.)*+\")*+)>")
_BRACKET = re.compile(r"[()]")
_WORD = re.compile(_NAME)


# The forms above where no parenthesis needs counting; every other line takes the slower way.
_USUAL = re.compile(
    rf"(?:from {_NAME}+ \((?:([^{_SPACE}]++) )?\[(?:IPv6:)?([0-9A-Fa-f.:]++)\]\) ?"
    r"((?:\([^()]*+(?:\([^()]*+\)[^()]*+)*+\) ?)*+))?"
    rf"by ({_NAME}+) ?(?:\((Postfix|Dovecot)(?:, from userid \d++)?\) ?)?"
    rf"(?:with ({_NAME}+) ?)?(?:id ({_NAME}+) ?)?"
    r"(?:\(envelope-from <[^\"<>]*+>\) ?)?(?:for <([^\"<>]++)>)?;([^;]*+)\Z"
)


class Received(NamedTuple):
    """One Received line.

    Attributes:
        by: the host that says it wrote the line, lower case.
        software: first word of the comment after the host, such as "Postfix"; "" without one.
        has_client: it says "from".
        client_name: the client's verified name, lower case; None when unknown or not readable.
        client_ip: the client's address; None when not readable.
        authenticated: a user logged in to hand the message over.
        agent: a delivery agent (LMTP) wrote it, not a queue.
        identity: the "id" word; None without.
        recipient: the address in "for <...>"; None without.
        date: text after the last semicolon.
    """

    by: str
    software: str
    has_client: bool
    client_name: str | None
    client_ip: str | None
    authenticated: bool
    agent: bool
    identity: str | None
    recipient: str | None
    date: str


def read_received(value: str) -> Received | None:
    """Read the unfolded value of a Received field; None when no host can be told from it."""
    value = value.replace("\t", " ").strip()
    usual = _USUAL.match(value)
    if usual is None:
        return _read_unusual(value)
    name, ip, comments, by, software, protocol, identity, recipient, date = usual.groups("")
    protocol = protocol.upper()
    return Received(
        by.lower(),
        software,
        bool(ip),
        name.lower() or None,
        ip.lower() or None,
        "(Authenticated sender:" in comments or protocol in _WITH_LOGIN,
        protocol.startswith("LMTP"),
        identity or None,
        recipient or None,
        date,
    )


def _read_unusual(value: str) -> Received | None:
    clauses, _, date = value.rpartition(";")
    place = _blanks(clauses, 0)
    has_client = clauses[place : place + 5].lower() == "from "
    comments: list[str] = []
    if has_client:
        word = _WORD.match(clauses, _blanks(clauses, place + 5))
        if word is None:
            return None
        comments, place = _comments(clauses, word.end())
        if not comments:
            return (
                None  # own servers name the client's address; a HELO with blanks could pose as them
            )
    if clauses[place : place + 3].lower() != "by ":
        return None
    host = _WORD.match(clauses, _blanks(clauses, place + 3))
    if host is None:
        return None
    remarks, place = _comments(clauses, host.end())
    protocol, identity, recipient = _clauses(clauses, place)
    client = _CLIENT.match(comments[0]) if comments else None
    return Received(
        by=host[0].lower(),
        software=(_WORD.match(remarks[0]) or ("",))[0].rstrip(",") if remarks else "",
        has_client=has_client,
        client_name=client[1].lower() if client and client[1] else None,
        client_ip=client[2].lower() if client else None,
        authenticated=any(comment.startswith("Authenticated sender:") for comment in comments)
        or protocol in _WITH_LOGIN,
        agent=protocol.startswith("LMTP"),
        identity=identity,
        recipient=recipient,
        date=date,
    )


def _blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] == " ":
        place += 1
    return place


def _comments(text: str, place: int) -> tuple[list[str], int]:
    """Skip the comments at a place; give their texts and where they end."""
    found: list[str] = []
    place = _blanks(text, place)
    while place < len(text) and text[place] == "(":
        depth = 0
        for bracket in _BRACKET.finditer(text, place):
            depth += 1 if bracket[0] == "(" else -1
            if not depth:
                found.append(text[place + 1 : bracket.start()])
                place = _blanks(text, bracket.end())
                break
        else:
            return found, len(text)
    return found, place


def _clauses(text: str, place: int) -> tuple[str, str | None, str | None]:
    """Read "with", "id" and "for", each once, up to the first thing that is none of them."""
    protocol = ""
    identity = recipient = None
    while (word := _WORD.match(text, place)) is not None:
        place = _blanks(text, word.end())
        kind = word[0].lower()
        if kind == "for" and recipient is None:
            address = _FOR.match(text, place)
            if address is None:
                break
            recipient = address[1]
            place = _blanks(text, address.end())
            continue
        following = _WORD.match(text, place)
        if following is None:
            break
        if kind == "with" and not protocol:
            protocol = following[0].upper()
        elif kind == "id" and identity is None:
            identity = following[0]
        else:
            break
        sender = _SENDER.match(text, after := _blanks(text, following.end()))
        place = _blanks(text, sender.end()) if sender else after
    return protocol, identity, recipient
