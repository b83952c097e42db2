"""What people, programs and Postwarden can do on a lab that runs."""

import csv
import json
import re
from io import StringIO

import pytest

from drills.lab import clients
from postwarden.drills.lab.cast import STAGING, THROW_AWAY, virtual
from postwarden.drills.lab.service import MailRefused, send, submit

pytestmark = pytest.mark.servers
SHOP = "shop@sender.example"


def message(number, text="hello"):
    return f"From: {SHOP}\r\nMessage-ID: <{number}@sender.example>\r\n\r\n{text}\r\n".encode()


def deliver(lab, number, *recipients):
    send(lab.ports.smtp, SHOP, recipients, message(number))
    lab.servers.wait_for_empty_queue()


def holders(lab, number):
    """Give who holds a message, as Dovecot sees it."""
    query = f"HEADER Message-ID <{number}@sender.example>"
    found = lab.servers.doveadm("fetch", "-A", "user", *query.split())
    return sorted(re.findall(r"user: (\S+)", found))


@pytest.mark.parametrize(
    "protocol", [clients.imap, clients.pop3, clients.submission, clients.sieve]
)
def test_every_protocol_takes_the_right_password_alone(lab, protocol):
    for account in ("anna@example.test", "piet@example.org"):
        assert protocol(lab, account, lab.passwords[account])
        assert not protocol(lab, account, lab.passwords["ben@example.test"])


def test_doveadm_answers_by_http_and_knows_all_accounts(lab):
    told = clients.doveadm(lab, "user", userMask=["*"])
    assert sorted(told["userList"]) == sorted((*lab.passwords, STAGING, THROW_AWAY))
    assert len(lab.passwords) == 50


def test_a_group_is_one_transaction_with_several_recipients(lab):
    deliver(lab, 1, "family.mulder@example.org")
    family = [f"{name}@example.org" for name in ("joris", "marie", "oma", "piet", "sanne")]
    assert holders(lab, 1) == family
    log = (lab.root / "log" / "mail.log").read_text()
    sessions = re.findall(r"orig_to=<family\.mulder@.*<\S+> (\S+) Saved", log)
    assert len({one.partition(":")[0] for one in sessions}) == 1
    assert {one.partition(":")[2] for one in sessions} == {"", "R2", "R3", "R4", "R5"}


def test_accounts_write_to_each_other_and_nobody_else(lab):
    login = ("max@example.test", lab.passwords["max@example.test"])
    submit(lab.ports.submission, login, ["omar@example.org"], message(2))
    lab.servers.wait_for_empty_queue()
    assert holders(lab, 2) == ["omar@example.org"]
    with pytest.raises(MailRefused, match="nobody"):
        send(lab.ports.smtp, SHOP, ["nobody@example.test"], message(3))
    with pytest.raises(MailRefused, match="elsewhere"):
        send(lab.ports.smtp, SHOP, ["friend@elsewhere.example"], message(3))
    with pytest.raises(MailRefused, match="authentication"):
        submit(lab.ports.submission, (login[0], "wrong"), ["omar@example.org"], message(3))


def test_nothing_an_account_writes_leaves_the_machine(lab):
    login = ("max@example.test", lab.passwords["max@example.test"])
    with pytest.raises(MailRefused, match="no mail leaves"):
        submit(lab.ports.submission, login, ["friend@elsewhere.example"], message(4))
    lab.servers.write_tables({"virtual": virtual() + "out@example.test friend@elsewhere.example"})
    send(lab.ports.smtp, SHOP, ["out@example.test"], message(4))
    lab.servers.write_tables({"virtual": virtual()})
    lab.servers.wait_for_empty_queue()
    log = (lab.root / "log" / "mail.log").read_text()
    (line,) = [one for one in log.splitlines() if "to=<friend@elsewhere.example>, orig_to" in one]
    assert "relay=none" in line
    assert "status=bounced" in line


def test_scripts_act_on_what_arrives(lab):
    account = "ulf@example.test"
    script = 'redirect "vera@example.test";'
    assert clients.sieve(lab, account, lab.passwords[account], script)
    deliver(lab, 5, account)
    assert holders(lab, 5) == ["vera@example.test"]


def test_a_wrong_alias_map_is_found_with_the_configuration_as_written(lab, postwarden):
    right = virtual()
    lab.servers.write_tables(
        {"virtual": right.replace("sales@example.test ben@", "sales@example.test tina@")}
    )
    deliver(lab, 6, "sales@example.test", "team@example.test")
    deliver(lab, 7, "sales@example.test", "press@example.test")
    lab.servers.write_tables({"virtual": right})
    deliver(lab, 8, "sales@example.test")
    own = lab.root / "own.toml"
    own.write_text(lab.config.read_text() + "processes = 1\n")
    scanned = postwarden("scan", "-c", own)
    assert scanned.status == 0, scanned.err
    assert "strange" not in scanned.out
    assert "inferred" not in scanned.out
    answer = postwarden("examine", "-c", own, "--format", "csv")
    assert answer.status == 1, answer.err
    rows = csv.DictReader(StringIO(answer.out, newline=""))
    found = {(row["account"], row["message_id"], row["verdict"], row["rightful"]) for row in rows}
    assert found == {
        ("tina@example.test", f"<{number}@sender.example>", "misdelivered", told)
        for number, told in ((6, "ben@example.test"), (7, "ben@example.test"))
    }


def test_status_tells_scripts_where_everything_is(lab, postwarden):
    told = json.loads(postwarden("lab", "status", "--dir", lab.root, "--json").out)
    assert told["config"] == str(lab.root / "postwarden.toml")
    for name in ("smtp", "submission", "lmtp", "imap", "pop3", "sieve", "doveadm"):
        assert told[name] == ["127.0.0.1", lab.ports.named()[name]]
    assert {one["address"]: one["password"] for one in told["accounts"]} == lab.passwords
    assert told["pids"] == lab.pids
    for name in ("accounts.csv", "lab.json", "postwarden.toml"):
        assert (lab.root / name).stat().st_mode & 0o777 == 0o600, name
