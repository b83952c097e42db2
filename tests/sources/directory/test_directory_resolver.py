import pytest
from directory_world import DOMAINS, ask, resolver

from postwarden.vocabulary import Provider

USERS = "alice@example.net bob@example.net carol@second.example"


def virtual(*lines):
    return [("postfix-virtual", "\n".join(lines))]


@pytest.mark.parametrize(
    ("lines", "address", "accounts"),
    [
        ([], "alice@example.net", ["alice@example.net"]),
        ([], "Alice+Shop@Example.NET", ["alice@example.net"]),
        (["a@example.net alice"], "a@example.net", ["alice@example.net"]),
        (
            ["a@example.net b@example.net", "b@example.net bob"],
            "a@example.net",
            ["bob@example.net"],
        ),
        (["team@example.net alice, bob@example.net"], "team@example.net", "ab"),
        (["team@example.net t2@example.net alice", "t2@example.net bob"], "team@example.net", "ab"),
        (["@example.net bob@example.net"], "nobody@example.net", ["bob@example.net"]),
        (
            ["@example.net bob", "alice@example.net alice"],
            "alice@example.net",
            ["alice@example.net"],
        ),
        (
            ["@example.net bob", "alice@example.net alice"],
            "alice+x@example.net",
            ["alice@example.net"],
        ),
        (["a+x@example.net alice", "a@example.net bob"], "a+x@example.net", ["alice@example.net"]),
        (["a@example.net bob"], "a+x@example.net", ["bob@example.net"]),
        (["@old.test @second.example"], "carol@old.test", ["carol@second.example"]),
        (["info alice"], "info@second.example", ["alice@example.net"]),
        (["info alice"], "info@mx1.example.net", ["alice@example.net"]),
        (["alice@example.net alice@example.net bob"], "alice@example.net", "ab"),
        (['"a b"@example.net alice'], '"A B"@example.net', ["alice@example.net"]),
        (["info@xn--mller-kva.test bob@example.net"], "info@müller.test", ["bob@example.net"]),
    ],
)
def test_virtual_tables_lead_where_postfix_leads(tmp_path, lines, address, accounts):
    if accounts == "ab":
        accounts = ["alice@example.net", "bob@example.net"]
    found = ask(resolver(tmp_path, users=USERS, aliases=virtual(*lines)), address)
    assert list(found.accounts) == accounts
    assert not found.unknown
    assert not found.foreign


def test_bare_keys_are_no_use_outside_own_domains(tmp_path):
    found = ask(resolver(tmp_path, users=USERS, aliases=virtual("info alice")), "info@other.test")
    assert (found.accounts, found.outside, found.foreign) == ((), ("info@other.test",), True)


def test_earlier_tables_win_but_more_exact_keys_win_first(tmp_path):
    tables = [
        ("postfix-virtual", "@example.net bob@example.net\nx@example.net carol@second.example"),
        ("postfix-virtual", "y@example.net carol@second.example\nx@example.net bob@example.net"),
    ]
    asked = resolver(tmp_path, users=USERS, aliases=tables)
    assert ask(asked, "y@example.net").accounts == ("carol@second.example",)
    assert ask(asked, "x@example.net").accounts == ("carol@second.example",)


def test_expressions_are_asked_in_their_place_and_with_the_whole_address_only(tmp_path):
    rules = "if !/^bob@/\n/^(.*)-([a-z]+)@example\\.net$/ ${2}@example.net\nendif"
    literal = "x-alice@example.net bob@example.net"
    first = resolver(
        tmp_path, users=USERS, aliases=[("postfix-regexp", rules), ("postfix-virtual", literal)]
    )
    assert ask(first, "x-alice@example.net").accounts == ("alice@example.net",)
    last = resolver(
        tmp_path, users=USERS, aliases=[("postfix-virtual", literal), ("postfix-regexp", rules)]
    )
    assert ask(last, "x-alice@example.net").accounts == ("bob@example.net",)
    assert ask(last, "shop-alice@example.net").accounts == ("alice@example.net",)


