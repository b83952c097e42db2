"""The parts of the simulator do what the servers' documentation says."""

import pytest

from postwarden.drills.simulated.clock import Clock
from postwarden.drills.simulated.directory import Directory
from postwarden.drills.simulated.letters import body_hash
from postwarden.drills.simulated.maildir import encoded
from postwarden.drills.simulated.play import people
from postwarden.drills.simulated.site import Over

ANNA, BRAM = "anna@example.net", "bram@example.net"
DIRECTORY = Directory(
    (ANNA, BRAM),
    aliases={
        "info@example.net": ("team@example.net", "guest@example.com"),
        "team@example.net": (ANNA, BRAM),
        ANNA: (ANNA,),
        "loop@example.net": ("loop2@example.net",),
        "loop2@example.net": ("loop@example.net",),
        "@shop.test": (BRAM,),
    },
    patterns=((r"^office-(\d)@example\.net$", "desk$1@example.net"),),
    canonical=((r"^(\w+)_old@example\.net$", "$1@example.net"),),
    domain_aliases={"example.org": "example.net"},
)


@pytest.mark.parametrize(
    ("address", "finals"),
    [
        (ANNA, [ANNA]),
        ("Info@Example.net", [ANNA, BRAM, "guest@example.com"]),
        ("team+x@example.net", ["anna+x@example.net", "bram+x@example.net"]),
        ("whoever@shop.test", [BRAM]),
        ("bram@example.org", [BRAM]),
        ("anna_old@example.net", [ANNA]),
        ("office-3@example.net", ["desk3@example.net"]),
        ("unknown@example.net", ["unknown@example.net"]),
    ],
)
def test_addresses_expand_as_in_virtual_5(address, finals):
    assert DIRECTORY.expand(address) == finals


def test_a_loop_ends_and_leads_to_nobody():
    assert len(DIRECTORY.expand("loop@example.net")) == 1
    assert DIRECTORY.leads_to("loop@example.net") == set()


def test_an_extension_leads_to_the_account_and_outsiders_to_none():
    assert DIRECTORY.leads_to("team+x@example.net") == {ANNA, BRAM}
    assert DIRECTORY.leads_to("guest@example.com") == set()


@pytest.mark.parametrize(
    ("body", "relaxed", "expected"),
    [  # RFC 6376 sections 3.4.3 and 3.4.4: hashes of the empty body
        (b"", False, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="),
        (b"\n\n", False, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="),
        (b"", True, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ],
)
def test_body_hashes_of_nothing_are_those_of_the_rfc(body, relaxed, expected):
    assert body_hash(body, relaxed=relaxed) == expected


def test_relaxed_bodies_differ_in_white_space_only():
    assert body_hash(b" C \nD \t E\n\n\n", relaxed=True) == body_hash(b" C\nD E\n", relaxed=True)
    assert body_hash(b" C \nD \t E\n", relaxed=False) != body_hash(b" C\nD E\n", relaxed=False)


@pytest.mark.parametrize(
    ("folder", "name"),
    [  # as Dovecot 2.3.19 names them on disk
        ("Projects/Größe", "Projects.Gr&APYA3w-e"),
        ("Lists/Bücher", "Lists.B&APw-cher"),
        ("A&B", "A&-B"),
    ],
)
def test_folders_are_named_in_modified_utf_7(folder, name):
    assert encoded(folder) == name


def test_acts_run_in_the_order_of_their_times():
    clock, done = Clock(0), []
    clock.at(20, lambda: done.append(("late", clock.now)))
    clock.at(10, lambda: clock.at(15, lambda: done.append(("planned", clock.now))))
    clock.run()
    assert done == [("planned", 15), ("late", 20)]


def test_what_changes_over_time_changes_in_its_order():
    over = Over(DIRECTORY)
    other = DIRECTORY.without_aliases("info@example.net")
    over.change(100, other)
    assert (over.at(99), over.at(100)) == (DIRECTORY, other)
    with pytest.raises(ValueError, match="order of time"):
        over.change(50, DIRECTORY)


def test_people_have_names_of_their_own():
    assert len(set(people(300))) == 300
