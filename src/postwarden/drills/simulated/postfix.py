"""Postfix 3.7: acceptance, alias expansion, the queue, delivery, and what it logs of them.

Aliases are expanded when a message is accepted (cleanup(8)), never again; the formats are those of
smtpd, pickup, cleanup, qmgr, lmtp, smtp and bounce as run for this simulator.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from postwarden.drills.simulated.clock import MINUTE, SECOND, local
from postwarden.drills.simulated.dovecot import Dovecot
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import POSTFIX, Line
from postwarden.drills.simulated.records import Arrival, Handover, Queued, Recipient
from postwarden.drills.simulated.site import DOMAIN, FILTER_HOST, HOST, Site

_BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"


@dataclass(frozen=True)
class Client:
    """Who hands a message in.

    Attributes:
        kind: "smtp", "submission" (with `login`), "pickup", "localhost" (a filter or Dovecot).
        helo: the name given; free text of the sender.
    """

    kind: str
    helo: str = ""
    name: str = "unknown"
    ip: str = "192.0.2.1"
    login: str = ""


@dataclass(frozen=True)
class Onward:
    """What this provider did already with a message that it accepts again.

    Attributes:
        content: what is handed in.
        lineage: see `Queued`; likewise `parent` and `due_to`.
        firsts: the first original recipient of each recipient, where a filter lies between.
    """

    content: bytes
    lineage: str = ""
    parent: Queued | None = None
    due_to: Arrival | None = None
    firsts: tuple[str, ...] = ()


PICKUP = Client("pickup", login="operator")
FILTER = Client("localhost", FILTER_HOST, "localhost", "127.0.0.1")
DOVECOT_CLIENT = Client("localhost", HOST, "localhost", "127.0.0.1")
_RETURN_PATH = re.compile(rb"^return-path:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_STORE = "127.0.0.1[127.0.0.1]:24"
Program = Callable[[Queued], None]


class Postfix:
    """One Postfix instance in front of one Dovecot."""

    def __init__(self, site: Site, dovecot: Dovecot) -> None:
        self._site = site
        self._dovecot = dovecot
        self._inode = 260_000
        self.programs: dict[str, Program] = {}
        dovecot.submit = self._redirected

    def accept(
        self,
        letter: Letter,
        sender: str,
        rcpts: Sequence[str],
        client: Client,
        onward: Onward | None = None,
    ) -> Queued:
        """Accept a message now and plan its delivery.

        Args:
            letter: the message as its author sent it.
            sender: envelope sender, "" for the null sender.
            rcpts: envelope recipients.
            client: who hands it in.
            onward: what came before, when it has been with this provider already.
        """
        site, onward = self._site, onward or Onward(letter.raw)
        filtered = onward.lineage == "filter"
        smtpd = self._daemon("reinject/smtpd" if filtered else "smtpd")
        if client.kind != "pickup":
            self._log(smtpd, f"connect from {client.name}[{client.ip}]")
        queue_id, now = self._new_id(), site.clock.now
        logged_id = _printable(letter.message_id or "")
        lines = [
            self._log_entry(smtpd, client, queue_id, sender),
            self._log(self._daemon("cleanup"), f"{queue_id}: message-id={logged_id}"),
        ]
        queued = Queued(
            queue_id=queue_id,
            letter=letter,
            content=_received(client, queue_id, rcpts, now) + _without_return_path(onward.content),
            sender=sender,
            recipients=self._recipients(rcpts, onward),
            single=len(rcpts) == 1,
            accepted=now,
            first_accepted=onward.parent.first_accepted if onward.parent and filtered else now,
            lineage=onward.lineage,
            parent=onward.parent,
            lines=lines,
            due_to=onward.due_to,
        )
        self._enter_queue(queued, client, smtpd, len(rcpts))
        return queued

    def refuse(self, client: Client, sender: str, rcpt: str) -> None:
        """Refuse a recipient that is not this provider's."""
        smtpd, peer = self._daemon("smtpd"), f"{client.name}[{client.ip}]"
        self._log(smtpd, f"connect from {peer}")
        self._log(
            smtpd,
            f"NOQUEUE: reject: RCPT from {peer}: 554 5.7.1 <{rcpt}>: Relay access denied; "
            f"from=<{sender}> to=<{rcpt}> proto=ESMTP helo=<{_neutered(client.helo)}>",
        )
        self._log(smtpd, f"disconnect from {peer} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")

    def _enter_queue(self, queued: Queued, client: Client, smtpd: str, rcpts: int) -> None:
        site, peer = self._site, f"{client.name}[{client.ip}]"
        until = site.hold(queued.sender, queued.accepted) if not queued.lineage else None
        if until is not None:
            self._log(
                self._daemon("cleanup"),
                f"{queued.queue_id}: hold: header Subject: held from {peer}; "
                f"from=<{queued.sender}> to=<{queued.recipients[0].original}> proto=ESMTP "
                f"helo=<{_neutered(client.helo)}>: under examination",
            )
        if client.kind != "pickup":
            self._log(
                smtpd,
                f"disconnect from {peer} ehlo=1 mail=1 rcpt={rcpts} data=1 quit=1 "
                f"commands={4 + rcpts}",
            )
        if until is not None:
            site.clock.at(until, partial(self._release, queued))
            return
        self._log_active(queued)
        pause = site.dice.randint(20_000, 400_000)
        site.clock.at(site.clock.now + pause, partial(self._deliver, queued))

    def _release(self, queued: Queued) -> None:
        self._log("postfix/postsuper[4711]", f"{queued.queue_id}: released from hold")
        self._log_active(queued)
        self._site.clock.at(self._site.clock.now + SECOND, partial(self._deliver, queued))

    def _log_active(self, queued: Queued) -> None:
        size = len(queued.content) + queued.content.count(b"\n")
        count = len({(one.final, one.original) for one in queued.recipients})
        text = f"from=<{queued.sender}>, size={size}, nrcpt={count} (queue active)"
        queued.lines.append(self._log(self._daemon("qmgr"), f"{queued.queue_id}: {text}"))

    def _log_entry(self, smtpd: str, client: Client, queue_id: str, sender: str) -> Line:
        if client.kind == "pickup":
            return self._log(self._daemon("pickup"), f"{queue_id}: uid=0 from=<{sender}>")
        login = f", sasl_method=PLAIN, sasl_username={client.login}" if client.login else ""
        return self._log(smtpd, f"{queue_id}: client={client.name}[{client.ip}]{login}")

    def _recipients(self, rcpts: Sequence[str], onward: Onward) -> list[Recipient]:
        site, filtered = self._site, onward.lineage == "filter"
        live = site.live.at(site.clock.now)
        expanding = site.filter is None or (site.filter == "after") == filtered
        found: list[Recipient] = []
        for rcpt, first in zip(rcpts, onward.firsts or rcpts, strict=True):
            finals = live.expand(rcpt) if expanding else [rcpt]
            found += [Recipient(final, rcpt, first) for final in finals]
            extra = live.bcc.get(rcpt.lower()) if not filtered else None
            if extra:
                found.append(Recipient(extra, extra, extra))
        return list(dict.fromkeys(found))

    def _deliver(self, queued: Queued) -> None:
        site, now = self._site, self._site.clock.now
        if site.filter and queued.lineage != "filter":
            self._through_filter(queued)
            return
        groups: dict[str, list[Recipient]] = {"lmtp": [], "smtp": [], "error": [], "pipe": []}
        waiting: list[tuple[int, Recipient]] = []
        for recipient in queued.recipients:
            until = site.wait(recipient.final, now)
            if until is not None and until > now:
                waiting.append((until, recipient))
            else:
                groups[self._transport(recipient.final)].append(recipient)
        self._to_store(queued, groups["lmtp"])
        self._elsewhere(queued, groups)
        self._defer(queued, waiting)
        if not waiting:
            self._log(self._daemon("qmgr"), f"{queued.queue_id}: removed")

    def _transport(self, final: str) -> str:
        if final in self.programs:
            return "pipe"
        if self._site.live.at(self._site.clock.now).account_of(final):
            return "lmtp"
        return "error" if final.endswith(f"@{DOMAIN}") else "smtp"

    def _defer(self, queued: Queued, waiting: list[tuple[int, Recipient]]) -> None:
        if not waiting:
            return
        refused = "connect to 127.0.0.1[127.0.0.1]:24: Connection refused"
        for _, recipient in waiting:
            ending = f"dsn=4.4.1, status=deferred ({refused})"
            self._log_end("lmtp", queued, recipient, "none", ending)
        later = replace(queued, recipients=[recipient for _, recipient in waiting])
        pause = self._site.dice.randint(1, 5) * MINUTE
        self._site.clock.at(max(until for until, _ in waiting) + pause, partial(self._retry, later))

    def _retry(self, queued: Queued) -> None:
        self._log_active(queued)
        self._deliver(queued)

    def _to_store(self, queued: Queued, recipients: list[Recipient]) -> None:
        limit = self._site.recipient_limit
        for start in range(0, len(recipients), limit):
            batch = recipients[start : start + limit]
            handovers = [
                Handover(queued, recipient, self._intended(queued, recipient))
                for recipient in batch
            ]
            replies = self._dovecot.deliver(queued, handovers)
            for handover, reply in zip(handovers, replies, strict=True):
                use = f", conn_use={reply.use}" if reply.use > 1 else ""
                answer = f"250 2.0.0 <{handover.recipient.final}> {reply.session} Saved"
                handover.line = self._log_sent(
                    "lmtp", queued, handover.recipient, f"{_STORE}{use}", answer
                )

    def _intended(self, queued: Queued, recipient: Recipient) -> frozenset[str]:
        if queued.truth is not None:
            return queued.truth
        directory = self._site.intended.at(queued.first_accepted)
        return frozenset(directory.leads_to(recipient.first))

    def _elsewhere(self, queued: Queued, groups: dict[str, list[Recipient]]) -> None:
        for recipient in groups["smtp"]:
            relay = f"mx.{recipient.final.partition('@')[2]}[198.51.100.7]:25"
            answer = f"250 2.0.0 Ok: queued as {self._site.dice.getrandbits(40):010X}"
            self._log_sent("smtp", queued, recipient, relay, answer)
        for recipient in groups["error"]:
            final = recipient.final
            self._log_end(
                "lmtp",
                queued,
                recipient,
                _STORE,
                f"dsn=5.1.1, status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1 <{final}> "
                f"User doesn't exist: {final} (in reply to RCPT TO command))",
            )
        for recipient in groups["pipe"]:
            self._log_sent("pipe", queued, recipient, "lists", "delivered via lists service")
            self.programs[recipient.final](queued)

    def _log_sent(
        self, agent: str, queued: Queued, recipient: Recipient, relay: str, answer: str
    ) -> Line:
        return self._log_end(agent, queued, recipient, relay, f"dsn=2.0.0, status=sent ({answer})")

    def _log_end(
        self, agent: str, queued: Queued, recipient: Recipient, relay: str, ending: str
    ) -> Line:
        delay = _delay(queued, self._site.clock.now)
        line = self._log(
            self._daemon(agent),
            f"{queued.queue_id}: {_to(recipient)}, relay={relay}, {delay}, {ending}",
        )
        queued.lines.append(line)
        return line

    def _through_filter(self, queued: Queued) -> None:
        firsts = tuple(recipient.first for recipient in queued.recipients)
        again = self.accept(
            queued.letter,
            queued.sender,
            [recipient.final for recipient in queued.recipients],
            FILTER,
            Onward(queued.content, "filter", queued, queued.due_to, firsts),
        )
        again.truth = queued.truth
        answer = f"250 2.0.0 Ok: queued as {again.queue_id}"
        for recipient in queued.recipients:
            line = self._log_sent(
                "smtp",
                queued,
                recipient,
                "127.0.0.1[127.0.0.1]:10024",
                f"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): {answer}",
            )
            again.forward_lines.append(line)
        self._log(self._daemon("qmgr"), f"{queued.queue_id}: removed")

    def _redirected(
        self, letter: Letter, content: bytes, sender: str, target: str, arrival: Arrival
    ) -> None:
        parent = arrival.handovers[0].queued
        onward = Onward(content, "redirect", parent, arrival)
        self.accept(letter, sender, [target], DOVECOT_CLIENT, onward)

    def _new_id(self) -> str:
        now = self._site.clock.tick()
        self._inode += 1
        second, usec = divmod(now, SECOND)
        if self._site.short_ids:
            return f"{usec & 0xFFFFF:05X}{0x41000 + self._inode % 7:X}"
        return f"{_in_base(second, 52, 6)}{_in_base(usec, 52, 4)}z{_in_base(self._inode, 51, 1)}"

    def _daemon(self, name: str) -> str:
        pids = {
            "smtpd": 2101,
            "reinject/smtpd": 2155,
            "cleanup": 2143,
            "qmgr": 896,
            "pickup": 895,
            "lmtp": 2144,
            "smtp": 2146,
            "pipe": 2199,
        }
        return f"postfix/{name}[{pids[name]}]"

    def _log(self, source: str, text: str) -> Line:
        return self._site.logs.write(POSTFIX, source, text)