def test_domain_aliases_give_way_to_explicit_entries_and_come_before_the_catch_all(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        aliases=virtual(
            "info@alias.example bob",
            "@example.net bob",
            "alice@example.net alice",
            "t@example.net alice",
        ),
        domain_aliases={"Alias.Example": "example.net"},
    )
    assert ask(asked, "info@alias.example").accounts == ("bob@example.net",)
    assert ask(asked, "alice@alias.example").accounts == ("alice@example.net",)
    assert ask(asked, "t+x@alias.example").accounts == ("alice@example.net",)
    assert ask(asked, "else@alias.example").accounts == ("bob@example.net",)


def test_a_catch_all_that_takes_an_accounts_own_mail_is_reported(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        aliases=virtual("@example.net bob@example.net", "bob@example.net bob"),
    )
    found = ask(asked, "alice@example.net")
    assert found.accounts == ("bob@example.net",)
    assert [(one.code, one.line) for one in found.problems] == [("captured-by-catch-all", 1)]
    assert ask(asked, "bob@example.net").problems == ()


def test_canonical_comes_first_and_bcc_is_kept_apart(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        canonical=[("postfix-regexp", "/^(.*)@old\\.test$/ $1@example.net")],
        bcc=virtual("alice@example.net archive@example.net", "@second.example bob@example.net"),
        aliases=virtual(
            "archive@example.net carol@second.example", "a@example.net alice@example.net"
        ),
    )
    found = ask(asked, "alice@old.test")
    assert (found.accounts, found.bcc_accounts) == (
        ("alice@example.net",),
        ("carol@second.example",),
    )
    assert [step.via for step in found.chain_to("carol@second.example")] == [
        "canonical", "bcc", "alias", "account",
    ]  # fmt: skip
    assert ask(asked, "a@example.net").bcc_accounts == ()
    assert ask(asked, "carol@second.example").bcc_accounts == ("bob@example.net",)


def test_aliases_are_asked_last_and_only_for_own_domains(tmp_path):
    tables = [
        ("postfix-virtual", "team@example.net alice@example.net"),
        (
            "aliases",
            """team: bob\nroot: alice\nlist: "|/usr/bin/list post"\nalice: alice, bob
            \npostmaster: root\nbox: /var/mail/box\ngone: error:5.1.1 gone away, sorry""",
        ),
    ]
    asked = resolver(tmp_path, users=USERS, aliases=tables)
    assert ask(asked, "team@example.net").accounts == ("alice@example.net", "bob@example.net")
    assert ask(asked, "postmaster@second.example").accounts == (
        "alice@example.net",
        "bob@example.net",
    )
    assert ask(asked, "list+x@mx1.example.net").commands == ("|/usr/bin/list post",)
    assert ask(asked, "box@example.net").commands == ("/var/mail/box",)
    assert ask(asked, "gone@example.net").commands == ("error:5.1.1 gone away, sorry",)
    assert ask(asked, "root@other.test").foreign


def test_logins_without_a_domain_are_reached_in_every_own_domain(tmp_path):
    asked = resolver(tmp_path, users="alice bob", aliases=virtual("a@example.net alice"))
    for address in ("alice@example.net", "alice+x@second.example", "a@example.net", "alice"):
        assert ask(asked, address).accounts == ("alice",)
    assert ask(asked, "alice@other.test").accounts == ()


def test_addresses_lead_outside_or_nowhere(tmp_path):
    asked = resolver(
        tmp_path, users=USERS, aliases=virtual("f@example.net friend@other.test, x@example.net")
    )
    found = ask(asked, "f@example.net")
    assert (found.outside, found.unknown, found.foreign) == (("friend@other.test",), False, False)
    assert ask(asked, "x@example.net").unknown
    assert not ask(asked, "x@example.net").foreign


