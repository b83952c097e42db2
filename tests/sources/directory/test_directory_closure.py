from directory_world import resolver

from postwarden.sources.directory.closure import closure

USERS = "alice@example.net bob@example.net carol@second.example"
TABLE = """\
sales@example.net team@example.net
team@example.net alice@example.net, bob@example.net
a@example.net alice@example.net
list@example.net alice@example.net, friend@other.test
@second.example carol@second.example
lost@example.net nobody@example.net
carol@second.example carol@second.example
"""


def test_every_key_gives_a_row_for_each_account_it_reaches(tmp_path):
    asked = resolver(
        tmp_path,
        users=USERS,
        aliases=[("postfix-virtual", TABLE)],
        bcc=[("postfix-virtual", "bob@example.net carol@second.example")],
    )
    keys = [line.split()[0] for line in TABLE.splitlines()] + USERS.split()[:2]
    rows = list(closure(asked, keys, directory=3, valid_from=5, valid_to=9))
    assert {(row.directory, row.valid_from, row.valid_to) for row in rows} == {(3, 5, 9)}
    assert [
        (row.address, row.account.split("@")[0], row.via, row.file, row.line) for row in rows
    ] == [
        ("sales@example.net", "alice", "group", "aliases.0", 1),
        ("sales@example.net", "bob", "group", "aliases.0", 1),
        ("team@example.net", "alice", "group", "aliases.0", 2),
        ("team@example.net", "bob", "group", "aliases.0", 2),
        ("a@example.net", "alice", "alias", "aliases.0", 3),
        ("list@example.net", "alice", "group", "aliases.0", 4),
        ("@second.example", "carol", "catch-all", "aliases.0", 5),
        ("carol@second.example", "carol", "account", "accounts.0", 3),
        ("alice@example.net", "alice", "account", "accounts.0", 1),
        ("bob@example.net", "bob", "account", "accounts.0", 2),
        ("bob@example.net", "carol", "bcc", "bcc.0", 1),
    ]
    assert rows[0].chain == "sales@example.net > team@example.net > alice@example.net"
    assert rows[8].chain == "alice@example.net"
    assert rows[10].chain == "bob@example.net > carol@second.example"


def test_a_login_without_a_domain_ends_the_chain(tmp_path):
    asked = resolver(tmp_path, users="dave")
    (row,) = closure(asked, ["dave@example.net"])
    assert (row.chain, row.account, row.via) == ("dave@example.net > dave", "dave", "account")
