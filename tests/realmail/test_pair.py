"""The private servers do what the tests on them rely on."""

import smtplib
import subprocess
from pathlib import Path

import pytest

from postwarden.drills.lab.errors import UnfitFolder
from postwarden.drills.lab.options import HOSTNAME
from postwarden.drills.lab.processes import wait_until
from realmail.options import PairOptions, PairPorts
from realmail.pair import MailPair, listens

pytestmark = pytest.mark.servers
ANNA, BEN = "anna@example.test", "ben@example.test"
USERS = {ANNA: "pw-anna", BEN: "pw-ben"}


def send(port: int, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mail.sender.example") as smtp:
        refused = smtp.sendmail(
            "shop@sender.example", recipients, b"Message-ID: <1@sender.example>\r\n\r\nbody\r\n"
        )
    assert not refused


def stored(pair: MailPair, account: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((pair.path(account) / "new").glob("*"))]


def test_new_aliases_hold_for_the_next_message(start_pair):
    pair = start_pair(PairOptions(users=USERS))
    for holder in (ANNA, BEN, ANNA):
        pair.write_aliases(f"info@example.test {holder}\n")
        send(pair.ports.smtp, "info@example.test")
    pair.wait_for_empty_queue()
    assert [len(stored(pair, account)) for account in (ANNA, BEN)] == [2, 1]


def test_lines_and_headers_name_the_provider_not_this_machine(start_pair):
    pair = start_pair(PairOptions(users=USERS))
    send(pair.ports.smtp, ANNA)
    pair.wait_for_empty_queue()
    log = (pair.root / "log" / "mail.log").read_text().splitlines()
    assert {line.split()[3] for line in log} == {HOSTNAME.partition(".")[0]}
    (message,) = stored(pair, ANNA)
    assert f"by {HOSTNAME} with LMTP".encode() in message
    assert b"Delivered-To: anna@example.test" in message


def test_filtered_mail_says_what_it_was_queued_as(start_pair):
    pair = start_pair(PairOptions(users=USERS))
    send(pair.ports.smtp_filtered, ANNA)
    pair.wait_for_empty_queue()
    log = pair.root / "log" / "mail.log"
    second = log.read_text().partition("queued as ")[2].partition(")")[0]
    wait_until(lambda: f"{second}: to=<{ANNA}>" in log.read_text(), "the second delivery's line")
    assert f"id {second}".encode() in stored(pair, ANNA)[0]


def test_deferred_mail_arrives_when_lmtp_is_back(start_pair):
    pair = start_pair(PairOptions(users=USERS))
    pair.stop_lmtp()
    send(pair.ports.smtp, ANNA)
    pair.wait_for_deferral()
    assert stored(pair, ANNA) == []
    pair.start_lmtp()
    pair.wait_for_empty_queue()
    assert len(stored(pair, ANNA)) == 1


@pytest.mark.parametrize("route", ["smtp", "sendmail"])
def test_sieve_hands_on_by_either_route(start_pair, route):
    pair = start_pair(PairOptions(users=USERS, redirect_by=route))
    pair.write_sieve(ANNA, f'redirect "{BEN}";')
    send(pair.ports.smtp, ANNA)
    pair.wait_for_empty_queue()
    assert stored(pair, ANNA) == []
    assert len(stored(pair, BEN)) == 1
    assert ("pickup[" in (pair.root / "log" / "mail.log").read_text()) is (route == "sendmail")


def test_nothing_leaves_the_machine(start_pair):
    pair = start_pair(PairOptions(users=USERS))
    pair.write_aliases("club@example.test ben@example.test, friend@elsewhere.example\n")
    send(pair.ports.smtp, "club@example.test")
    pair.wait_for_empty_queue()
    assert len(stored(pair, BEN)) == 1
    log = (pair.root / "log" / "mail.log").read_text()
    (outside,) = [line for line in log.splitlines() if "to=<friend@elsewhere.example>" in line]
    assert "relay=none" in outside
    assert "status=bounced" in outside
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(pair.ports.smtp, "friend@elsewhere.example")


def test_a_taken_port_is_left_to_its_owner(start_pair, monkeypatch, servers):
    first = start_pair(PairOptions(users=USERS))
    picks = iter([first.ports, PairPorts.free()])
    monkeypatch.setattr(PairPorts, "free", lambda: next(picks))
    second = start_pair(PairOptions(users=USERS))
    assert second.ports != first.ports
    send(first.ports.smtp, ANNA)
    first.wait_for_empty_queue()
    assert (len(stored(first, ANNA)), len(stored(second, ANNA))) == (1, 0)


def test_everything_ends_also_after_a_failure(servers, place):
    pair = MailPair(place / "failing", PairOptions(users=USERS))
    with pytest.raises(ZeroDivisionError), pair:
        raise ZeroDivisionError
    assert not any(listens(port) for port in pair.ports.named().values())
    running = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(pair.root) not in running


def test_a_place_the_servers_cannot_enter_is_refused(servers, tmp_path: Path):
    tmp_path.chmod(0o700)
    with pytest.raises(UnfitFolder, match="keeps the servers' users out"):
        MailPair(tmp_path / "pair", PairOptions(users=USERS)).__enter__()