@pytest.mark.parametrize(
    ("address", "accounts", "outside"),
    [
        ("SRS0=aBc1=XY=other.test=joe@example.net", (), ("joe@other.test",)),
        ("SRS0+aBc1=XY=example.net=alice@example.net", ("alice@example.net",), ()),
        ("SRS1=hash=fwd.test==aBc1=XY=other.test=joe=x@example.net", (), ("joe=x@other.test",)),
        ("SRS0=broken@example.net", (), ()),
        ("SRS0=aBc1=XY=other.test=joe@other.test", (), ("srs0=abc1=xy=other.test=joe@other.test",)),
    ],
)
def test_srs_addresses_carry_the_address_inside(tmp_path, address, accounts, outside):
    found = ask(resolver(tmp_path, users=USERS), address)
    assert (found.accounts, found.outside) == (accounts, outside)


def test_a_loop_is_named_with_its_line_and_the_rest_is_reached(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        aliases=virtual("a@example.net b@example.net alice", "b@example.net a@example.net"),
    )
    found = ask(asked, "a@example.net")
    assert found.accounts == ("alice@example.net",)
    assert [(one.code, one.subject, one.file, one.line) for one in found.problems] == [
        ("loop", "a@example.net", "aliases.0", 2)
    ]


def test_a_diamond_is_no_loop(tmp_path):
    lines = (
        "a@example.net b@example.net c@example.net",
        "b@example.net alice",
        "c@example.net alice",
    )
    assert (
        ask(resolver(tmp_path, users=USERS, aliases=virtual(*lines)), "a@example.net").problems
        == ()
    )


def test_a_ring_through_an_address_that_keeps_its_own_mail_is_no_loop(tmp_path):
    lines = ("a@example.net b@example.net", "b@example.net a@example.net alice")
    kept = ("a@example.net b@example.net", "b@example.net b@example.net a@example.net alice")
    assert ask(of_lines(tmp_path, lines), "a@example.net").problems[0].code == "loop"
    assert ask(of_lines(tmp_path, kept), "a@example.net").problems == ()


def of_lines(folder, lines):
    return resolver(folder, users=USERS, aliases=virtual(*lines))


def test_a_value_given_twice_is_not_the_address_itself(tmp_path):
    found = ask(of_lines(tmp_path, ["bob bob@example.net, bob"]), "bob@second.example")
    assert found.accounts == ("bob@example.net",)
    assert not found.problems


def test_growing_extensions_end_at_the_limit(tmp_path):
    asked = resolver(tmp_path, aliases=virtual("a@example.net a+x@example.net"))
    found = ask(asked, "a@example.net")
    assert found.unknown
    assert [one.code for one in found.problems] == ["limit"]


def test_a_list_over_the_limit_is_named_and_reached_whole(tmp_path):
    members = " ".join(f"m{n}@other.test" for n in range(1001))
    found = ask(
        resolver(tmp_path, aliases=virtual(f"all@example.net {members}")), "all@example.net"
    )
    assert len(found.outside) == 1001
    assert [one.code for one in found.problems] == ["limit"]


def test_the_chain_cites_every_line(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        aliases=virtual("# map", "s@example.net t@example.net", "t@example.net bob, alice"),
    )
    chain = ask(asked, "s@example.net").chain_to("alice@example.net")
    assert [(step.source, step.target, step.file, step.line) for step in chain] == [
        ("s@example.net", "t@example.net", "aliases.0", 2),
        ("t@example.net", "alice@example.net", "aliases.0", 3),
        ("alice@example.net", "alice@example.net", "accounts.0", 1),
    ]
    assert ask(asked, "s@example.net").chain_to("carol@second.example") == ()


def test_every_delimiter_counts(tmp_path):
    provider = Provider("P", DOMAINS, recipient_delimiter="+-")
    asked = resolver(tmp_path, users=USERS, provider=provider)
    assert ask(asked, "alice-x+y@example.net").accounts == ("alice@example.net",)
    none = resolver(tmp_path, users=USERS, provider=Provider("P", DOMAINS, recipient_delimiter=""))
    assert ask(none, "alice+x@example.net").unknown