def _without_return_path(content: bytes) -> bytes:
    """Drop what message_drop_headers names by default, as far as messages have it."""
    header, gap, body = content.partition(b"\n\n")
    if b"eturn-" not in header:
        return content
    return _RETURN_PATH.sub(b"", header + b"\n") + gap[1:] + body


def _neutered(helo: str) -> str:
    """Mask what smtpd(8) masks in HELO (NEUTER_CHARACTERS)."""
    return "".join("?" if char in ' <>()\\";@' else char for char in _printable(helo))


def _received(client: Client, queue_id: str, rcpts: Sequence[str], at: int) -> bytes:
    when = f"{local(at):%a, %-d %b %Y %H:%M:%S %z (CET)}"
    if client.kind == "pickup":
        text = f"Received: by {HOST} (Postfix, from userid 0)\n\tid {queue_id}; {when}\n"
        return text.encode()
    protocol = "ESMTPSA" if client.login else "ESMTP"
    target = f"\n\tfor <{rcpts[0]}>; {when}" if len(rcpts) == 1 else f";\n\t{when}"
    return (
        f"Received: from {_neutered(client.helo)} ({client.name} [{client.ip}])\n"
        f"\tby {HOST} (Postfix) with {protocol} id {queue_id}{target}\n"
    ).encode()


def _to(recipient: Recipient) -> str:
    original = f", orig_to=<{recipient.original}>" if recipient.original != recipient.final else ""
    return f"to=<{recipient.final}>{original}"


def _delay(queued: Queued, now: int) -> str:
    delay = max(now - queued.accepted, 0) / SECOND
    return (
        f"delay={delay:.2g}, delays={delay / 2:.2g}/0.01/0.01/{delay / 2:.2g}"
        if delay < 10
        else (f"delay={delay:.0f}, delays={delay:.0f}/0.01/0.01/0.02")
    )


def _in_base(number: int, base: int, width: int) -> str:
    digits = ""
    while number or len(digits) < width:
        number, digit = divmod(number, base)
        digits = _BASE52[digit] + digits
    return digits


def _printable(text: str) -> str:
    """Mask what Postfix masks in logged text (printable() in its util library)."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text)
