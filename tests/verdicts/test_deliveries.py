"""Delivery lines found by every name that joins them, and the ways they are followed."""

from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.coverage import Coverage
from postwarden.verdicts.deliveries import DeliveryIndex, base_name, is_internal
from postwarden.verdicts.facts import Destination
from postwarden.verdicts.paths import Pathfinder

MINUTE = 60 * 1_000_000
LONG, SHORT = "4jW37m1sD4z1wx3", "0A1B2C3D4E"
HOSTS = frozenset({"mx1.example.net"})
ACCOUNTS = {name: f"{name}@example.net" for name in ("ann", "ben", "cor")}


def line(number=1, **said):
    blank = dict.fromkeys(DeliveryRecord._fields)
    usual = {
        "server": "postfix", "time": number * MINUTE, "host": "mx1", "instance": "postfix",
        "agent": "lmtp", "queue_id": LONG, "accepted_at": number * MINUTE, "origin": "smtp",
        "client": "out.x.test[198.51.100.1]", "message_id": "<1@x.test>", "status": "sent",
        "recipient": ACCOUNTS["ann"], "file": "log/mail.log", "line": number,
    }  # fmt: skip
    return DeliveryRecord(**blank | usual | said)


class Intended:
    """The names themselves: every address of the provider is an account."""

    def destination(self, address, moment):
        return Destination(frozenset({address} & set(ACCOUNTS.values())))

    def account_of(self, address, moment):
        return address if address in ACCOUNTS.values() else None


def finder(*lines):
    return Pathfinder(DeliveryIndex(lines), Intended(), Coverage({}, {}, ()), HOSTS, frozenset())


def originals(legs):
    return [[original.address for original in leg.originals] for leg in legs]


def test_a_short_queue_id_is_reused_and_told_apart_by_time():
    first, second = line(1, queue_id=SHORT), line(500, queue_id=SHORT)
    index = DeliveryIndex([first, second])
    assert index.queue(SHORT, first.accepted_at) == [first]
    assert index.queue(SHORT, second.accepted_at) == [second]
    assert index.queue(SHORT, 100 * MINUTE) == []
    long = [line(1), line(500)]
    assert DeliveryIndex(long).queue(LONG, MINUTE) == long


def test_a_filter_keeps_the_original_recipients_of_the_first_acceptance():
    first = line(1, agent="smtp", original_recipient="info@example.net", next_queue_id="4jNEXT")
    second = line(2, queue_id="4jNEXT", client="localhost[127.0.0.1]", accepted_at=MINUTE)
    (leg,) = finder(first, second).legs(second, ACCOUNTS["ann"])
    assert originals([leg]) == [["info@example.net"]]


def test_a_short_id_that_a_filter_named_days_ago_feeds_nothing():
    first = line(1, agent="smtp", original_recipient="info@example.net", next_queue_id=SHORT)
    later = line(5000, queue_id=SHORT)
    assert originals(finder(first, later).legs(later, ACCOUNTS["ann"])) == [[ACCOUNTS["ann"]]]


def test_a_redirect_ends_one_leg_and_begins_another():
    first = line(1, original_recipient="info@example.net", session_id="S1")
    redirect = line(
        1, server="dovecot", status="redirected", account=ACCOUNTS["ann"], session_id="S1",
        recipient=ACCOUNTS["ben"], queue_id=None, accepted_at=None,
    )  # fmt: skip
    second = line(
        1, queue_id="4jTWO", recipient=ACCOUNTS["ben"], client="mx1.example.net[127.0.0.1]"
    )
    legs = finder(first, redirect, second).legs(second, ACCOUNTS["ben"])
    assert [(leg.account, leg.onward) for leg in legs] == [
        (ACCOUNTS["ann"], "sieve"),
        (ACCOUNTS["ben"], None),
    ]
    assert originals(legs) == [["info@example.net"], [ACCOUNTS["ben"]]]


def test_of_two_submissions_a_redirect_is_the_nearest_in_time():
    redirect = line(
        10, server="dovecot", status="redirected", account=ACCOUNTS["ann"], session_id="S1",
        recipient=ACCOUNTS["ben"], queue_id=None, accepted_at=None,
    )  # fmt: skip
    near = line(10, queue_id="4jNEAR", recipient=ACCOUNTS["ben"])
    far = line(11, queue_id="4jFAR", recipient=ACCOUNTS["ben"])
    index = DeliveryIndex([redirect, near, far])
    assert index.redirects(near) == [redirect]
    assert index.redirects(far) == []
    assert index.redirects(line(10, queue_id="4jC", recipient=ACCOUNTS["cor"])) == []


ring = st.permutations(["4jA", "4jB", "4jC", "4jD"])


@given(ring, st.integers(1, 4))
def test_loops_of_queue_files_end(names, length):
    names = names[:length]
    lines = [
        line(number, queue_id=name, next_queue_id=names[number % length], accepted_at=MINUTE)
        for number, name in enumerate(names, 1)
    ]
    found = finder(*lines)
    for one in lines:
        (*_, last) = found.legs(one, ACCOUNTS["ann"])
        assert last.account == ACCOUNTS["ann"]
        assert last.originals


def test_a_chain_of_any_depth_ends():
    lines = [
        line(n, queue_id=f"4j{n}", next_queue_id=f"4j{n + 1}", accepted_at=MINUTE, time=MINUTE)
        for n in range(1, 60)
    ]
    assert finder(*lines).legs(lines[-1], ACCOUNTS["ann"])[-1].originals


def test_own_machines_without_a_login_are_internal():
    assert is_internal(line(origin="local"), HOSTS)
    assert is_internal(line(client="localhost[127.0.0.1]"), HOSTS)
    assert is_internal(line(client="x[::1]"), HOSTS)
    assert is_internal(line(client="MX1.example.net[192.0.2.1]"), HOSTS)
    assert not is_internal(line(), HOSTS)
    assert not is_internal(line(origin="submission", client="x[127.0.0.1]"), HOSTS)
    assert not is_internal(line(origin=None, client=None), HOSTS)


def test_names_are_compared_without_folder_fields_and_flags():
    for name in ("a.b", "a.b,S=1,W=2", "a.b,S=1:2,RS", ".Archive/cur/a.b:2,S", "new/a.b"):
        assert base_name(name) == "a.b"
