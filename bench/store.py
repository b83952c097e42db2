"""A provider's Maildirs, made of real messages with the trace lines that modern servers add.

2,000 mailboxes with INBOX and .Archive; what lies beneath the headers added here is the corpus that
set-up downloads. Attachments are lognormal, so that a file has about 38 KB on average.
"""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

HOSTS = frozenset({"mx1.example.net", "store1.example.net"})
DOMAINS = 40
_BEGAN = 1_790_000_000
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to write: messages, and the mailboxes that they are spread over."""

    messages: int
    mailboxes: int


def write_store(root: str, corpus: str, plan: Plan) -> None:
    """Write the store; its files stand in `root`/{domain}/{local}/Maildir.

    Times of the folders lie in the past, so that a scan can rely on them.
    """
    chance = random.Random(20261121)  # repeatable, not secret
    bodies = _corpus(corpus)
    noise = "".join(chance.choices(_BASE64, k=1_000_000))
    each = plan.messages // plan.mailboxes
    for number in range(plan.mailboxes):
        local, domain = f"user{number:05d}", f"d{number % DOMAINS:02d}.example"
        home = f"{root}/{domain}/{local}/Maildir"
        for part in ("cur", "new", "tmp", ".Archive/cur", ".Archive/new", ".Archive/tmp"):
            os.makedirs(f"{home}/{part}")
        for index in range(each):
            message = _message(chance, f"{local}@{domain}", bodies, noise)
            _store(home, index, message, chance)
        for part in ("cur", "new", ".Archive/cur", ".Archive/new"):
            os.utime(f"{home}/{part}", (_BEGAN, _BEGAN))


def files(root: str) -> Iterator[str]:
    """Give every message file, in order of path."""
    for place, folders, names in os.walk(root):
        folders.sort()
        if os.path.basename(place) in ("cur", "new"):
            yield from (f"{place}/{name}" for name in sorted(names))


def _corpus(folder: str) -> list[bytes]:
    found = []
    for file in sorted(Path(folder).rglob("*.txt")):
        raw = file.read_bytes()
        if raw.startswith(b"From "):
            raw = raw.partition(b"\n")[2]
        found.append(raw)
    return found


def _store(home: str, index: int, message: bytes, chance: random.Random) -> None:
    second = _BEGAN + chance.randrange(5_000_000)
    base = f"{second}.M{chance.randrange(1_000_000)}P{index}.store1,S={len(message)}"
    folder = "/.Archive" if index % 5 == 4 else ""
    part = (
        f"new/{base}" if index % 7 == 6 else f"cur/{base}:2,{chance.choice(('S', 'RS', '', 'a'))}"
    )
    with open(f"{home}{folder}/{part}", "wb") as file:
        file.write(message)


def _message(chance: random.Random, account: str, bodies: Sequence[bytes], noise: str) -> bytes:
    head, _, body = chance.choice(bodies).partition(b"\n\n")
    date = formatdate(_BEGAN + chance.randrange(5_000_000))
    sent = chance.random() < 0.02
    top = "" if sent else _delivered(chance, account, date) + _signed(chance, noise)
    wanted = max(0, int(chance.lognormvariate(9.4, 1.5)) - len(body))
    text = _attachment(noise, min(wanted, 3_000_000), chance) if chance.random() < 0.8 else b""
    return top.encode() + head + b"\n\n" + body + text


def _delivered(chance: random.Random, account: str, date: str) -> str:
    session, queue = _word(chance, 22), f"4j{_word(chance, 12)}"
    sender = f"bounce-{chance.randrange(10**9)}@mail.sender.test"
    several = chance.random() < 0.1
    named = "" if several else f" for <{account}>"
    return (
        f"Return-Path: <{sender}>\n"
        + ("" if several else f"Delivered-To: {account}\n")
        + "Received: from mx1.example.net ([127.0.0.1])\n"
        f"\tby store1.example.net with LMTP\n\tid {session}\n"
        f"\t(envelope-from <{sender}>){named}; {date}\n"
        "Received: from out7.mail.sender.test (out7.mail.sender.test [192.0.2.7])\n"
        "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
        "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\n"
        "\t(No client certificate requested)\n"
        f"\tby mx1.example.net (Postfix) with ESMTPS id {queue}\n"
        f"\tfor <{account}>; {date}\n"
    )


def _signed(chance: random.Random, noise: str) -> str:
    """Give the fields that gateways and signers add: ARC, DKIM, and one vendor's own."""
    vendor = "".join(
        f"X-MS-Exchange-Organization-Field{n}: {_word(chance, 40)}\n"
        for n in range(chance.choice((0, 0, 4, 8)))
    )
    report = _folded("X-Microsoft-Antispam-Message-Info", noise, chance, 3500)
    return (
        "Authentication-Results: mx1.example.net; dkim=pass header.d=sender.test;\n"
        "\tspf=pass smtp.mailfrom=mail.sender.test; dmarc=pass header.from=sender.test\n"
        + _folded("ARC-Seal", noise, chance, 250)
        + _folded("ARC-Message-Signature", noise, chance, 300)
        + _folded(
            "DKIM-Signature",
            noise,
            chance,
            350,
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.test;\n\tbh={_word(chance, 43)}=; b=",
        )
        + vendor
        + (report if chance.random() < 0.1 else "")
    )


def _folded(name: str, noise: str, chance: random.Random, size: int, value: str = "") -> str:
    start = chance.randrange(900_000)
    text = noise[start : start + size]
    return f"{name}: {value}" + "\n\t".join(text[i : i + 72] for i in range(0, size, 72)) + "\n"


def _attachment(noise: str, size: int, chance: random.Random) -> bytes:
    start = chance.randrange(1000)
    lines = (noise[start + i : start + i + 76] for i in range(0, min(size, 900_000), 76))
    block = "\n".join(lines) + "\n"
    return (block * (size // len(block) + 1))[:size].encode()


def _word(chance: random.Random, size: int) -> str:
    return "".join(chance.choices(_BASE64[:62], k=size))
