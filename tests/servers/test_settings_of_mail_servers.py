"""What doveconf and postconf print, read; and a queue that only loses the doctor's own messages."""

import json

import pytest

from postwarden.holds.doctor.service import Door, Passdb, Protocol
from postwarden.holds.service import ControlError
from postwarden.servers.dovecot.settings import DovecotMissing, dovecot_facts, facts, parsed
from postwarden.servers.postfix import PostfixMissing, PostfixQueue, postfix_doors, postfix_facts
from postwarden.servers.postfix import queue as queues
from postwarden.servers.postfix.facts import facts as read

DOVECONF = """\
# 2.3.19.1: /etc/dovecot/dovecot.conf
auth_cache_size = 10 M
imap_hibernate_timeout = 0
mail_plugins = notify
namespace {
  type = shared
}
passdb {
  args = /etc/ldap.conf
  default_fields = proxy=y
  driver = ldap
  master = no
  result_success = return-ok
}
passdb {
  driver = oauth2
  master = yes
}
plugin {
  mail_replica = tcp:192.0.2.1
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = %s
  }
  unix_listener anvil {
    mode = 0600
  }
}
protocol imap {
  mail_plugins = notify imap_acl
  imap_hibernate_timeout = %s
}
"""
POSTCONF = """\
inet_interfaces = %s
mynetworks = 127.0.0.0/8
smtpd_sasl_auth_enable = no
smtpd_sender_restrictions = reject_unknown_sender_domain
"""
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o smtpd_sasl_auth_enable=yes
[::1]:10465 inet n       -       y       -       -       smtpd -o smtpd_tls_wrappermode=yes
smtpd      pass  -       -       y       -       -       smtpd
pickup     unix  n       -       y       60      1       pickup
"""
OVERRIDDEN = """\
submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_sender_restrictions =
[::1]:10465/inet/smtpd_sasl_auth_enable = yes
[::1]:10465/inet/smtpd_tls_wrappermode = yes
"""


def test_what_doveconf_prints_is_read():
    found = facts(parsed(DOVECONF % ("0600", "0")))
    assert found.settings["auth_cache_size"] == "10 M"
    assert found.passdbs == (
        Passdb("ldap", "/etc/ldap.conf", "return-ok", fields="proxy=y "),
        Passdb("oauth2", master=True, fields=" "),
    )
    assert {"notify", "imap_acl", "mail_replica"} <= found.plugins
    assert found.namespaces == {"shared"}
    assert (found.penalty, found.hibernates) == (True, False)


@pytest.mark.parametrize(
    ("mode", "timeout", "penalty", "hibernates"),
    [("0", "0", False, False), ("00", "30 secs", False, True), ("0600", "0 secs", True, False)],
)
def test_penalties_and_hibernation_are_read(mode, timeout, penalty, hibernates):
    found = facts(parsed(DOVECONF % (mode, timeout)))
    assert (found.penalty, found.hibernates) == (penalty, hibernates)


def test_without_a_word_about_penalties_there_are_some():
    assert facts(parsed("")).penalty


def test_what_is_in_force_at_each_service_is_read():
    found = read(POSTCONF % "all", MASTER, OVERRIDDEN)
    services = {one.name: one for one in found.services}
    assert set(services) == {"smtp", "submission", "[::1]:10465", "smtpd"}
    assert services["submission"].settings["smtpd_sender_restrictions"] == ""
    assert services["smtp"].settings["smtpd_sender_restrictions"] == "reject_unknown_sender_domain"
    assert services["smtpd"].type == "pass"


@pytest.mark.parametrize(
    ("interfaces", "host"),
    [("all", "127.0.0.1"), ("loopback-only", "127.0.0.1"), ("192.0.2.7, 192.0.2.8", "192.0.2.7")],
)
def test_services_that_take_logins_are_doors_each_once(interfaces, host):
    found = read(POSTCONF % interfaces, MASTER, OVERRIDDEN)
    submission = Door(Protocol.SUBMISSION, host, 587)
    tls = Door(Protocol.SUBMISSION, "::1", 10465, tls=True)
    assert postfix_doors(found, []) == [submission, tls]
    known = Door(Protocol.SUBMISSION, "localhost", 10465, tls=True)
    assert postfix_doors(found, [known]) == [known, submission]


def test_servers_that_are_not_there_are_named(tmp_path):
    with pytest.raises(PostfixMissing, match=r"\[doctor\] postfix"):
        postfix_facts(str(tmp_path))
    with pytest.raises(DovecotMissing):
        dovecot_facts(str(tmp_path / "dovecot.conf"))


def message(queue_id, queue="hold", sender="doc@example.net", *recipients):
    return {
        "queue_name": queue,
        "queue_id": queue_id,
        "sender": sender,
        "recipients": [{"address": one} for one in recipients or ("Doc@example.net",)],
    }


@pytest.fixture
def postfix(monkeypatch):
    """Postfix's commands, scripted: what is queued, its headers, and what was removed."""
    queued = [
        message("OWN1"),
        message("OWN2", "active"),
        message("ALIEN1", "hold", "eva@example.net"),
        message("ALIEN2", "hold", "doc@example.net", "doc@example.net", "eva@example.net"),
        message("UNMARKED"),
    ]
    removed = []

    def run(command, folder, *words):
        assert folder == "/etc/postfix"
        if command == "postqueue":
            return "".join(f"{json.dumps(one)}\n" for one in queued)
        if command == "postcat":
            mark = "" if words[-1] == "UNMARKED" else "probe."
            return f"Subject: probe.\nMessage-ID: <{mark}1@example.net>\n"
        removed.append(words)
        return ""

    monkeypatch.setattr(queues, "run", run)
    return removed


def test_only_the_doctors_own_held_messages_are_removed(postfix):
    assert PostfixQueue("/etc/postfix").remove("doc@example.net", "probe.") == 1
    assert postfix == [("-d", "OWN1", "hold")]


def test_where_a_message_is(postfix):
    queue = PostfixQueue("/etc/postfix")
    assert [queue.place(one) for one in ("OWN1", "OWN2", "GONE")] == ["hold", "active", None]


def test_what_postfix_says_against_it_is_an_error_of_control(monkeypatch):
    def fails(*words):
        raise OSError("postqueue: not allowed")

    monkeypatch.setattr(queues, "run", fails)
    with pytest.raises(ControlError, match="not allowed"):
        PostfixQueue("/etc/postfix").place("X")
